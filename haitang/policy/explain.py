"""A policy in plain Chinese: every number with its meaning, every choice with its alternatives.

Pure: takes the checked policy and returns plain dataclasses and sentences (docs/rules.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from haitang.kernel.display import factor, fen_text, number, percent
from haitang.policy.comparing import compare
from haitang.policy.document import COMPARATOR_NAMES, DEFAULT, ROLE_NAMES, Policy
from haitang.policy.names import AUTHORS, CATEGORIES, KINDS, SCALES
from haitang.policy.options import OPTIONS
from haitang.policy.rulebook import RULES, Rule

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
    return [
        f"{change.sentence[:-1]}（原文：“{change.before}”）。"
        if change.path[0] == "options"
        else change.sentence
        for change in compare(DEFAULT, policy.document)
    ]


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
