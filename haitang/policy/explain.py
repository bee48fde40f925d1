"""A policy in plain Chinese: every number with its meaning, every choice with its alternatives.

Pure: takes the checked policy and returns plain dataclasses and sentences (docs/rules.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

from haitang.kernel.display import factor, fen_text, number, percent
from haitang.kernel.money import exact
from haitang.policy.document import COMPARATOR_NAMES, DEFAULT, ROLE_NAMES, Policy
from haitang.policy.options import OPTIONS, Value
from haitang.policy.rulebook import RULES, Rule

SCALES = {"small": "小型（一家店）", "medium": "中型（几家店）", "large": "大型（全连锁多日）"}
KINDS = {"weekend": "周末活动", "member_day": "会员日活动", "manufacturer": "厂家活动"}
CATEGORIES = {"campaign": "专题活动文章", "welfare": "公益文章"}
AUTHORS = {"employee": "公司内员工", "professional": "执业药师/执业医师", "customer": "客户"}
ASSESSORS = {
    "general_manager": "总经理",
    "vice_general_manager": "副总经理",
    "planner": "总策划",
    "supervisor": "总督导",
}
YEARS_AHEAD = 5


@dataclass(frozen=True)
class Choice:
    """One meaning of an open choice."""

    meaning: str
    is_chosen: bool
    is_default: bool


@dataclass(frozen=True)
class OptionView:
    """An open choice (▲): its question and every meaning, the chosen one marked."""

    key: str
    question: str
    choices: tuple[Choice, ...]

    @property
    def chosen(self) -> Choice:
        return next(choice for choice in self.choices if choice.is_chosen)


@dataclass(frozen=True)
class RuleView:
    """A deduction rule with its rate in this policy."""

    code: str
    role: str
    text: str
    rate: str
    horizon: str
    assessor: str
    has_rate: bool


@dataclass(frozen=True)
class Term:
    """A number of the policy: its name, its value as text, what it means."""

    name: str
    value: str
    meaning: str


def options(policy: Policy) -> list[OptionView]:
    """Every open choice in the order of the rules."""
    return [
        OptionView(
            option.key,
            option.question,
            tuple(
                Choice(meaning, policy.options[option.key] == value, value == option.default)
                for value, meaning in option.meanings.items()
            ),
        )
        for option in OPTIONS.values()
    ]


def coefficients(policy: Policy) -> list[tuple[str, str, str]]:
    """(name, coefficient, percentage) of each of the eight codes; they sum to 1."""
    return [
        (ROLE_NAMES[code], factor(value), percent(value))
        for code, value in policy.coefficients.items()
    ]


def comparators(policy: Policy) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each scale its kinds, each with what it is compared with."""
    return [
        (
            scale_name,
            [
                (kind_name, COMPARATOR_NAMES[policy.comparator(scale=scale, kind=kind)])
                for kind, kind_name in KINDS.items()
            ],
        )
        for scale, scale_name in SCALES.items()
    ]


def searches(policy: Policy) -> list[Term]:
    """How each baseline looks for its days."""
    weekend, member_day, ordinary = policy.weekend, policy.member_day, policy.ordinary_day
    return [
        Term(
            "周末平均",
            f"{weekend.needed} 个周末日",
            f"从活动日往前找，最多回溯 {weekend.reach} 周；不取法定节假日和调休上班日。",
        ),
        Term(
            "会员日平均",
            f"{member_day.needed} 个同期会员日",
            f"往前 {member_day.reach} 个月里每月同一天，由近到远；没有这一天的月份跳过。",
        ),
        Term(
            "普通日平均",
            f"{ordinary.needed} 个普通工作日",
            f"从活动日往前找，最多回溯 {ordinary.reach} 天；"
            "不取节假日、周末（调休上班除外）和会员日。",
        ),
    ]


def rules(policy: Policy) -> list[RuleView]:
    """Every deduction rule in the order of the plan."""
    return [_rule(rule, policy.rates[rule.code]) for rule in RULES.values()]


def reads_targets(policy: Policy, *, year: int) -> list[tuple[int, int, int]]:
    """(year, campaign target, welfare target) from the year before to some years ahead."""
    return [
        (
            each,
            policy.reads.target("campaign", year=each),
            policy.reads.target("welfare", year=each),
        )
        for each in range(year - 1, year + YEARS_AHEAD)
    ]


def fund(policy: Policy) -> list[Term]:
    """The terms of the maintenance fund and the article fees."""
    terms = policy.fund
    carries = policy.options["fund_carries"]
    return [
        Term(
            "每月注资",
            fen_text(terms.monthly),
            f"每月 1 日计入日常维持资金；没用完的{'结转下月' if carries else '月底清零'}。",
        ),
        Term(
            "公众号年费",
            fen_text(terms.annual_fee),
            f"每年 {terms.annual_fee_month} 月从日常维持资金里最先支付。",
        ),
        *(
            Term(
                f"{AUTHORS.get(kind, kind)}稿酬",
                fen_text(fee),
                "一篇稿件录用时计入，先由日常维持资金付，不够的由团队公费付。",
            )
            for kind, fee in terms.fees.items()
        ),
    ]


