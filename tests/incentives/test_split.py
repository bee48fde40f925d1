"""The pool and how it is split (docs/rules.md §1, §4, §7), worked by hand in fen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from haitang.kernel.clock import Month
from haitang.policy.document import Policy
from incentives.calculation.kpi import RoleDeductions
from incentives.calculation.split import (
    NOTHING_DEDUCTED,
    Holding,
    RoleShare,
    holders,
    margin_uplift,
    payable_of,
    pool,
    split,
)
from tests.factories.rules import make_policy, ratio

OCTOBER = Month(2026, 10)


def deducted(annual: str = "0", monthly: str = "0") -> RoleDeductions:
    return RoleDeductions(ratio(annual), ratio(monthly), ())


def shares(
    pool_: int,
    *,
    policy: Policy | None = None,
    shortfall: str = "0",
    cuts: Mapping[str, RoleDeductions] | None = None,
    held_by: Mapping[str, Mapping[str, Fraction]] | None = None,
) -> dict[str, RoleShare]:
    policy = policy or make_policy()
    nobody_deducted = dict.fromkeys(policy.team, NOTHING_DEDUCTED)
    everyone = {role: {role: Fraction(1)} for role in policy.team}
    roles = split(
        pool_,
        policy=policy,
        deductions={**nobody_deducted, **(cuts or {})},
        shortfall=ratio(shortfall),
        held_by={**everyone, **(held_by or {})},
    )
    return {each.role: each for each in roles}


def test_pool_is_a_fifth_of_the_uplift_rounded_half_up() -> None:
    """20% of 12.34 is 2.468 → 2.47; of 0.02, 0.004 → 0; of 0.03, 0.006; 12.5% of 1.00, 0.125."""
    assert pool(1234, make_policy()) == 247
    assert pool(2, make_policy()) == 0
    assert pool(3, make_policy()) == 1
    assert pool(100, make_policy(pool_rate="0.125")) == 13


def test_negative_month_pays_nothing() -> None:
    assert pool(-100_000, make_policy()) == 0
    assert {share.gross for share in shares(0).values()} == {0}


def test_negative_campaign_is_set_off_unless_each_is_floored() -> None:
    assert margin_uplift([1000, -300], make_policy()) == 700
    assert margin_uplift([1000, -300], make_policy({"floor": "campaign"})) == 1000
    assert margin_uplift([-1000, -300], make_policy({"floor": "campaign"})) == 0
    assert margin_uplift([], make_policy()) == 0


def test_gross_is_by_coefficient_in_the_tables_order() -> None:
    """2000.00: 300, 300, 200 five times, 400."""
    assert {role: share.gross for role, share in shares(200_000).items()} == {
        "planner": 30_000,
        "supervisor": 30_000,
        "copy": 20_000,
        "art": 20_000,
        "it": 20_000,
        "ops": 20_000,
        "cs": 20_000,
        "reserve": 40_000,
    }


def test_odd_fen_go_to_the_largest_remainders_ties_in_the_tables_order() -> None:
    """0.07: 1.05, 1.05, 0.7 × 5, 1.4 → floors 1, 1, 0 × 5, 1; four fen left go to .7s in order.

    0.03: 0.45, 0.45, 0.3 × 5, 0.6 → floors 0; the reserve (.6), then planner and supervisor.
    """
    assert [share.gross for share in shares(7).values()] == [1, 1, 1, 1, 1, 1, 0, 1]
    assert [share.gross for share in shares(3).values()] == [1, 1, 0, 0, 0, 0, 0, 1]


def test_deductions_multiply_and_are_rounded_once() -> None:
    """333.33 × 0.8 × 0.7 × 0.9 = 167.99832 → 168.00; withheld the rest."""
    policy = make_policy()
    assert payable_of(33_333, deducted("0.2", "0.3"), ratio("0.1"), policy) == 16_800


def test_deductions_add_by_option_down_to_nothing() -> None:
    """333.33 × (1 − 0.2 − 0.3 − 0.1) = 133.332 → 133.33; more than all leaves 0."""
    policy = make_policy({"cuts": "add"})
    assert payable_of(33_333, deducted("0.2", "0.3"), ratio("0.1"), policy) == 13_333
    assert payable_of(33_333, deducted("0.6", "0.3"), ratio("0.2"), policy) == 0


def test_half_a_fen_is_rounded_up() -> None:
    """0.01 × 0.5 = 0.005 → 0.01: nothing is withheld."""
    share = shares(10, cuts={"copy": deducted(monthly="0.5")})["copy"]
    assert (share.gross, share.payable, share.withheld) == (1, 1, 0)


def test_shortfall_cuts_the_seven_roles_and_by_option_the_reserve() -> None:
    """2000.00 and a shortfall of a quarter: planner 225.00; reserve 400.00 or 300.00."""
    plainly = shares(200_000, shortfall="0.25")
    assert (plainly["planner"].payable, plainly["planner"].withheld) == (22_500, 7_500)
    assert (plainly["reserve"].payable, plainly["reserve"].withheld) == (40_000, 0)
    all_eight = shares(200_000, shortfall="0.25", policy=make_policy({"shortfall_reserve": True}))
    assert (all_eight["reserve"].payable, all_eight["reserve"].withheld) == (30_000, 10_000)


def test_role_nobody_holds_is_paid_nothing_and_its_gross_withheld() -> None:
    share = shares(200_000, held_by={"art": {}})["art"]
    assert (share.payable, share.withheld, share.payees) == (0, 20_000, ())


def test_payable_is_split_by_share_ties_by_username() -> None:
    """300.01 by thirds: 100.00⅓ each; the odd fen to the first of the names."""
    thirds = {name: Fraction(1, 3) for name in ("zhu", "li", "an")}
    share = shares(200_003, held_by={"planner": thirds})["planner"]
    assert share.payable == 30_001
    assert [(payee.username, payee.amount) for payee in share.payees] == [
        ("an", 10_001),
        ("li", 10_000),
        ("zhu", 10_000),
    ]


def test_payees_are_listed_also_when_nothing_is_paid() -> None:
    share = shares(0)["it"]
    assert [(payee.username, payee.amount) for payee in share.payees] == [("it", 0)]


def held(*rows: tuple[str, str, str, str], **options: Any) -> dict[str, Fraction]:
    """Who holds the planner's role; rows are (username, from, to or empty, share)."""
    holdings = [
        Holding(
            "planner",
            name,
            date.fromisoformat(first),
            date.fromisoformat(last) if last else None,
            ratio(share),
        )
        for name, first, last, share in rows
    ]
    holdings.append(Holding("copy", "zhu", date(2018, 1, 1), None, Fraction(1)))
    return holders("planner", month=OCTOBER, holdings=holdings, policy=make_policy(options))


