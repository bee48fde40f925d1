"""Late changes of approved months: what they bring to the next open one (docs/rules.md §9).

October by hand: S01 sells 1100.00 on the campaign day and 100.00 on each of the three ordinary
days before; uplift 1000.00, pool 200.00: planner and supervisor 30.00 each, the other five 20.00
each, the reserve 40.00.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from campaigns.models import CalendarDay, Campaign, Store, StoreDay
from content.models import Article
from haitang.kernel.clock import Month
from incentives.calculation.services import calculate_month, compute_month, compute_months
from incentives.calculation.stamps import stamps
from incentives.models import KpiEvent, Settlement, SettlementRun
from tests.factories.life import freeze
from tests.factories.rules import make_policy
from tests.factories.trade import (
    NOW,
    make_article,
    make_campaign,
    make_event,
    make_expense,
    make_manuscript,
    make_store,
    make_team,
    plain_calendar,
    publish,
    sell,
    sell_days,
)

OCTOBER, NOVEMBER, DECEMBER = Month(2026, 10), Month(2026, 11), Month(2026, 12)
ORDINARY = {"2026-10-20": "100", "2026-10-19": "100", "2026-10-16": "100"}


@pytest.fixture
def team(db: None) -> dict[str, User]:
    plain_calendar(2025, 2026, 2027)
    return make_team()


@pytest.fixture
def store(team: dict[str, User]) -> Store:
    """October is approved with a pool of 200.00."""
    store = make_store()
    sell_days(store, {"2026-10-21": "1100", **ORDINARY})
    make_campaign(stores=[store])
    make_article("A2", "campaign", reads=12899)
    make_event("it.complaint", "1")
    freeze(OCTOBER)
    return store


def sold(store: Store, margin: str) -> None:
    """The campaign day is corrected: another store-day takes the place of the old one."""
    StoreDay.objects.filter(date=date(2026, 10, 21)).update(is_active=False)
    StoreDay.objects.filter(date=date(2026, 10, 21)).delete()
    sell(store, "2026-10-21", margin)


def november(margin: str, store: Store) -> None:
    """A November campaign of that uplift."""
    days = {"2026-11-17": "100", "2026-11-18": "100", "2026-11-16": "100"}
    sell_days(store, {"2026-11-19": str(int(margin) + 100), **days})
    make_campaign("C2", stores=[store], start=date(2026, 11, 19))


def adjusted(month: Month) -> dict[tuple[str, str], str]:
    found = compute_month(month).document().get("adjustments", [])
    return {(each["origin"], each["role"]): each["delta"] for each in found}


def payout(month: Month, username: str) -> dict[str, Any]:
    rows = compute_month(month).trace()["payouts"]
    return next(row for row in rows if row["username"] == username)


def test_nothing_changed_means_no_adjustments(store: Store) -> None:
    assert "adjustments" not in compute_month(NOVEMBER).document()


def test_late_sale_lands_in_the_next_open_month(store: Store) -> None:
    """1700 − 100 = 1600, pool 320.00: +18.00 twice, +12.00, it +10.80 (10% is cut), reserve +24.

    What the company keeps grows by the 1.20 that the complaint costs of the 12.00.
    """
    before = SettlementRun.objects.get(month="2026-10")
    sold(store, "1700")
    document = compute_month(NOVEMBER).document()
    lines = {(each["role"], each["username"]): each for each in document["adjustments"]}
    assert lines["planner", "planner"] == {
        "origin": "2026-10",
        "reason": "迟到的销售：活动 C1 毛利增加 +600.00",
        "role": "planner",
        "username": "planner",
        "before": "30.00",
        "after": "48.00",
        "delta": "18.00",
    }
    assert {role: each["delta"] for (role, _), each in lines.items()} == {
        "planner": "18.00",
        "supervisor": "18.00",
        "copy": "12.00",
        "art": "12.00",
        "it": "10.80",
        "ops": "12.00",
        "cs": "12.00",
        "reserve": "24.00",
        "withheld": "1.20",
    }
    assert document["reserve"] == {
        "opening": "40.00",
        "credited": "24.00",
        "expenses": [],
        "spent": "0.00",
        "closing": "64.00",
    }
    assert payout(NOVEMBER, "planner") == {
        "username": "planner",
        "name": "planner",
        "earned": 0,
        "adjusted": 1800,
        "carried_in": 0,
        "payable": 1800,
        "carried_out": 0,
    }
    assert payout(NOVEMBER, "reserve")["payable"] == 2400
    assert SettlementRun.objects.get(month="2026-10").document == before.document


def test_settled_delta_is_not_settled_again(store: Store) -> None:
    sold(store, "1700")
    freeze(NOVEMBER)
    assert adjusted(DECEMBER) == {}
    sold(store, "1800")
    found = {each["role"]: each for each in compute_month(DECEMBER).document()["adjustments"]}
    assert (found["planner"]["before"], found["planner"]["delta"]) == ("48.00", "3.00")
    assert found["planner"]["reason"] == "迟到的销售：活动 C1 毛利增加 +100.00"


def test_late_sale_and_its_withdrawal_cancel_out(store: Store) -> None:
    sold(store, "1700")
    freeze(NOVEMBER)
    sold(store, "1100")
    assert adjusted(DECEMBER)["2026-10", "planner"] == "-18.00"
    assert payout(DECEMBER, "planner")["carried_out"] == 1800
    in_november = compute_month(DECEMBER).inputs.adjustments
    assert {each.after for each in in_november if each.role == "planner"} == {3000}


def test_withdrawal_before_the_open_month_is_settled_leaves_nothing(store: Store) -> None:
    sold(store, "1700")
    assert adjusted(NOVEMBER) != {}
    sold(store, "1100")
    assert adjusted(NOVEMBER) == {}


def test_negative_delta_is_set_off_and_the_rest_carried(store: Store) -> None:
    """500 − 100 = 400, pool 80.00: the planner's 30.00 become 12.00.

    November brings a pool of 80.00 and the planner 12.00: 12.00 − 18.00 = 0 to pay, 6.00 carried.
    December brings nothing; 6.00 go on.
    """
    sold(store, "500")
    november("400", store)
    assert payout(NOVEMBER, "planner") == {
        "username": "planner",
        "name": "planner",
        "earned": 1200,
        "adjusted": -1800,
        "carried_in": 0,
        "payable": 0,
        "carried_out": 600,
    }
    assert payout(NOVEMBER, "reserve")["carried_out"] == 2400 - 1600
    assert compute_month(NOVEMBER).document()["reserve"]["credited"] == "0.00"
    freeze(NOVEMBER)
    december = payout(DECEMBER, "planner")
    assert (december["adjusted"], december["carried_in"], december["carried_out"]) == (0, 600, 600)
    freeze(DECEMBER)
    assert payout(Month(2027, 1), "planner")["carried_in"] == 600


def test_withdrawn_complaint_gives_the_money_back(store: Store) -> None:
    KpiEvent.objects.update(state=KpiEvent.State.WAIVED)
    found = compute_month(NOVEMBER).document()["adjustments"]
    assert [(each["role"], each["delta"]) for each in found] == [
        ("it", "2.00"),
        ("withheld", "-2.00"),
    ]
    assert found[0]["reason"].startswith("投诉撤销：")
    assert found[0]["reason"].endswith("数量 1 → 0")


def test_event_about_one_role_is_no_reason_of_another(store: Store) -> None:
    sold(store, "1700")
    KpiEvent.objects.update(state=KpiEvent.State.WAIVED)
    reasons = {
        each["role"]: each["reason"] for each in compute_month(NOVEMBER).document()["adjustments"]
    }
    assert "投诉撤销" in reasons["it"]
    assert "投诉撤销" not in reasons["planner"]
    assert "迟到的销售" in reasons["planner"]


def test_corrected_reads_count(store: Store) -> None:
    """9674 ÷ 12899 = 0.749981: the planner's 30.00 become 22.50."""
    Article.objects.filter(code="A2").update(reads=9674)
    found = compute_month(NOVEMBER).document()["adjustments"]
    assert found[0]["reason"] == "阅读量更正：推文 A2 12899 → 9674"
    planner = next(each for each in found if each["role"] == "planner")
    assert (planner["after"], planner["delta"]) == ("22.50", "-7.50")


