"""What the fields of a policy are called in Chinese. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from haitang.policy.document import DEFAULT, ROLE_NAMES
from haitang.policy.options import OPTIONS
from haitang.policy.rulebook import RULES

Path = tuple[str, ...]

SCALES = {"small": "小型（一家店）", "medium": "中型（几家店）", "large": "大型（全连锁多日）"}
KINDS = {"weekend": "周末活动", "member_day": "会员日活动", "manufacturer": "厂家活动"}
CATEGORIES = {"campaign": "专题活动文章", "welfare": "公益文章"}
AUTHORS = {"employee": "公司内员工", "professional": "执业药师/执业医师", "customer": "客户"}

_SINGLE = {
    "code": "代号",
    "valid_from": "生效日期",
    "pool_rate": "提取比例",
    "member_days": "会员日",
}
_READS = {"base_year": "关注量目标的起始年份", "growth": "关注量目标的年递增"}
_FUND = {
    "monthly": "每月注资",
    "annual_fee": "公众号年费",
    "annual_fee_month": "年费入账月份",
}
_SEARCH = {"weekend": "周末平均", "member_day": "会员日平均", "ordinary_day": "普通日平均"}
_REACH = {"weeks_back": "回溯的周数", "months_back": "回溯的月数", "days_back": "回溯的天数"}
_UNCHANGING = ("code", "valid_from")


def paths() -> list[Path]:
    """Every field that a change of the policy may touch, in the document's order."""
    return list(_paths(DEFAULT, ()))


def field_name(path: Path) -> str:
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


def value_at(document: Mapping[str, Any], path: Path) -> Any:
    """What the document says there."""
    value: Any = document
    for key in path:
        value = value[key]
    return value


def _paths(document: Mapping[str, Any], before: Path) -> Iterator[Path]:
    for key, value in document.items():
        if before or key not in _UNCHANGING:
            if isinstance(value, Mapping):
                yield from _paths(value, (*before, key))
            else:
                yield (*before, key)
