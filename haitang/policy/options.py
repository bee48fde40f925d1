"""The choices that the operating plan leaves open, with their meanings in plain Chinese.

Each option is a field of the policy; the first value is the default (docs/rules.md, marked ▲).
"""

from __future__ import annotations

from dataclasses import dataclass

Value = str | bool


@dataclass(frozen=True)
class Option:
    """One open choice: its question and the meaning of each value, default first."""

    key: str
    question: str
    meanings: dict[Value, str]

    @property
    def default(self) -> Value:
        return next(iter(self.meanings))


OPTIONS: dict[str, Option] = {
    option.key: option
    for option in (
        Option(
            "holders",
            "一个角色本月换人时，应发归谁？",
            {"last_day": "归当月最后一天任职的人", "by_days": "按各人当月任职天数×份额分"},
        ),
        Option(
            "attribution",
            "哪些销售算活动带来的？",
            {
                "whole_store": "参与门店当天的全部销售",
                "participants": "只算登记参与活动的会员卡的销售",
            },
        ),
        Option(
            "skip_ineligible",
            "找基准日时，不合适的日子怎么办？",
            {True: "跳过，继续往前找", False: "只跳过没有销售的日子，其余照用"},
        ),
        Option(
            "weekend_days",
            "周末活动与前三个周末的哪一天比？",
            {
                "same_weekday": "同一个星期几（周六比周六，周日比周日）",
                "both_days": "周六周日都算，取两倍天数的平均",
            },
        ),
        Option(
            "member_day_months",
            "会员日活动与哪几个月的同期会员日比？",
            {
                "preceding": "往前六个月里最近的三个同期会员日",
                "first_half": "最近一个已结束的上半年里，由六月往一月数的三个",
                "march": "最近一个三月的同期会员日",
            },
        ),
        Option(
            "year_on_year",
            "大型活动与上年同期的哪一天比？",
            {"same_date": "上年同月同日", "same_weekday": "364 天前，即上年同一个星期几"},
        ),
        Option(
            "new_store",
            "上年同期尚未开业的门店怎么算？",
            {"left_out": "两边都不算，单独列出", "zero_baseline": "计入，基准为零"},
        ),
        Option(
            "floor",
            "毛利减少的活动会抵掉别的活动吗？",
            {"month": "会，按全月合计，合计为负时按零", "campaign": "不会，每个活动最少按零计"},
        ),
        Option(
            "attention",
            "“关注量”指什么？",
            {"reads": "文章发布七天后的阅读量", "follows": "由文章带来的新增关注人数"},
        ),
        Option(
            "reads_combine",
            "两类文章都没达标时扣多少？",
            {"largest": "按差得多的一类扣", "sum": "两类相加，最多扣完"},
        ),
        Option(
            "shortfall_reserve",
            "关注量不达标时扣团队公费吗？",
            {False: "不扣", True: "一起扣"},
        ),
        Option(
            "cuts",
            "几种扣减怎么合在一起？",
            {"multiply": "依次相乘", "add": "比例相加，最多扣完"},
        ),
        Option(
            "withheld_to",
            "扣下的钱归谁？",
            {"company": "留在公司", "reserve": "转入团队公费"},
        ),
        Option(
            "fund_carries",
            "日常维持资金没用完时怎么办？",
            {True: "结转下月", False: "月底清零"},
        ),
    )
}