def test_late_completion_counts_and_a_reopened_campaign_does_not(store: Store) -> None:
    sell(store, "2026-10-22", "600")
    make_campaign("C3", stores=[store], start=date(2026, 10, 22))
    found = compute_month(NOVEMBER).document()["adjustments"]
    assert found[0]["reason"] == "迟完成的活动 C3 毛利增加 +500.00"
    Campaign.objects.update(status="running")
    found = compute_month(NOVEMBER).document()["adjustments"]
    assert found[0]["reason"] == "活动 C1 不再计入，毛利增加 -1000.00"
    assert {each["after"] for each in found} == {"0.00"}


def test_policy_and_holders_are_those_of_the_approval(store: Store, team: dict[str, User]) -> None:
    publish(code="richer", valid_from="2026-10-01", pool_rate="0.5")
    team["planner"].tenures.all().delete()
    assert adjusted(NOVEMBER) == {}
    sold(store, "1700")
    assert payout(NOVEMBER, "planner")["adjusted"] == 1800


def test_reversed_approval_takes_its_deltas_back(store: Store) -> None:
    sold(store, "1700")
    freeze(NOVEMBER)
    Settlement.objects.filter(month="2026-11").update(state=Settlement.State.DRAFT)
    assert adjusted(DECEMBER)["2026-10", "planner"] == "18.00"


