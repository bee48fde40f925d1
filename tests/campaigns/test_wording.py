"""What a page says of the comparator follows the policy's open choices (docs/rules.md §3)."""

from __future__ import annotations

import pytest

from campaigns.wording import compared, method
from haitang.policy.document import parse


@pytest.mark.parametrize(
    ("comparator", "options", "said"),
    [
        ("weekend_average", {}, "之前同一个星期几的日子，取最近 3 天（最多往前 12 周）"),
        ("weekend_average", {"weekend_days": "both_days"}, "各个周末的周日和周六，取最近 6 天"),
        ("weekend_average", {}, "不是法定节假日或调休上班日的才用"),
        ("weekend_average", {"skip_ineligible": False}, "只跳过没有销售的日子"),
        ("member_day_average", {}, "往前 6 个月里同一日的会员日，取最近 3 个"),
        ("member_day_average", {"member_day_months": "march"}, "最近一个三月里同一日的会员日"),
        ("member_day_average", {"member_day_months": "first_half"}, "由六月往一月数 3 个"),
        ("ordinary_day_average", {}, "最近的 3 个普通日子（最多往前 60 天）"),
        ("year_on_year", {}, "与上年同月同日比较"),
        ("year_on_year", {"year_on_year": "same_weekday"}, "与364 天前（上年同一个星期几）比较"),
        ("year_on_year", {"new_store": "zero_baseline"}, "门店也计入，基准为零"),
        ("weekend_average", {"attribution": "participants"}, "只算登记参与这场活动的会员卡"),
    ],
)
def test_method_tells_each_open_choice(
    comparator: str, options: dict[str, object], said: str
) -> None:
    assert said in method(comparator, parse({"options": options}))


def test_method_says_nothing_of_cards_when_the_whole_store_counts() -> None:
    assert "会员卡" not in method("weekend_average", parse({}))


def test_method_takes_its_numbers_from_the_policy() -> None:
    policy = parse({"baseline": {"weekend": {"n": 4, "weeks_back": 9}}})
    assert compared("weekend_average", policy) == "与前四个周末的平均值比较"
    assert "取最近 4 天（最多往前 9 周）" in method("weekend_average", policy)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("preceding", "与同期会员日的平均量比较"),
        ("march", "与三月的同期会员日比较"),
        ("first_half", "与上半年同期会员日的平均量比较"),
    ],
)
def test_comparator_s_name_follows_the_months_chosen(option: str, said: str) -> None:
    policy = parse({"options": {"member_day_months": option}})
    assert compared("member_day_average", policy) == said
