"""Words of campaigns as people read them: comparators, reasons, metrics."""

from __future__ import annotations

COMPARATORS = {
    "weekend_average": "与前三个周末的平均值比较",
    "member_day_average": "与同期会员日的平均量比较",
    "ordinary_day_average": "与活动前普通三日的日常比较",
    "year_on_year": "与上年同期比较",
}
COMPARATOR_METHODS = {
    "weekend_average": (
        "每家店从活动日往前找最近的周末日子：当天有销售、没有参加活动、不是法定节假日或调休上班日；"
        "各项指标取平均。活动日的实际减去这个平均，就是这家店的增加值。"
    ),
    "member_day_average": (
        "每家店取往前几个月里同一日的会员日：当天有销售、没有参加活动；各项指标取平均。"
        "活动日的实际减去这个平均，就是这家店的增加值。"
    ),
    "ordinary_day_average": (
        "每家店从活动日往前找最近的普通工作日：当天有销售、没有参加活动、不是节假日、周末或会员日；"
        "各项指标取平均。活动日的实际减去这个平均，就是这家店的增加值。"
    ),
    "year_on_year": (
        "每家可比店的每个活动日与上年同一日比较；上年没有销售的日子两边都不计，"
        "上年同期尚未开业的门店不计。实际减去上年，就是这家店的增加值。"
    ),
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