def test_chain_settles_a_delta_once(store: Store) -> None:
    sold(store, "500")
    first, second = compute_months(NOVEMBER, DECEMBER)
    assert first.settlement.payouts[0].adjusted < 0
    assert second.inputs.adjustments == ()
    assert second.inputs.carried == {
        each.username: each.carried_out for each in first.settlement.payouts
    }


def test_calculating_twice_gives_the_same(store: Store) -> None:
    sold(store, "1700")
    first = calculate_month(month=NOVEMBER, by=None, now=NOW)
    assert calculate_month(month=NOVEMBER, by=None, now=NOW) == first
    assert compute_month(NOVEMBER).digest == first.digest


def test_unchanged_sales_are_not_evaluated_again(
    store: Store, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Behind three approved months as behind one; a change costs one evaluation."""
    freeze(NOVEMBER)
    freeze(DECEMBER)
    january = Month(2027, 1)
    with django_assert_num_queries(20):
        compute_month(january)
    freeze(january)
    with django_assert_num_queries(20):
        compute_month(january.plus(1))
    sold(store, "1700")
    with django_assert_num_queries(29):
        compute_month(january.plus(1))


@pytest.mark.parametrize("what", ["figures", "calendar", "store", "campaign"])
def test_stamp_tells_every_change_that_touches_the_uplift(store: Store, what: str) -> None:
    before = stamps(dict.fromkeys([OCTOBER, NOVEMBER], make_policy()))
    if what == "figures":
        sold(store, "1101")
    elif what == "calendar":
        CalendarDay.objects.create(date=date(2026, 10, 19), kind="holiday")
    elif what == "store":
        Store.objects.update(opened_on=date(2026, 10, 18))
    else:
        make_campaign("C4", stores=[store], start=date(2026, 10, 19), status="planned")
    after = stamps(dict.fromkeys([OCTOBER, NOVEMBER], make_policy()))
    assert after[OCTOBER] != before[OCTOBER]
    assert after[NOVEMBER] == before[NOVEMBER] == ""


def test_manuscript_adopted_late_is_paid_in_the_next_open_month(store: Store) -> None:
    make_manuscript("M1", date(2026, 10, 9))
    fees = compute_month(NOVEMBER).document()["fund"]["fees"]
    assert [fee["manuscript"] for fee in fees] == ["M1"]
    freeze(NOVEMBER)
    assert compute_month(DECEMBER).document()["fund"]["fees"] == []


def test_expense_approved_late_is_paid_in_the_next_open_month(store: Store) -> None:
    make_expense(date(2026, 10, 9), "15")
    make_expense(date(2026, 10, 9), "15", kind="team")
    spent = compute_month(NOVEMBER).document()["reserve"]
    assert [each["amount"] for each in spent["expenses"]] == ["15.00", "15.00"]
    freeze(NOVEMBER)
    assert compute_month(DECEMBER).document()["reserve"]["expenses"] == []
