"""A policy: the numbers and choices by which a month is computed, parsed and checked.

The document form (``policy.json``) is what is kept, shown and copied; ``parse`` turns it into the
frozen ``Policy`` that the pure calculations take. Whatever a document leaves out is the default,
which is the operating plan's own text (docs/rules.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal, cast

from haitang.kernel.errors import Invalid
from haitang.kernel.money import exact, fen, round_half_up, shortest
from haitang.policy.options import OPTIONS, Value
from haitang.policy.rulebook import RULES

Document = dict[str, Any]
Comparator = Literal[
    "weekend_average", "member_day_average", "ordinary_day_average", "year_on_year"
]

RESERVE = "reserve"
ROLE_NAMES = {
    "planner": "总策划",
    "supervisor": "总督导",
    "copy": "文案编辑",
    "art": "美工",
    "it": "信息部对接人",
    "ops": "运营部对接人",
    "cs": "客服部对接人",
    RESERVE: "团队公费",
}
COMPARATOR_NAMES: dict[Comparator, str] = {
    "weekend_average": "前三个周末平均值",
    "member_day_average": "同期会员日平均量",
    "ordinary_day_average": "普通三日日常",
    "year_on_year": "上年同期",
}
_BY_KIND: dict[str, Comparator] = {
    "weekend": "weekend_average",
    "member_day": "member_day_average",
    "manufacturer": "ordinary_day_average",
}
_YEAR_ON_YEAR: dict[str, Comparator] = dict.fromkeys(_BY_KIND, "year_on_year")

DEFAULT: Document = {
    "code": "default",
    "valid_from": "2000-01-01",
    "pool_rate": "0.20",
    "coefficients": {
        "planner": "0.15",
        "supervisor": "0.15",
        "copy": "0.10",
        "art": "0.10",
        "it": "0.10",
        "ops": "0.10",
        "cs": "0.10",
        "reserve": "0.20",
    },
    "member_days": [8, 18, 28],
    "comparators": {"small": _BY_KIND, "medium": _BY_KIND, "large": _YEAR_ON_YEAR},
    "baseline": {
        "weekend": {"n": 3, "weeks_back": 12},
        "member_day": {"n": 3, "months_back": 6},
        "ordinary_day": {"n": 3, "days_back": 60},
    },
    "rules": {rule.code: rule.rate for rule in RULES.values()},
    "reads": {"base_year": 2018, "growth": "0.20", "campaign": 3000, "welfare": 1000},
    "fund": {
        "monthly": "2000",
        "annual_fee": "200",
        "annual_fee_month": 1,
        "fees": {"employee": "100", "professional": "200", "customer": "200"},
    },
    "options": {option.key: option.default for option in OPTIONS.values()},
}


@dataclass(frozen=True)
class Search:
    """How a baseline looks for its days: how many it needs and how far back it may go."""

    needed: int
    reach: int


@dataclass(frozen=True)
class ReadsTargets:
    """The targets of the base year and their yearly growth (a fraction)."""

    base_year: int
    growth: Fraction
    base: Mapping[str, int]

    def target(self, category: str, *, year: int) -> int:
        """base × (1 + growth)^(year − base year), rounded to an integer (docs/rules.md §6)."""
        return round_half_up(self.base[category] * (1 + self.growth) ** (year - self.base_year))


@dataclass(frozen=True)
class FundTerms:
    """The maintenance fund; all amounts in fen."""

    monthly: int
    annual_fee: int
    annual_fee_month: int
    fees: Mapping[str, int]


@dataclass(frozen=True)
class Policy:
    """A checked policy. Coefficients, rates and growth are fractions; money is fen."""

    code: str
    valid_from: date
    pool_rate: Fraction
    coefficients: Mapping[str, Fraction]
    member_days: frozenset[int]
    comparators: Mapping[tuple[str, str], Comparator]
    weekend: Search
    member_day: Search
    ordinary_day: Search
    rates: Mapping[str, Fraction]
    reads: ReadsTargets
    fund: FundTerms
    options: Mapping[str, Value]
    document: Document

    @property
    def team(self) -> list[str]:
        """The seven roles that share the pool, in the table's order."""
        return [code for code in self.coefficients if code != RESERVE]

    def comparator(self, *, scale: str, kind: str) -> Comparator:
        return self.comparators[scale, kind]