def member_days(policy: Policy) -> str:
    """``每月 8、18、28 日``."""
    days = "、".join(str(day) for day in sorted(policy.member_days))
    return f"每月 {days} 日" if days else "没有会员日"


def growth(policy: Policy) -> str:
    """How the reads targets grow, in a sentence."""
    base = policy.reads
    targets = "，".join(
        f"{name}{number(base.base[category])}" for category, name in CATEGORIES.items()
    )
    return f"{base.base_year} 年{targets}；此后每年在上一年基础上增加 {percent(base.growth)}。"


def differences(policy: Policy) -> list[str]:
    """What this policy changes of the plan's own text, a sentence each; empty when nothing."""
    plan = {key: value for key, value in DEFAULT.items() if key not in ("code", "valid_from")}
    changes = _changes(plan, policy.document, ())
    return [_difference(path, was, now) for path, was, now in changes]


def _rule(rule: Rule, rate: Fraction) -> RuleView:
    most = f"，一年最多计 {number(rule.yearly_maximum)} {rule.unit}" if rule.yearly_maximum else ""
    cut = f"每{rule.unit}扣 {percent(rate)}{most}" if rate else "只记录，不扣减"
    return RuleView(
        code=rule.code,
        role=ROLE_NAMES[rule.role],
        text=rule.text,
        rate=cut,
        horizon="扣次年全年" if rule.horizon == "next_year" else "扣当月",
        assessor=ASSESSORS.get(rule.assessor, rule.assessor),
        has_rate=bool(rate),
    )


Change = tuple[tuple[str, ...], Any, Any]


def _changes(was: Mapping[str, Any], now: Mapping[str, Any], path: tuple[str, ...]) -> list[Change]:
    """The fields whose value differs; ``0.2`` and ``0.20`` do not differ."""
    found: list[Change] = []
    for key, old in was.items():
        new = now[key]
        if isinstance(old, Mapping):
            found += _changes(old, new, (*path, key))
        elif not _same(old, new, path):
            found.append(((*path, key), old, new))
    return found


def _same(old: object, new: object, path: tuple[str, ...]) -> bool:
    if old == new:
        return True
    if path[:1] == ("options",):
        return str(old).lower() == str(new).lower()
    if isinstance(old, list) and isinstance(new, list | tuple):
        return {exact(each) for each in old} == {exact(each) for each in new}
    if path[:1] == ("comparators",):
        return False
    return isinstance(old, str | int) and isinstance(new, str | int) and exact(old) == exact(new)


def _difference(path: tuple[str, ...], was: Any, now: Any) -> str:
    name = _name(path)
    if path[0] == "options":
        meanings = OPTIONS[path[1]].meanings
        return f"{name}改为“{meanings[_value(now)]}”（原文：“{meanings[was]}”）。"
    return f"{name}由 {_shown(path, was)} 改为 {_shown(path, now)}。"


def _value(value: Any) -> Value:
    if value in ("true", "false"):
        return bool(value == "true")
    return cast(Value, value)


_SINGLE = {"pool_rate": "提取比例", "member_days": "会员日"}
_READS = {"base_year": "关注量目标的起始年份", "growth": "关注量目标的年递增"}
_FUND = {
    "monthly": "每月注资",
    "annual_fee": "公众号年费",
    "annual_fee_month": "年费入账月份",
}
_SEARCH = {"weekend": "周末平均", "member_day": "会员日平均", "ordinary_day": "普通日平均"}
_REACH = {"weeks_back": "回溯的周数", "months_back": "回溯的月数", "days_back": "回溯的天数"}


def _name(path: tuple[str, ...]) -> str:
    """What a field of the document is called."""
    section, rest = path[0], path[1:]
    if section in _SINGLE:
        return _SINGLE[section]
    if section == "coefficients":
        return f"{ROLE_NAMES[rest[0]]}的系数"
    if section == "comparators":
        return f"{SCALES[rest[0]]}{KINDS[rest[1]]}的比较维度"
    if section == "baseline":
        return f"{_SEARCH[rest[0]]}{_REACH.get(rest[1], '所需的天数')}"
    if section == "rules":
        return f"“{RULES[rest[0]].text}”的扣减比例"
    if section == "reads":
        return _READS.get(rest[0]) or f"{CATEGORIES[rest[0]]}的关注量目标"
    if section == "fund":
        return _FUND.get(rest[0]) or f"{AUTHORS.get(rest[-1], rest[-1])}稿酬"
    return f"“{OPTIONS[rest[0]].question}”"


def _shown(path: tuple[str, ...], value: Any) -> str:
    if path[0] == "member_days":
        return "、".join(str(day) for day in value) + " 日"
    if path[0] == "comparators":
        return f"“{COMPARATOR_NAMES[value]}”"
    if path[0] in ("pool_rate", "rules") or path[-1] == "growth":
        return percent(exact(value))
    if path[0] == "fund" and path[-1] != "annual_fee_month":
        return fen_text(int(exact(value) * 100))
    if path[0] == "coefficients":
        return factor(exact(value))
    return str(value)
