"""The policy document: the plan's own numbers by default, checked before it is published."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from haitang.kernel.clock import Month
from haitang.kernel.errors import Invalid
from haitang.policy.document import DEFAULT, ROLE_NAMES, complete, parse
from haitang.policy.models import PolicyVersion
from haitang.policy.options import OPTIONS
from haitang.policy.rulebook import RULES
from haitang.policy.selectors import policy_for
from haitang.policy.services import publish_policy

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


def test_default_policy_is_the_plan() -> None:
    """docs/rules.md §1, §4, §6, §8, and the default member days."""
    policy = parse({})
    assert policy.coefficients == {
        "planner": Fraction(15, 100),
        "supervisor": Fraction(15, 100),
        "copy": Fraction(1, 10),
        "art": Fraction(1, 10),
        "it": Fraction(1, 10),
        "ops": Fraction(1, 10),
        "cs": Fraction(1, 10),
        "reserve": Fraction(1, 5),
    }
    assert policy.pool_rate == Fraction(1, 5)
    assert policy.member_days == {8, 18, 28}
    assert (policy.fund.monthly, policy.fund.annual_fee) == (200_000, 20_000)
    assert policy.fund.annual_fee_month == 1
    assert policy.fund.fees == {"employee": 10_000, "professional": 20_000, "customer": 20_000}
    assert (policy.reads.base_year, policy.reads.growth) == (2018, Fraction(1, 5))
    assert policy.reads.base == {"campaign": 3000, "welfare": 1000}
    assert [policy.weekend.needed, policy.weekend.reach] == [3, 12]
    assert [policy.member_day.needed, policy.member_day.reach] == [3, 6]
    assert [policy.ordinary_day.needed, policy.ordinary_day.reach] == [3, 60]


def test_default_options_are_those_marked_in_the_rules() -> None:
    """docs/rules.md, each ▲ with its first value."""
    assert parse({}).options == {
        "holders": "last_day",
        "attribution": "whole_store",
        "skip_ineligible": True,
        "weekend_days": "same_weekday",
        "member_day_months": "preceding",
        "year_on_year": "same_date",
        "new_store": "left_out",
        "floor": "month",
        "attention": "reads",
        "reads_combine": "largest",
        "shortfall_reserve": False,
        "cuts": "multiply",
        "withheld_to": "company",
        "fund_carries": True,
    }


def test_every_option_value_has_a_meaning_in_chinese() -> None:
    for option in OPTIONS.values():
        assert option.question.endswith("？")
        assert len(option.meanings) >= 2
        assert all(any("一" <= sign <= "鿿" for sign in each) for each in option.meanings.values())


@pytest.mark.parametrize(
    ("rule", "role", "rate", "horizon", "maximum"),
    [
        ("planner.assessment", "planner", "0.01", "month", None),
        ("supervisor.assessment", "supervisor", "0.01", "month", None),
        ("copy.no_executable_plan", "copy", "1", "month", None),
        ("copy.fewer_than_two", "copy", "0", "month", None),
        ("copy.content_invalid", "copy", "1", "month", None),
        ("copy.plan_or_summary_missing", "copy", "1", "month", None),
        ("art.no_artwork", "art", "1", "month", None),
        ("art.template_missing", "art", "0.2", "next_year", 5),
        ("it.interface_incomplete", "it", "0.2", "next_year", 1),
        ("it.channels_missing", "it", "0", "next_year", 1),
        ("it.complaint", "it", "0.1", "month", None),
        ("ops.store_not_executed", "ops", "0.1", "month", None),
        ("cs.archive_incomplete", "cs", "0.01", "month", None),
        ("cs.late_reply_complaint", "cs", "0.2", "month", None),
        ("cs.no_feedback_summary", "cs", "1", "month", None),
    ],
)
def test_rule_is_as_the_table_of_the_rules_says(
    rule: str, role: str, rate: str, horizon: str, maximum: int | None
) -> None:
    entry = RULES[rule]
    assert (entry.role, entry.rate, entry.horizon) == (role, rate, horizon)
    assert entry.yearly_maximum == maximum
    assert len(RULES) == 15


@pytest.mark.parametrize(
    ("scale", "kind", "comparator"),
    [
        ("small", "weekend", "weekend_average"),
        ("small", "member_day", "member_day_average"),
        ("small", "manufacturer", "ordinary_day_average"),
        ("medium", "weekend", "weekend_average"),
        ("medium", "member_day", "member_day_average"),
        ("medium", "manufacturer", "ordinary_day_average"),
        ("large", "weekend", "year_on_year"),
        ("large", "member_day", "year_on_year"),
        ("large", "manufacturer", "year_on_year"),
    ],
)
def test_scale_and_kind_name_the_comparator(scale: str, kind: str, comparator: str) -> None:
    assert parse({}).comparator(scale=scale, kind=kind) == comparator


def test_partial_document_keeps_the_rest_of_the_default() -> None:
    document = complete({"reads": {"campaign": 5000}, "rules": {"it.complaint": "1/3"}})
    assert document["reads"] == {**DEFAULT["reads"], "campaign": 5000}
    assert parse(document).rates["it.complaint"] == Fraction(1, 3)
    assert parse(document).rates["ops.store_not_executed"] == Fraction(1, 10)
    assert list(parse({"coefficients": {"reserve": "0.2"}}).coefficients) == list(ROLE_NAMES)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"coefficients": {"planner": "0.16"}}, "各系数之和是 1.01，多了 0.01，"),
        ({"coefficients": {"planner": "-0.15", "reserve": "0.5"}}, "系数不能是负数"),
        ({"pool_rate": "1.01"}, "提取比例必须在 0 与 1 之间"),
        ({"pool_rate": 0.2}, "带引号的数"),
        ({"pool_rate": None}, "带引号的数"),
        ({"rules": {"it.complaint": "-0.1"}}, "扣减比例不能是负数"),
        ({"rules": {"it.none": "0.1"}}, "没有“rules.it.none”这一项"),
        ({"member_days": [0, 8]}, "会员日必须是 1 到 31"),
        ({"member_days": 8}, "member_days"),
        ({"member_days": "8"}, "member_days"),
        ({"fund": {"annual_fee": "2000.01"}}, "年费超过了每月注资"),
        ({"fund": {"monthly": "-1", "annual_fee": "-1"}}, "不能是负数"),
        ({"fund": {"annual_fee_month": 13}}, "年费入账月份"),
        ({"fund": {"fees": {"employee": "-1"}}}, "不能是负数"),
        ({"fund": 2000}, "应当是一组字段"),
        ({"reads": {"growth": "-1"}}, "关注量目标必须大于零"),
        ({"reads": {"campaign": 0}}, "关注量目标必须大于零"),
        ({"reads": {"campaign": "3000.5"}}, "必须是整数"),
        ({"baseline": {"weekend": {"n": 0}}}, "至少是 1"),
        ({"comparators": {"large": {"weekend": "last_week"}}}, "“last_week”不存在"),
        ({"comparators": {"large": {"weekend": ["x"]}}}, "不存在"),
        ({"options": {"floor": "year"}}, "“floor”不能是“year”：可选 month、campaign"),
        ({"options": {"fund_carries": 1}}, "fund_carries"),
        ({"options": {"sales": "net"}}, "没有“options.sales”这一项"),
        ({"valid_from": "2026-13-01"}, "生效日期"),
        ({"valid_from": 20260101}, "生效日期"),
        ({"code": " "}, "代号"),
        ({"code": "长" * 61}, "超过 60 个字"),
        ({"colour": "red"}, "没有“colour”这一项"),
    ],
)
def test_policy_that_cannot_be_published_is_refused_with_the_reason(
    document: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Invalid) as refused:
        parse(document)
    assert sentence in str(refused.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        parse({"pool_rate": "2", "coefficients": {"planner": "0.5"}, "member_days": [32]})
    assert len(refused.value.details) == 3


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), (False, False)])
def test_option_may_be_written_as_text_or_as_a_boolean(text: object, value: bool) -> None:
    assert parse({"options": {"skip_ineligible": text}}).options["skip_ineligible"] is value


@pytest.mark.django_db
def test_policy_in_force_is_the_latest_that_began_by_the_first_of_the_month() -> None:
    assert policy_for(Month(2026, 10)).code == "default"
    publish_policy(document={"code": "a", "valid_from": "2026-10-01"}, by=None, now=NOW)
    publish_policy(document={"code": "b", "valid_from": "2026-10-02"}, by=None, now=NOW)
    assert policy_for(Month(2026, 9)).code == "default"
    assert policy_for(Month(2026, 10)).code == "a"
    assert policy_for(Month(2026, 11)).code == "b"
    publish_policy(document={"code": "c", "valid_from": "2026-10-01"}, by=None, now=NOW)
    assert policy_for(Month(2026, 10)).code == "c"


@pytest.mark.django_db
def test_publishing_the_same_document_again_changes_nothing() -> None:
    first = publish_policy(document={"code": "a"}, by=None, now=NOW)
    assert publish_policy(document={"code": "a"}, by=None, now=NOW) == first
    assert PolicyVersion.objects.count() == 1
    assert first.valid_from == date(2000, 1, 1)


@pytest.mark.django_db
def test_published_document_is_whole_so_that_later_defaults_do_not_change_it() -> None:
    version = publish_policy(document={"code": "a"}, by=None, now=NOW)
    assert version.document.keys() == DEFAULT.keys()
    assert version.document["rules"] == DEFAULT["rules"]
