"""Words of the settlement as people read them: problems with their cures, rules, fees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.roles import Role
from haitang.policy.document import ROLE_NAMES
from haitang.policy.rulebook import RULES

CATEGORIES = {"campaign": "专题活动文章", "welfare": "公益文章"}
EXPENSES = {"paid_service": "付费网络服务", "team": "团队公费"}
AUTHORS = {"employee": "公司内员工", "professional": "执业药师/执业医师", "customer": "客户"}


@dataclass(frozen=True)
class ProblemText:
    """What a problem says, how it is cured, and what letting it pass means."""

    sentence: str
    cure: str
    when_overridden: str


_PROBLEMS = {
    "insufficient_baseline": ProblemText(
        "{campaign}在{store}找到的基准日不够。",
        "导入这家店更早的销售，再重新计算。",
        "按找到的天数平均；一天也没有的，那个活动日不计入。",
    ),
    "missing_campaign_sales": ProblemText(
        "{campaign}的活动日，{store}没有一条销售记录。",
        "导入这家店当天的销售，再重新计算。",
        "那一天按零销售计入。",
    ),
    "overlapping_campaigns": ProblemText(
        "{campaign}在{store}与另一场已完成的活动撞了同一天：一个门店日只能计一次，已归规模较小（再按编号）的那一场。",
        "核对两场活动的门店和日期，改正后重新计算。",
        "重叠的门店日只计入另一场。",
    ),
    "no_article": ProblemText(
        "{campaign}已完成，但没有关联推文。",
        "给这场活动登记它的推文，再重新计算。",
        "照常计入毛利增加值。",
    ),
    "campaign_open": ProblemText(
        "{campaign}的最后一天在本月，状态却还是计划中或进行中，所以没有计入。",
        "把活动改为已完成（或已取消），再重新计算。",
        "本月不计这场活动。",
    ),
    "reads_missing": ProblemText(
        "推文 {subject} 没有发布 7 天后的数字。",
        "补录这篇推文的阅读量，再重新计算。",
        "这篇不进平均。",
    ),
    "no_holder": ProblemText(
        "{subject}本月没有任职的人。",
        "登记这个岗位本月的任职，再重新计算。",
        "这个岗位实发为零，应发留在公司。",
    ),
    "calendar_missing": ProblemText(
        "{campaign}在{store}找基准日时，用到了还没有节假日安排的年份。",
        "请管理员补录那一年的节假日与调休上班日，再重新计算。",
        "那一年只按星期几判断。",
    ),
}
_UNKNOWN = ProblemText("出现了问题“{code}”。", "请联系管理员。", "按现有数据计算。")


@dataclass(frozen=True)
class Problem:
    """One problem of a month, ready to be shown and to be let pass."""

    code: str
    campaign: str
    store: str
    subject: str
    sentence: str
    cure: str
    when_overridden: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is about, as an override names it."""
        return self.code, self.campaign, self.store, self.subject


def problem(
    row: Mapping[str, str], *, campaigns: Mapping[str, str], stores: Mapping[str, str]
) -> Problem:
    """A problem of the document as sentences; titles and names by code."""
    code, campaign, store = row["code"], row.get("campaign", ""), row.get("store", "")
    role, article = row.get("role", ""), row.get("article", "")
    subject = role or article or row.get("subject", "")
    text = _PROBLEMS.get(code, _UNKNOWN)
    words = {
        "code": code,
        "campaign": f"活动“{campaigns.get(campaign, '') or campaign}”（{campaign}）"
        if campaign
        else "",
        "store": f" {store} {stores.get(store, '')} ".replace("  ", " ") if store else "",
        "subject": ROLE_NAMES.get(subject, subject),
    }
    return Problem(
        code=code,
        campaign=campaign,
        store=store,
        subject=subject,
        sentence=text.sentence.format(**words),
        cure=text.cure,
        when_overridden=text.when_overridden,
    )


def rule_text(code: str) -> str:
    """What a KPI rule is about."""
    return RULES[code].text if code in RULES else code


def rule_unit(code: str) -> str:
    """The unit in which a KPI rule counts."""
    return RULES[code].unit if code in RULES else ""


def rule_horizon(code: str) -> str:
    """Whether a rule cuts the month or the whole following year, in a word."""
    return "年度" if code in RULES and RULES[code].horizon == "next_year" else "月度"


def role_name(code: str) -> str:
    """The role's Chinese name, the reserve's included; also that of what the company keeps."""
    if code == "withheld":
        return "公司扣留"
    if code in ROLE_NAMES:
        return ROLE_NAMES[code]
    return str(Role(code).label) if code in Role.values else code
