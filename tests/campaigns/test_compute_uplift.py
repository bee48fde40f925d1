"""The nightly computation of campaigns' uplifts, kept with every day used and skipped."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from campaigns.models import Campaign, CampaignResult, StoreDay
from campaigns.services import compute_uplift
from haitang.kernel.errors import NotThere
from tests.factories.trade import (
    NOW,
    make_campaign,
    make_store,
    plain_calendar,
    publish,
    sell,
    sell_days,
)

pytestmark = pytest.mark.django_db
ORDINARY = {"2026-10-20": "100", "2026-10-19": "100", "2026-10-16": "100"}


@pytest.fixture
def campaign() -> Campaign:
    plain_calendar(2025, 2026)
    store = make_store()
    sell_days(store, {"2026-10-21": "1100", **ORDINARY})
    return make_campaign(stores=[store])


def test_result_is_kept_with_its_days_and_problems(campaign: Campaign) -> None:
    assert compute_uplift(now=NOW) == 1
    result = CampaignResult.objects.get()
    assert (result.campaign, result.margin_uplift) == (campaign, Decimal("1000.00"))
    assert result.policy_code == "default"
    assert result.problems == []
    assert result.document["campaign"]["uplift"]["margin"] == "1000.00"
    day = result.document["days"][0]
    assert (day["store"], day["date"]) == ("S01", "2026-10-21")
    assert [each["date"] for each in day["baseline_days"]] == sorted(ORDINARY, reverse=True)
    assert [each["margin"] for each in day["baseline_days"]] == ["100.00"] * 3
    assert [each["reason"] for each in day["skipped_days"]] == ["no_sales"] * 2


def test_computing_again_only_dates_an_unchanged_result_and_follows_a_changed_one(
    campaign: Campaign,
) -> None:
    compute_uplift(now=NOW)
    later = NOW + timedelta(days=1)
    assert compute_uplift(now=later) == 0
    assert CampaignResult.objects.get().computed_at == later
    StoreDay.objects.filter(date=date(2026, 10, 20)).delete()
    sell(campaign.stores.get(), "2026-10-20", "400")
    assert compute_uplift(now=later) == 1
    result = CampaignResult.objects.get()
    assert (result.margin_uplift, result.computed_at) == (Decimal("900.00"), later)


def test_another_policy_makes_another_result(campaign: Campaign) -> None:
    compute_uplift(now=NOW)
    publish(code="n2", baseline={"ordinary_day": {"n": 2}})
    assert compute_uplift(now=NOW) == 1
    result = CampaignResult.objects.get()
    assert result.policy_code == "n2"
    assert len(result.document["days"][0]["baseline_days"]) == 2


def test_cancelled_and_future_campaigns_are_left_aside(campaign: Campaign) -> None:
    stores = list(campaign.stores.all())
    make_campaign("C2", stores=stores, start=date(2026, 10, 14), status="cancelled")
    make_campaign("C3", stores=stores, start=date(2026, 11, 4), status="planned")
    compute_uplift(now=NOW)
    assert [each.campaign.code for each in CampaignResult.objects.all()] == ["C1"]


def test_old_campaign_is_computed_once_nightly_and_again_on_demand(campaign: Campaign) -> None:
    compute_uplift(now=NOW)
    StoreDay.objects.filter(date=date(2026, 10, 20)).delete()
    long_after = NOW + timedelta(days=200)
    assert compute_uplift(now=long_after) == 0
    assert compute_uplift(now=long_after, codes=["C1"]) == 1


def test_code_that_does_not_exist_is_told(campaign: Campaign) -> None:
    with pytest.raises(NotThere, match="没有编号为 C9 的活动"):
        compute_uplift(now=NOW, codes=["C1", "C9"])
    assert not CampaignResult.objects.exists()


def test_planned_campaign_is_previewed_as_if_it_were_completed(campaign: Campaign) -> None:
    """C0 is running and would keep the day that C1 has; until it is completed C1 keeps it."""
    stores = list(campaign.stores.all())
    make_campaign("C0", stores=stores, status="running")
    compute_uplift(now=NOW)
    margins = CampaignResult.objects.values_list("campaign__code", "margin_uplift")
    assert dict(margins) == {"C0": Decimal("1000.00"), "C1": Decimal("1000.00")}
