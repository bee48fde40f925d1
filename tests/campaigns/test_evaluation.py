"""Campaigns evaluated from the database: what counts as a fact (docs/rules.md §2, §3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from campaigns.document import shown_campaign
from campaigns.evaluation import evaluate_campaigns
from campaigns.models import Campaign, StoreDay
from campaigns.uplift import CampaignUplift
from tests.factories.rules import make_policy
from tests.factories.trade import Sold, make_campaign, make_store, plain_calendar, sell, sell_days

pytestmark = pytest.mark.django_db
ORDINARY = {"2026-10-20": "100", "2026-10-19": "100", "2026-10-16": "100"}


@pytest.fixture(autouse=True)
def _plain_years() -> None:
    plain_calendar(2025, 2026)


def evaluated(*codes: str, **options: Any) -> list[CampaignUplift]:
    chosen = Campaign.objects.filter(code__in=codes or ("C1",))
    return evaluate_campaigns(chosen, policy=make_policy(options))


def shown(code: str = "C1", **options: Any) -> dict[str, Any]:
    return shown_campaign(evaluated(code, **options)[0])


def test_five_metrics_come_from_the_lines_with_returns_taken_off() -> None:
    """21 October: R1 buys 2 I1 (30, margin 10) and 1 I2 (20, margin 5); R2 buys 1 I1 (15, 5);
    R3 returns 1 I1 (−15, −5). Customers R1 and R2: 2; units 2 + 1 + 1 − 1 = 3; amount 50;
    margin 15; focus item I1: 2 + 1 − 1 = 2. Each baseline day: 1 customer, 1 I1, 10, margin 4.
    """
    store = make_store()
    make_campaign(stores=[store], focus_items=["I1", "I9"])
    sell(
        store,
        "2026-10-21",
        Sold("10", "R1", "I1", "2", "30"),
        Sold("5", "R1", "I2", "1", "20"),
        Sold("5", "R2", "I1", "1", "15"),
        Sold("-5", "R3", "I1", "-1", "-15"),
    )
    for day in ORDINARY:
        sell(store, day, Sold("4", "R1", "I1", "1", "10"))
    result = shown()
    assert result["actual"] == {
        "customers": "2.00",
        "units": "3.00",
        "amount": "50.00",
        "margin": "15.00",
        "item_units": "2.00",
    }
    assert result["uplift"] == {
        "customers": "1.00",
        "units": "2.00",
        "amount": "40.00",
        "margin": "11.00",
        "item_units": "1.00",
    }


def test_store_trades_on_a_day_of_returns_only() -> None:
    """The 20th holds one return of −30: (−30 + 100 + 100) / 3 = 56.67 as baseline."""
    store = make_store()
    make_campaign(stores=[store])
    sell_days(store, {"2026-10-21": "200", "2026-10-19": "100", "2026-10-16": "100"})
    sell(store, "2026-10-20", Sold("-30", quantity="-1"))
    result = shown()
    assert result["stores"][0]["baseline_days"] == ["2026-10-20", "2026-10-19", "2026-10-16"]
    assert result["stores"][0]["margin_baseline"] == "56.67"
    assert result["baseline"]["customers"] == "0.67"


def test_only_active_versions_of_a_store_day_count() -> None:
    store = make_store()
    make_campaign(stores=[store])
    sell_days(store, {"2026-10-21": "1100", **ORDINARY})
    StoreDay.objects.filter(date=date(2026, 10, 20)).update(is_active=False)
    result = shown()["stores"][0]
    assert result["baseline_days"] == ["2026-10-19", "2026-10-16"]
    assert result["skipped_days"][0] == {"date": "2026-10-20", "reason": "no_sales"}


def test_day_of_a_planned_campaign_is_no_baseline_day_but_of_a_cancelled_one_is() -> None:
    store = make_store()
    make_campaign(stores=[store])
    sell_days(store, {"2026-10-21": "1100", **ORDINARY, "2026-10-15": "40"})
    other = make_campaign("C2", stores=[store], start=date(2026, 10, 20), status="planned")
    assert shown()["stores"][0]["skipped_days"][0] == {
        "date": "2026-10-20",
        "reason": "in_campaign",
    }
    assert shown()["uplift"]["margin"] == "1020.00"  # 1100 − (100 + 100 + 40) / 3
    Campaign.objects.filter(pk=other.pk).update(status="cancelled")
    assert shown()["uplift"]["margin"] == "1000.00"


def test_campaign_of_several_days_is_itself_no_baseline() -> None:
    """20–21 October: from the 21st the 20th is skipped as in a campaign."""
    store = make_store()
    make_campaign(stores=[store], start=date(2026, 10, 20), end=date(2026, 10, 21))
    days = {**ORDINARY, "2026-10-15": "100", "2026-10-14": "100"}
    sell_days(store, {**days, "2026-10-21": "100"})
    found = evaluated()[0].plan.days[1]
    assert (found.skipped[0].day.day, found.skipped[0].reason) == (20, "in_campaign")


def test_all_stores_are_those_open_on_the_first_day() -> None:
    """Closed on the 20th: no longer; closed on the 21st: still; opened on the 21st: already."""
    first = date(2026, 10, 21)
    make_store("S01", closed_on=date(2026, 10, 20))
    make_store("S02", closed_on=first)
    make_store("S03", opened_on=first)
    make_store("S04", opened_on=date(2026, 10, 22))
    make_campaign(stores=None, scale="large", end=date(2026, 10, 22))
    found = evaluated()[0].plan.campaign
    assert list(found.stores) == ["S02", "S03"]


def test_other_stores_and_campaigns_do_not_mix() -> None:
    one, two = make_store("S01"), make_store("S02")
    make_campaign("C1", stores=[one])
    make_campaign("C2", stores=[two])
    sell_days(one, {"2026-10-21": "1100", **ORDINARY})
    sell_days(two, {"2026-10-21": "50", **dict.fromkeys(ORDINARY, "20")})
    margins = [each.uplift.shown()["margin"] for each in evaluated("C1", "C2")]
    assert margins == ["1000.00", "30.00"]


def test_shared_store_day_counts_for_the_smaller_campaign_only() -> None:
    store = make_store()
    make_campaign("C2", stores=[store])
    make_campaign("C1", stores=[store], scale="medium")
    sell_days(store, {"2026-10-21": "1100", **ORDINARY})
    medium, small = evaluated("C1", "C2")
    assert (medium.uplift.margin, small.uplift.shown()["margin"]) == (0, "1000.00")
    assert medium.plan.left_out == {"S01": "overlapping_campaigns"}


def test_participants_purchases_only_count_by_option_but_trading_is_asked_of_all() -> None:
    """Card A: 21st R1 40 + R2 20 − 5 returned, two receipts bought, focus item I1 3 pieces; 20th
    10; 19th, 16th none of A: (10 + 0 + 0) / 3 = 3.33; the days are the same as for all customers.
    """
    store = make_store()
    make_campaign(stores=[store], cards=["A"], focus_items=["I1"])
    make_campaign("C2", stores=[store], cards=["A", "B"], status="cancelled")
    sell(
        store,
        "2026-10-21",
        Sold("40", "R1", "I1", "3", card="A"),
        Sold("20", "R2", "I2", card="A"),
        Sold("-5", "R5", "I2", "-1", card="A"),
        Sold("500", "R3", "I1", card="B"),
        Sold("500", "R4", "I1"),
    )
    sell(store, "2026-10-20", Sold("10", "R1", card="A"), Sold("90", "R1", card="B"))
    sell_days(store, {"2026-10-19": "100", "2026-10-16": "100"})
    result = shown(attribution="participants")
    assert result["actual"] == {
        "customers": "2.00",
        "units": "3.00",
        "amount": "55.00",
        "margin": "55.00",
        "item_units": "3.00",
    }
    assert result["baseline"]["margin"] == "3.33"
    assert result["stores"][0]["baseline_days"] == ["2026-10-20", "2026-10-19", "2026-10-16"]
    assert result["left_out"] == []


def test_participants_without_a_log_bring_nothing() -> None:
    store = make_store()
    make_campaign(stores=[store])
    sell_days(store, {"2026-10-21": "1100", **ORDINARY})
    assert shown(attribution="participants")["uplift"]["margin"] == "0.00"


def test_campaigns_are_listed_by_code_as_bytes_stand_whatever_the_database_thinks() -> None:
    """Capitals before small letters, the hyphen before digits: as Python sorts."""
    for number, code in enumerate(["c1", "C10", "C-2", "C2"]):
        store = make_store(f"S{number}")
        make_campaign(code, stores=[store])
    found = evaluated("c1", "C10", "C-2", "C2")
    assert [each.plan.campaign.code for each in found] == ["C-2", "C10", "C2", "c1"]


def three_campaigns() -> None:
    for number in (1, 2, 3):
        store = make_store(f"S0{number}")
        make_campaign(f"C{number}", stores=[store], focus_items=["I1"], cards=["A"])
        sell(store, "2026-10-21", Sold("10", card="A"), Sold("10", item="I2"))
        sell_days(store, ORDINARY)


@pytest.mark.parametrize(("option", "queries"), [("whole_store", 10), ("participants", 12)])
@pytest.mark.parametrize("codes", [["C1"], ["C1", "C2", "C3"]], ids=["one", "three"])
def test_queries_do_not_grow_with_the_campaigns(
    option: str, queries: int, codes: list[str], django_assert_num_queries: Callable[[int], Any]
) -> None:
    three_campaigns()
    policy = make_policy({"attribution": option})
    with django_assert_num_queries(queries):
        evaluate_campaigns(Campaign.objects.filter(code__in=codes), policy=policy)


def test_nothing_to_evaluate_asks_almost_nothing(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    with django_assert_num_queries(2):
        assert evaluated("C0") == []