def complete(partial: Mapping[str, Any]) -> Document:
    """The whole document: ``partial`` over the default. Raises Invalid for an unknown field."""
    return _merged(DEFAULT, partial, "")


def parse(partial: Mapping[str, Any]) -> Policy:
    """A document, whole or partial, as a checked Policy.

    Raises Invalid whose details name each thing that is wrong, so that all can be mended at once.
    The same text gives the same Policy, which is shared: nobody changes it.
    """
    try:
        text = json.dumps(partial)
    except TypeError:  # something that no stored document holds
        return _parsed(partial)
    return _of_text(text)


@lru_cache(maxsize=64)
def _of_text(text: str) -> Policy:
    return _parsed(json.loads(text))


def _parsed(partial: Mapping[str, Any]) -> Policy:
    document = complete(partial)
    policy = Policy(
        code=_text(document["code"]),
        valid_from=_date(document["valid_from"]),
        pool_rate=_number(document["pool_rate"], "提取比例 pool_rate"),
        coefficients={
            code: _number(document["coefficients"][code], f"系数 {ROLE_NAMES[code]}")
            for code in ROLE_NAMES
        },
        member_days=_days(document["member_days"]),
        comparators={
            (scale, kind): comparator
            for scale, kinds in document["comparators"].items()
            for kind, comparator in kinds.items()
        },
        weekend=_search(document, "weekend", "weeks_back"),
        member_day=_search(document, "member_day", "months_back"),
        ordinary_day=_search(document, "ordinary_day", "days_back"),
        rates={rule: _number(rate, f"规则 {rule}") for rule, rate in document["rules"].items()},
        reads=ReadsTargets(
            base_year=_whole(document["reads"]["base_year"], "reads.base_year"),
            growth=_number(document["reads"]["growth"], "年递增 reads.growth"),
            base={
                category: _whole(document["reads"][category], f"关注量目标 {category}")
                for category in ("campaign", "welfare")
            },
        ),
        fund=FundTerms(
            monthly=_money(document["fund"]["monthly"], "每月注资 fund.monthly"),
            annual_fee=_money(document["fund"]["annual_fee"], "年费 fund.annual_fee"),
            annual_fee_month=_whole(document["fund"]["annual_fee_month"], "fund.annual_fee_month"),
            fees={
                kind: _money(fee, f"稿酬 fund.fees.{kind}")
                for kind, fee in document["fund"]["fees"].items()
            },
        ),
        options={key: _option(key, value) for key, value in document["options"].items()},
        document=document,
    )
    if faults := _faults(policy):
        raise Invalid(f"制度“{policy.code}”不能发布：", details=faults)
    return policy