@pytest.mark.parametrize(
    ("first", "last", "holds"),
    [
        ("2018-01-01", "", True),
        ("2026-10-31", "", True),
        ("2018-01-01", "2026-10-31", True),
        ("2018-01-01", "2026-10-30", False),
        ("2026-11-01", "", False),
    ],
)
def test_holder_is_who_holds_the_role_on_the_last_day(first: str, last: str, holds: bool) -> None:
    assert bool(held(("liu", first, last, "1"))) is holds


def test_by_days_weighs_share_by_days_held() -> None:
    """liu all 31 days at ½: 15.5; li 1–10 at ½: 5; wang from 11, 21 days at ½: 10.5."""
    assert held(
        ("liu", "2018-01-01", "", "1/2"),
        ("li", "2018-01-01", "2026-10-10", "1/2"),
        ("wang", "2026-10-11", "2027-01-01", "1/2"),
        ("an", "2026-11-01", "", "1"),
        ("bo", "2018-01-01", "2026-09-30", "1"),
        holders="by_days",
    ) == {"li": Fraction(5), "liu": Fraction(31, 2), "wang": Fraction(21, 2)}


def test_person_with_two_tenures_is_one_holder_with_the_summed_weight() -> None:
    """On the last day ½ + ¼; by days 31 × ½ + 10 × ¼ = 18."""
    rows = [("liu", "2018-01-01", "", "1/2"), ("liu", "2026-10-22", "", "1/4")]
    assert held(*rows) == {"liu": Fraction(3, 4)}
    assert held(*rows, holders="by_days") == {"liu": Fraction(18)}


def test_role_held_only_early_in_the_month_has_no_holder_on_the_last_day_but_by_days() -> None:
    row = ("liu", "2018-01-01", "2026-10-05", "1")
    assert held(row) == {}
    assert held(row, holders="by_days") == {"liu": Fraction(5)}


def test_gap_in_a_month_is_shared_by_those_who_held_the_role_at_all() -> None:
    """By days: li 10 days, wang 5 days, 16 days nobody: two thirds and one third of 30.00."""
    weights = held(
        ("li", "2018-01-01", "2026-10-10", "1"),
        ("wang", "2026-10-27", "", "1"),
        holders="by_days",
    )
    share = shares(20_000, held_by={"planner": weights})["planner"]
    assert [(payee.username, payee.amount) for payee in share.payees] == [
        ("li", 2_000),
        ("wang", 1_000),
    ]
