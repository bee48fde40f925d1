"""Words of campaigns as people read them: comparators, reasons, metrics."""

from __future__ import annotations

from collections.abc import Callable

from haitang.policy.document import Policy

# What a comparator is called where no policy is at hand; ``compared`` follows the policy.
COMPARATORS = {
    "weekend_average": "与前三个周末的平均值比较",
    "member_day_average": "与同期会员日的平均量比较",
    "ordinary_day_average": "与活动前普通三日的日常比较",
    "year_on_year": "与上年同期比较",
}
SKIPPED = {
    "no_sales": "没有销售",
    "in_campaign": "当天有活动",
    "holiday": "法定节假日",
    "makeup_workday": "调休上班",
    "weekend": "周末",
    "member_day": "会员日",
    "overlapping_campaigns": "归另一场活动",
}
LEFT_OUT = {
    "not_comparable": "不是可比店：上年同期还没有开业，或上年同期没有销售",
    "insufficient_baseline": "一个合格的基准日也没有找到",
    "overlapping_campaigns": "它的活动日都归了另一场活动（一个门店日只计一次）",
    "no_sales": "上年这一天没有销售，两边都不计",
}
METRICS = {
    "margin": "毛利",
    "amount": "销售额",
    "customers": "进店客户数",
    "units": "销量",
    "item_units": "单品销量",
}
MONEY_METRICS = frozenset({"margin", "amount"})


def skipped(reason: str) -> str:
    """Why a day was passed over, in a word or two."""
    return SKIPPED.get(reason, reason)


def left_out(reason: str) -> str:
    """Why a store, or a day of it, does not count."""
    return LEFT_OUT.get(reason, reason)


def compared(comparator: str, policy: Policy) -> str:
    """What a campaign is compared with, in a phrase, under that policy."""
    if comparator == "weekend_average":
        return f"与前{_numeral(policy.weekend.needed)}个周末的平均值比较"
    if comparator == "member_day_average":
        return {
            "march": "与三月的同期会员日比较",
            "first_half": "与上半年同期会员日的平均量比较",
        }.get(str(policy.options["member_day_months"]), "与同期会员日的平均量比较")
    if comparator == "ordinary_day_average":
        return f"与活动前普通{_numeral(policy.ordinary_day.needed)}日的日常比较"
    return "与上年同期比较" if comparator == "year_on_year" else comparator


def method(comparator: str, policy: Policy) -> str:
    """How the baseline days are found and the uplift comes about, as this policy has it.

    docs/rules.md §3, with each open choice (▲) as the policy made it.
    """
    tell = _METHODS.get(comparator)
    if tell is None:
        return ""
    whose = (
        "只算登记参与这场活动的会员卡的销售。"
        if policy.options["attribution"] == "participants"
        else ""
    )
    return tell(policy) + whose


def _weekends(policy: Policy) -> str:
    needed = policy.weekend.needed
    if policy.options["weekend_days"] == "both_days":
        days = f"之前各个周末的周日和周六，取最近 {2 * needed} 天"
    else:
        days = f"之前同一个星期几的日子，取最近 {needed} 天"
    limits = _limits(policy, "不是法定节假日或调休上班日")
    reach = f"最多往前 {policy.weekend.reach} 周"
    return f"每家店找活动日{days}（{reach}）：{limits}。{_MEAN}"


def _member_days(policy: Policy) -> str:
    option, needed = policy.options["member_day_months"], policy.member_day.needed
    if option == "march":
        days = "最近一个三月里同一日的会员日"
    elif option == "first_half":
        days = f"最近一个已结束的上半年里同一日的会员日，由六月往一月数 {needed} 个"
    else:
        days = f"往前 {policy.member_day.reach} 个月里同一日的会员日，取最近 {needed} 个"
    return f"每家店找{days}：{_limits(policy, '')}。{_MEAN}"


def _ordinary_days(policy: Policy) -> str:
    search = policy.ordinary_day
    limits = _limits(policy, "不是节假日、周末或会员日")
    return (
        f"每家店从活动日往前找最近的 {search.needed} 个普通日子"
        f"（最多往前 {search.reach} 天）：{limits}。{_MEAN}"
    )


def _years(policy: Policy) -> str:
    same_weekday = policy.options["year_on_year"] == "same_weekday"
    day = "364 天前（上年同一个星期几）" if same_weekday else "上年同月同日"
    new = (
        "上年同期尚未开业的门店也计入，基准为零"
        if policy.options["new_store"] == "zero_baseline"
        else "上年同期尚未开业的门店不计"
    )
    return (
        f"每家店的每个活动日与{day}比较；那一天没有销售的，两边都不计；{new}。"
        "实际减去上年，就是这家店的增加值。"
    )


def _limits(policy: Policy, own: str) -> str:
    if not policy.options["skip_ineligible"]:
        return "只跳过没有销售的日子，有活动或逢节假日的日子照用"
    return "、".join(part for part in ("当天有销售", "没有参加活动", own) if part) + "的才用"


def _numeral(number: int) -> str:
    return "零一二三四五六七八九十"[number] if 0 <= number <= 10 else f" {number} "


_MEAN = "各项指标取平均；活动日的实际减去这个平均，就是这家店的增加值。"
_METHODS: dict[str, Callable[[Policy], str]] = {
    "weekend_average": _weekends,
    "member_day_average": _member_days,
    "ordinary_day_average": _ordinary_days,
    "year_on_year": _years,
}
