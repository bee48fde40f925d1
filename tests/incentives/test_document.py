"""The settlement document: how figures are written (docs/datapack.md)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from haitang.kernel.clock import Month
from incentives.calculation.document import document
from incentives.calculation.funds import Balances, Expense, Owed
from incentives.calculation.kpi import Event
from incentives.calculation.reads import ArticleFigure
from incentives.calculation.settlement import settle
from tests.factories.rules import make_holdings, make_inputs, make_policy, make_uplift, ratio

OCTOBER = Month(2026, 10)


def test_every_part_of_a_month_is_written_as_the_format_says() -> None:
    """Pool 20% of 1000.00 = 200.00. Target 2026 of campaign articles 12899; reads 11351.

    Shortfall 1 − 11351 ÷ 12899 = 1548 ÷ 12899 = 0.120009…; planner 30.00 × 0.95 × 0.879991
    = 25.0797 → 25.08, by thirds 8.36 each.
    """
    policy = make_policy()
    thirds = dict.fromkeys(("c", "a", "b"), "1/3")
    shown = document(
        settle(
            make_inputs(
                policy,
                campaigns=[make_uplift("C1", 100_000)],
                holdings=make_holdings(policy, planner=thirds),
                events=[Event(OCTOBER, "planner.assessment", ratio("5"))],
                articles=[ArticleFigure("A1", "campaign", 11351)],
                adopted=[Owed("M1", "employee", 10_000)],
                expenses=[Expense(date(2026, 10, 9), "team", 8_000)],
                opening=Balances(5, 70),
            )
        )
    )
    assert list(shown) == [
        "month",
        "policy",
        "margin_uplift",
        "pool",
        "campaigns",
        "team",
        "roles",
        "fund",
        "reserve",
        "problems",
    ]
    assert (shown["month"], shown["policy"]) == ("2026-10", "default")
    assert (shown["margin_uplift"], shown["pool"]) == ("1000.00", "200.00")
    assert shown["team"] == {
        "shortfall": "0.120009",
        "reads": [
            {
                "category": "campaign",
                "target": 12899,
                "mean": "11351.00",
                "shortfall": "0.120009",
            }
        ],
    }
    assert shown["roles"][0] == {
        "role": "planner",
        "coefficient": "0.15",
        "gross": "30.00",
        "annual": "0.000000",
        "monthly": "0.050000",
        "deductions": [{"rule": "planner.assessment", "quantity": "5", "rate": "0.01"}],
        "payable": "25.08",
        "withheld": "4.92",
        "payees": [{"username": name, "amount": "8.36"} for name in ("a", "b", "c")],
    }
    assert [role["role"] for role in shown["roles"]] == [*policy.team, "reserve"]
    assert shown["roles"][-1] == {
        "role": "reserve",
        "coefficient": "0.20",
        "gross": "40.00",
        "annual": "0.000000",
        "monthly": "0.000000",
        "deductions": [],
        "payable": "40.00",
        "withheld": "0.00",
        "payees": [],
    }
    assert shown["fund"] == {
        "opening": "0.05",
        "credited": "2000.00",
        "annual_fee": "0.00",
        "fees": [
            {
                "manuscript": "M1",
                "kind": "employee",
                "fee": "100.00",
                "from_fund": "100.00",
                "from_reserve": "0.00",
                "outstanding": "0.00",
            }
        ],
        "closing": "1900.05",
    }
    assert shown["reserve"] == {
        "opening": "0.70",
        "credited": "40.00",
        "expenses": [{"date": "2026-10-09", "kind": "team", "amount": "80.00", "paid": False}],
        "spent": "0.00",
        "closing": "40.70",
    }
    assert shown["problems"] == []


def test_quantities_and_rates_are_the_shortest_decimal_or_six_places() -> None:
    policy = make_policy(
        rules={"it.complaint": "1/3", "cs.archive_incomplete": "0.0125"},
        coefficients={"planner": "0.125", "supervisor": "0.175"},
    )
    shown = document(
        settle(
            make_inputs(
                policy,
                events=[
                    Event(OCTOBER, "it.complaint", Fraction(2)),
                    Event(OCTOBER, "cs.archive_incomplete", ratio("7.30")),
                    Event(OCTOBER, "copy.fewer_than_two", Fraction(1)),
                    Event(Month(2025, 12), "art.template_missing", Fraction(9)),
                ],
            )
        )
    )
    roles = {role["role"]: role for role in shown["roles"]}
    assert roles["planner"]["coefficient"] == "0.125"
    assert roles["copy"]["coefficient"] == "0.10"
    assert roles["it"]["deductions"] == [
        {"rule": "it.complaint", "quantity": "2", "rate": "0.333333"}
    ]
    assert roles["it"]["monthly"] == "0.666667"
    assert roles["cs"]["deductions"] == [
        {"rule": "cs.archive_incomplete", "quantity": "7.3", "rate": "0.0125"}
    ]
    assert roles["copy"]["deductions"] == [
        {"rule": "copy.fewer_than_two", "quantity": "1", "rate": "0"}
    ]
    assert roles["art"]["deductions"] == [
        {"rule": "art.template_missing", "quantity": "5", "rate": "0.2"}
    ]
    assert (roles["art"]["annual"], roles["art"]["monthly"]) == ("1.000000", "0.000000")


def test_negative_month_shows_its_uplift_and_an_empty_pool() -> None:
    shown = document(settle(make_inputs(campaigns=[make_uplift("C1", -12_345)])))
    assert (shown["margin_uplift"], shown["pool"]) == ("-123.45", "0.00")
    assert shown["campaigns"][0]["stores"][0]["margin_uplift"] == "-123.45"
