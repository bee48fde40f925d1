"""The operating plan's comparison of sales (docs/requirements.md, S000, 附件二)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from campaigns.document import shown_campaign
from campaigns.entry import CampaignEntry, EntryContext, entry_fault
from campaigns.evaluation import evaluate_campaigns
from campaigns.models import Campaign, Store, StoreDay
from haitang.kernel.clock import Month
from haitang.policy.document import parse
from haitang.policy.selectors import policy_for
from tests.factories.rules import make_calendar, make_policy
from tests.factories.trade import (
    Sold,
    make_campaign,
    make_store,
    plain_calendar,
    publish,
    sell,
    sell_days,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def stores() -> list[Store]:
    plain_calendar(2017, 2018, 2019)
    return [make_store("S01"), make_store("S02")]


def uplift(**options: Any) -> dict[str, Any]:
    policy = make_policy(options)
    return shown_campaign(evaluate_campaigns(Campaign.objects.all(), policy=policy)[0])


def margin(**options: Any) -> str:
    return str(uplift(**options)["uplift"]["margin"])


def test_sales_are_kept_by_store_and_day_in_four_dimensions(stores: list[Store]) -> None:
    """S000-17, S000-98: an activity day stands alone; customers, units, margin, focus item."""
    make_campaign(stores=stores[:1], start=date(2018, 10, 17), focus_items=["I1"])
    sell(
        stores[0],
        "2018-10-17",
        Sold("10", "R1", "I1", "2", "25"),
        Sold("5", "R1", "I2", "1", "9"),
        Sold("7", "R2", "I2", "3", "8"),
    )
    sell(stores[1], "2018-10-17", "1000")
    sell_days(stores[0], {"2018-10-16": "0", "2018-10-15": "0", "2018-10-12": "0"})
    day = StoreDay.objects.get(store=stores[0], date=date(2018, 10, 17), is_active=True)
    assert (day.customers, day.units_milli, day.amount_fen) == (2, 6000, 4200)
    assert day.amount_fen - day.cost_fen == 2200
    assert uplift()["actual"] == {
        "customers": "2.00",
        "units": "6.00",
        "amount": "42.00",
        "margin": "22.00",
        "item_units": "2.00",
    }


def test_comparison_rules_are_versioned_and_the_set_in_force_is_used(stores: list[Store]) -> None:
    """S000-99, S000-100: 2018 three days, from 2019 on two; each campaign under its own."""
    publish(code="2018", valid_from="2018-01-01")
    publish(code="2019", valid_from="2019-01-01", baseline={"ordinary_day": {"n": 2}})
    for year in (2018, 2019):
        policy = policy_for(Month(year, 10))
        assert (policy.code, policy.ordinary_day.needed) == (str(year), 3 if year == 2018 else 2)
    sell_days(stores[0], {"2018-10-17": "1000", "2018-10-16": "100", "2018-10-15": "200"})
    sell_days(stores[0], {"2018-10-12": "600"})
    make_campaign(stores=stores[:1], start=date(2018, 10, 17))
    found = {}
    for year in (2018, 2019):
        policy = policy_for(Month(year, 10))
        (result,) = evaluate_campaigns(Campaign.objects.all(), policy=policy)
        found[year] = result.uplift.shown()["margin"]
    assert found == {2018: "700.00", 2019: "850.00"}  # 1000 − 300; 1000 − 150


@pytest.mark.parametrize("scale", ["small", "medium"])
def test_weekend_campaign_against_the_three_weekends_before(
    stores: list[Store], scale: str
) -> None:
    """S000-103, S000-107: S01 900 − (100 + 200 + 300)/3 = 700; S02 300 − (10 + 20 + 30)/3 = 280."""
    days = ["2018-10-13", "2018-10-06", "2018-09-29"]
    sell_days(
        stores[0], {"2018-10-20": "900", **dict(zip(days, ("100", "200", "300"), strict=True))}
    )
    sell_days(stores[1], {"2018-10-20": "300", **dict(zip(days, ("10", "20", "30"), strict=True))})
    taking_part = stores if scale == "medium" else stores[:1]
    make_campaign(stores=taking_part, scale=scale, kind="weekend", start=date(2018, 10, 20))
    assert uplift()["comparator"] == "weekend_average"
    assert margin() == ("980.00" if scale == "medium" else "700.00")


@pytest.mark.parametrize("scale", ["small", "medium"])
def test_member_day_campaign_against_the_comparable_member_days(
    stores: list[Store], scale: str
) -> None:
    """S000-104, S000-108: 900 − (100 + 200 + 300)/3 = 700; first half of the year (600 + 500 +
    400)/3 → 400; March alone 350 → 550. The second store always brings 100 more than its 0s.
    """
    months = {9: "100", 8: "200", 7: "300", 6: "600", 5: "500", 4: "400", 3: "350"}
    for store, factor in ((stores[0], True), (stores[1], False)):
        sell_days(store, {"2018-10-18": "900" if factor else "100"})
        sell_days(
            store,
            {f"2018-{month:02}-18": sold if factor else "0" for month, sold in months.items()},
        )
    taking_part = stores if scale == "medium" else stores[:1]
    make_campaign(stores=taking_part, scale=scale, kind="member_day", start=date(2018, 10, 18))
    more = 100 if scale == "medium" else 0
    assert uplift()["comparator"] == "member_day_average"
    assert margin() == f"{700 + more}.00"
    assert margin(member_day_months="first_half") == f"{400 + more}.00"
    assert margin(member_day_months="march") == f"{550 + more}.00"


@pytest.mark.parametrize("scale", ["small", "medium"])
def test_manufacturer_campaign_against_three_ordinary_days(stores: list[Store], scale: str) -> None:
    """S000-105, S000-109: from Friday 19 October: 18 a member day, 17 ordinary, 16 in a campaign,
    15 ordinary, 14 and 13 a weekend, 12 ordinary: 900 − (100 + 200 + 300)/3 = 700.
    """
    sold = {"2018-10-19": "900", "2018-10-17": "100", "2018-10-15": "200", "2018-10-12": "300"}
    rest = dict.fromkeys(("2018-10-18", "2018-10-16", "2018-10-14", "2018-10-13"), "5000")
    for store in stores:
        sell_days(store, {**sold, **rest})
    taking_part = stores if scale == "medium" else stores[:1]
    make_campaign(stores=taking_part, scale=scale, start=date(2018, 10, 19))
    make_campaign("C2", stores=stores, scale="medium", start=date(2018, 10, 16), status="planned")
    result = uplift()
    assert result["comparator"] == "ordinary_day_average"
    assert result["stores"][0]["skipped_days"] == [
        {"date": "2018-10-18", "reason": "member_day"},
        {"date": "2018-10-16", "reason": "in_campaign"},
        {"date": "2018-10-14", "reason": "weekend"},
        {"date": "2018-10-13", "reason": "weekend"},
    ]
    assert margin() == ("1400.00" if scale == "medium" else "700.00")


def test_chain_campaign_of_several_days_against_the_year_before(stores: list[Store]) -> None:
    """S000-110: (500 + 400) − (200 + 100) at S01 and (50 + 60) − (20 + 30) at S02: 600 + 60."""
    sell_days(stores[0], {"2018-10-19": "500", "2018-10-20": "400"})
    sell_days(stores[0], {"2017-10-19": "200", "2017-10-20": "100"})
    sell_days(stores[1], {"2018-10-19": "50", "2018-10-20": "60"})
    sell_days(stores[1], {"2017-10-19": "20", "2017-10-20": "30"})
    make_campaign(stores=None, scale="large", start=date(2018, 10, 19), end=date(2018, 10, 20))
    assert uplift()["comparator"] == "year_on_year"
    assert margin() == "660.00"


def fault(scale: str, stores: tuple[str, ...] | None, last: int = 20) -> str:
    """What is wrong with a manufacturer campaign of these stores from 20 October 2018 on."""
    entry = CampaignEntry(
        code="C1",
        title="活动",
        scale=scale,
        kind="manufacturer",
        start=date(2018, 10, 20),
        end=date(2018, 10, last),
        stores=stores,
        focus_items=(),
        status="planned",
        article="",
    )
    context = EntryContext(
        policy_for=lambda month: make_policy(),
        calendar=make_calendar(),
        stores={"S01": 1, "S02": 2},
        articles={},
    )
    found = entry_fault(entry, context)
    return found[1] if found else ""


def test_scales_are_one_store_several_stores_and_the_chain() -> None:
    """S000-102, S000-106, S000-110."""
    assert fault("small", ("S01",)) == ""
    assert "小型活动只有一家门店" in fault("small", ("S01", "S02"))
    assert fault("medium", ("S01", "S02")) == ""
    assert fault("large", None, last=21) == ""
    assert "大型活动至少两天" in fault("large", None)


def test_kind_and_scale_pick_the_comparison() -> None:
    """S000-111."""
    kinds = ["weekend", "member_day", "manufacturer"]
    assert list(Campaign.Kind.values) == kinds
    policy = parse({})
    picked = {
        scale: [policy.comparator(scale=scale, kind=kind) for kind in kinds]
        for scale in ("small", "medium", "large")
    }
    averages = ["weekend_average", "member_day_average", "ordinary_day_average"]
    assert picked == {"small": averages, "medium": averages, "large": ["year_on_year"] * 3}
