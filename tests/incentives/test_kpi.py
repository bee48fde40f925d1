"""KPI deductions (docs/rules.md §5)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haitang.kernel.clock import Month
from haitang.policy.rulebook import RULES
from incentives.calculation.kpi import Event, RoleDeductions, deductions
from tests.factories.rules import make_policy, ratio

OCTOBER = Month(2026, 10)


def event(rule: str, quantity: str = "1", month: Month = OCTOBER) -> Event:
    return Event(month, rule, ratio(quantity))


def cut(role: str, *events: Event, month: Month = OCTOBER, **fields: Any) -> RoleDeductions:
    return deductions(role, month=month, events=events, policy=make_policy(**fields))


@pytest.mark.parametrize(
    ("rule", "quantity", "monthly"),
    [
        ("planner.assessment", "5", "0.05"),
        ("supervisor.assessment", "12.5", "0.125"),
        ("copy.no_executable_plan", "1", "1"),
        ("copy.fewer_than_two", "1", "0"),
        ("copy.content_invalid", "1", "1"),
        ("copy.plan_or_summary_missing", "1", "1"),
        ("art.no_artwork", "1", "1"),
        ("it.complaint", "3", "0.3"),
        ("ops.store_not_executed", "4", "0.4"),
        ("cs.archive_incomplete", "7.3", "0.073"),
        ("cs.late_reply_complaint", "2", "0.4"),
        ("cs.no_feedback_summary", "1", "1"),
    ],
)
def test_month_rule_cuts_quantity_times_rate(rule: str, quantity: str, monthly: str) -> None:
    found = cut(RULES[rule].role, event(rule, quantity))
    assert found.monthly == ratio(monthly)
    assert found.annual == 0
    assert [(line.rule, line.quantity) for line in found.lines] == [(rule, ratio(quantity))]


def test_events_of_a_rule_are_summed_and_rules_listed_alphabetically() -> None:
    """3 percent missing (0.03) and two complaints 1 + 1 at 20% (0.40): 0.43."""
    found = cut(
        "cs",
        event("cs.late_reply_complaint"),
        event("cs.archive_incomplete", "3"),
        event("cs.late_reply_complaint"),
    )
    assert found.monthly == ratio("0.43")
    assert [line.rule for line in found.lines] == [
        "cs.archive_incomplete",
        "cs.late_reply_complaint",
    ]
    assert [line.quantity for line in found.lines] == [3, 2]


def test_monthly_deduction_is_at_most_the_whole_but_quantity_is_kept() -> None:
    """Eleven complaints at 10% are 110%, of which 100% count."""
    found = cut("it", event("it.complaint", "11"))
    assert found.monthly == 1
    assert found.lines[0].quantity == 11
    assert found.lines[0].cut == ratio("1.1")


def test_only_events_of_the_role_and_month_count() -> None:
    found = cut(
        "ops",
        event("ops.store_not_executed", month=Month(2026, 9)),
        event("ops.store_not_executed", month=Month(2025, 10)),
        event("it.complaint"),
    )
    assert found == RoleDeductions(Fraction(0), Fraction(0), ())


@pytest.mark.parametrize(
    ("month", "annual"),
    [("2026-12", "0"), ("2027-01", "0.4"), ("2027-12", "0.4"), ("2028-01", "0")],
)
def test_next_year_event_counts_in_every_month_of_the_year_after(month: str, annual: str) -> None:
    found = cut(
        "art",
        event("art.template_missing", "2", Month(2026, 12)),
        month=Month.parse(month),
    )
    assert found.annual == ratio(annual)
    assert found.monthly == 0


def test_next_year_event_of_any_month_of_the_year_counts() -> None:
    found = cut("art", event("art.template_missing", "1", Month(2026, 3)), month=Month(2027, 5))
    assert found.annual == ratio("0.2")


@pytest.mark.parametrize(
    ("rule", "quantities", "counted", "annual"),
    [
        ("art.template_missing", ["3", "4"], "5", "1"),
        ("it.interface_incomplete", ["1", "2"], "1", "0.2"),
        ("it.channels_missing", ["2"], "1", "0"),
    ],
)
def test_yearly_maximum_caps_the_quantity_that_counts(
    rule: str, quantities: list[str], counted: str, annual: str
) -> None:
    events = [event(rule, each, Month(2025, 12)) for each in quantities]
    found = cut(RULES[rule].role, *events)
    assert found.lines[0].quantity == ratio(counted)
    assert found.annual == ratio(annual)


def test_annual_and_monthly_are_apart() -> None:
    """Interfaces (20% all year) and two complaints (20% of the month)."""
    found = cut(
        "it", event("it.interface_incomplete", month=Month(2025, 12)), event("it.complaint", "2")
    )
    assert (found.annual, found.monthly) == (ratio("0.2"), ratio("0.2"))
    assert [line.rule for line in found.lines] == ["it.complaint", "it.interface_incomplete"]


def test_next_year_rule_takes_the_rate_of_the_month_being_settled() -> None:
    """A failure of 2025 under a policy of 30% in 2026."""
    found = cut(
        "it",
        event("it.interface_incomplete", month=Month(2025, 12)),
        rules={"it.interface_incomplete": "0.3"},
    )
    assert found.annual == ratio("0.3")


def test_rule_may_read_a_third_of_the_coefficient() -> None:
    found = cut("copy", event("copy.content_invalid"), rules={"copy.content_invalid": "1/3"})
    assert found.monthly == Fraction(1, 3)


events_strategy = st.lists(
    st.builds(
        Event,
        month=st.sampled_from([OCTOBER, Month(2026, 9), Month(2025, 12), Month(2025, 3)]),
        rule=st.sampled_from(sorted(RULES)),
        quantity=st.fractions(min_value=0, max_value=12, max_denominator=10),
    ),
    max_size=12,
)


@given(events=events_strategy, shuffle=st.randoms())
def test_order_of_events_is_irrelevant(events: list[Event], shuffle: Any) -> None:
    mixed = list(events)
    shuffle.shuffle(mixed)
    for role in make_policy().team:
        assert cut(role, *mixed) == cut(role, *events)


@given(events=events_strategy)
def test_deductions_stay_between_nothing_and_the_whole(events: list[Event]) -> None:
    for role in make_policy().team:
        found = cut(role, *events)
        assert 0 <= found.annual <= 1
        assert 0 <= found.monthly <= 1