def _faults(policy: Policy) -> list[str]:
    faults = []
    total = sum(policy.coefficients.values(), Fraction(0))
    if total != 1:
        over = f"多了 {_ratio(total - 1)}" if total > 1 else f"少了 {_ratio(1 - total)}"
        faults.append(f"各系数之和是 {_ratio(total)}，{over}，必须正好是 1：请调整系数。")
    if any(value < 0 for value in policy.coefficients.values()):
        faults.append("系数不能是负数。")
    if not 0 <= policy.pool_rate <= 1:
        faults.append("提取比例必须在 0 与 1 之间。")
    if any(rate < 0 for rate in policy.rates.values()):
        faults.append("扣减比例不能是负数。")
    if not all(1 <= day <= 31 for day in policy.member_days):
        faults.append("会员日必须是 1 到 31 之间的日子。")
    if not 1 <= policy.fund.annual_fee_month <= 12:
        faults.append("年费入账月份必须在 1 到 12 之间。")
    if policy.fund.annual_fee > policy.fund.monthly:
        faults.append("年费超过了每月注资：请提高注资或降低年费。")
    if min(policy.fund.monthly, policy.fund.annual_fee, *policy.fund.fees.values()) < 0:
        faults.append("资金与稿酬不能是负数。")
    if policy.reads.growth <= -1 or min(policy.reads.base.values()) <= 0:
        faults.append("关注量目标必须大于零，年递增必须大于 -1。")
    for search, name in (
        (policy.weekend, "周末"),
        (policy.member_day, "会员日"),
        (policy.ordinary_day, "普通日"),
    ):
        if search.needed < 1 or search.reach < 1:
            faults.append(f"{name}基准的天数与回溯范围都必须至少是 1。")
    for (scale, kind), comparator in policy.comparators.items():
        if comparator not in tuple(COMPARATOR_NAMES):  # compared, not hashed: it may be a list
            faults.append(f"规模 {scale}、类型 {kind} 的比较维度“{comparator}”不存在。")
    return faults


def _ratio(value: Fraction) -> str:
    """``1.01``, or ``31/30`` where no decimal is exact."""
    text = shortest(value)
    return text if exact(text) == value else str(value)


def _merged(default: Mapping[str, Any], partial: Mapping[str, Any], path: str) -> Document:
    merged = deepcopy(dict(default))
    for key, value in partial.items():
        name = f"{path}{key}"
        if key not in default:
            raise Invalid(f"制度里没有“{name}”这一项：请对照 docs/rules.md 改正或删去。")
        if isinstance(default[key], Mapping):
            if not isinstance(value, Mapping):
                raise Invalid(f"制度的“{name}”应当是一组字段，不是“{value}”。")
            merged[key] = _merged(default[key], value, f"{name}.")
        else:
            merged[key] = value
    return merged


def _option(key: str, value: object) -> Value:
    if isinstance(value, str) and value in ("true", "false"):
        value = value == "true"
    meanings = OPTIONS[key].meanings
    if not isinstance(value, str | bool) or value not in meanings:
        allowed = "、".join(str(each).lower() for each in meanings)
        raise Invalid(f"制度选项“{key}”不能是“{value}”：可选 {allowed}。")
    return value


def _number(value: object, name: str) -> Fraction:
    try:
        return exact(value)
    except TypeError as error:
        raise Invalid(f'制度的“{name}”要写成带引号的数，例如 "0.20"：“{value}”不行。') from error
    except Invalid as error:
        raise Invalid(f"制度的“{name}”{error.sentence}") from error


def _money(value: object, name: str) -> int:
    return fen(_number(value, name))


def _whole(value: object, name: str) -> int:
    number = _number(value, name)
    if number.denominator != 1:
        raise Invalid(f"制度的“{name}”必须是整数：“{value}”不行。")
    return int(number)


def _days(value: object) -> frozenset[int]:
    if not isinstance(value, list | tuple):
        raise Invalid(f"制度的会员日 member_days 应当是一组日子，如 [8, 18, 28]，不是“{value}”。")
    return frozenset(_whole(day, "会员日 member_days") for day in value)


def _search(document: Document, name: str, reach: str) -> Search:
    section = document["baseline"][name]
    return Search(
        needed=_whole(section["n"], f"baseline.{name}.n"),
        reach=_whole(section[reach], f"baseline.{name}.{reach}"),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Invalid("制度的代号 code 不能为空。")
    if len(value.strip()) > 60:
        raise Invalid("制度的代号 code 超过 60 个字：请写短一些。")
    return value.strip()


def _date(value: object) -> date:
    try:
        return date.fromisoformat(cast(str, value))
    except (TypeError, ValueError) as error:
        raise Invalid(f"制度的生效日期“{value}”不对：请写成 2026-10-01 这样。") from error
