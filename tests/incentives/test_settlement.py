"""A whole month put together (docs/rules.md §3–§8): what one part gives the next."""

from __future__ import annotations

from datetime import date

from campaigns.uplift import Problem
from haitang.kernel.clock import Month
from incentives.calculation.funds import Expense, Owed
from incentives.calculation.kpi import Event
from incentives.calculation.reads import ArticleFigure
from incentives.calculation.settlement import MonthFigures, settle
from tests.factories.rules import (
    make_holdings,
    make_inputs,
    make_policy,
    make_uplift,
    ratio,
)

OCTOBER = Month(2026, 10)


def payables(settlement: MonthFigures) -> dict[str, int]:
    return {role.role: role.payable for role in settlement.roles}


def test_month_is_the_sum_of_its_campaigns_rounded_uplifts() -> None:
    """1000.005 rounds to 1000.01, −200.00: 800.01; pool 160.002 → 160.00."""
    settlement = settle(
        make_inputs(campaigns=[make_uplift("C1", ratio("100000.5")), make_uplift("C2", -20_000)])  # type: ignore[arg-type]
    )
    assert (settlement.margin_uplift, settlement.pool) == (80_001, 16_000)


def test_floored_campaigns_make_the_months_uplift() -> None:
    campaigns = [make_uplift("C1", 100_000), make_uplift("C2", -20_000)]
    settlement = settle(make_inputs(make_policy({"floor": "campaign"}), campaigns=campaigns))
    assert (settlement.margin_uplift, settlement.pool) == (100_000, 20_000)


def test_month_without_campaign_has_an_empty_pool_and_still_runs_the_funds() -> None:
    settlement = settle(make_inputs())
    assert (settlement.margin_uplift, settlement.pool) == (0, 0)
    assert settlement.problems == ()
    assert settlement.funds.fund_closing == 200_000


def test_annual_monthly_and_shortfall_meet_in_one_role() -> None:
    """Pool 1000.00, it 100.00 × (1 − 0.2) × (1 − 0.1) × (1 − 0.25) = 54.00."""
    settlement = settle(
        make_inputs(
            make_policy(reads={"base_year": 2026}),
            campaigns=[make_uplift("C1", 500_000)],
            events=[
                Event(Month(2025, 12), "it.interface_incomplete", ratio("1")),
                Event(OCTOBER, "it.complaint", ratio("1")),
            ],
            articles=[ArticleFigure("A1", "campaign", 2250)],
        )
    )
    assert payables(settlement)["it"] == 5_400
    assert payables(settlement)["ops"] == 7_500
    assert payables(settlement)["reserve"] == 20_000


def test_reserve_is_credited_its_payable_or_by_option_all_that_is_withheld_too() -> None:
    """Pool 1000.00; planner loses 10% of 150.00; nobody is art: 200.00, or + 15.00 + 100.00."""
    for option, credited in (("company", 20_000), ("reserve", 31_500)):
        policy = make_policy({"withheld_to": option})
        settlement = settle(
            make_inputs(
                policy,
                campaigns=[make_uplift("C1", 500_000)],
                events=[Event(OCTOBER, "planner.assessment", ratio("10"))],
                holdings=make_holdings(policy, art={}),
            )
        )
        assert settlement.funds.reserve_credited == credited
        assert payables(settlement)["planner"] == 13_500
        assert payables(settlement)["art"] == 0


def test_reserves_own_withheld_goes_back_into_it_by_option() -> None:
    """Shortfall ½ on all eight of 1000.00: 500.00 withheld, 100.00 of it the reserve's own."""
    policy = make_policy(
        {"withheld_to": "reserve", "shortfall_reserve": True},
        reads={"base_year": 2026, "campaign": 1000},
    )
    settlement = settle(
        make_inputs(
            policy,
            campaigns=[make_uplift("C1", 500_000)],
            articles=[ArticleFigure("A1", "campaign", 500)],
        )
    )
    assert payables(settlement)["reserve"] == 10_000
    assert settlement.funds.reserve_credited == 10_000 + 50_000


def test_no_holder_is_reported_in_every_month_also_without_pool() -> None:
    policy = make_policy()
    settlement = settle(make_inputs(policy, holdings=make_holdings(policy, cs={}, art={})))
    assert settlement.problems == (
        Problem("no_holder", role="art"),
        Problem("no_holder", role="cs"),
    )


def test_problems_are_listed_by_code_then_campaign_then_store_then_subject() -> None:
    policy = make_policy()
    settlement = settle(
        make_inputs(
            policy,
            campaigns=[
                make_uplift("C2", 0, Problem("no_article", "C2")),
                make_uplift(
                    "C1",
                    0,
                    Problem("insufficient_baseline", "C1", "S02"),
                    Problem("insufficient_baseline", "C1", "S01"),
                ),
            ],
            open_campaigns=["C4", "C3"],
            articles=[ArticleFigure(code, "welfare", None) for code in ("A2", "A1")],
            holdings=make_holdings(policy, art={}),
        )
    )
    assert [tuple(problem.shown().values()) for problem in settlement.problems] == [
        ("campaign_open", "C3", ""),
        ("campaign_open", "C4", ""),
        ("insufficient_baseline", "C1", "S01"),
        ("insufficient_baseline", "C1", "S02"),
        ("no_article", "C2", ""),
        ("no_holder", "", "", "art"),
        ("reads_missing", "", "", "A1"),
        ("reads_missing", "", "", "A2"),
    ]


def test_fees_draw_on_the_reserve_that_the_months_expenses_left() -> None:
    """Pool 0. Reserve 0: the expense is refused; 2100 of fees meet 2000 of fund."""
    settlement = settle(
        make_inputs(
            adopted=[Owed("M1", "customer", 210_000)],
            expenses=[Expense(date(2026, 10, 31), "team", 1)],
        )
    )
    assert not settlement.funds.expenses[0].paid
    assert settlement.funds.fees[0].outstanding == 10_000
