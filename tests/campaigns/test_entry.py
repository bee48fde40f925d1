"""Campaigns as they are entered: refused with the reason, where they are entered (§3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from campaigns.entry import CampaignEntry, EntryContext, entry_fault, keep_campaign, store_keys
from campaigns.models import Campaign
from haitang.kernel.clock import Month
from haitang.policy.document import Policy
from tests.factories.rules import make_calendar, make_policy
from tests.factories.trade import make_article, make_store

SATURDAY, SUNDAY = date(2026, 10, 17), date(2026, 10, 18)
ENTRY = CampaignEntry(
    code="C1",
    title="感恩周末",
    scale="small",
    kind="weekend",
    start=SATURDAY,
    end=SATURDAY,
    stores=("S01",),
    focus_items=(),
    status="planned",
    article="",
)


def policy_of(month: Month) -> Policy:
    """Member days 8, 18, 28; from November on the 11th only."""
    return make_policy(member_days=[11]) if month >= Month(2026, 11) else make_policy()


CONTEXT = EntryContext(
    policy_for=policy_of,
    calendar=make_calendar(makeup=[date(2026, 10, 10)]),
    stores={"S01": 1, "S02": 2},
    articles={"A1": 1},
)


def fault(**fields: Any) -> tuple[str, str] | None:
    return entry_fault(replace(ENTRY, **fields), CONTEXT)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"end": SUNDAY},
        {"scale": "medium", "stores": ("S01", "S02")},
        {"scale": "medium", "stores": None},
        {"scale": "large", "end": SUNDAY, "stores": None},
        {"scale": "large", "start": date(2026, 10, 10), "end": date(2026, 10, 13)},
        {"kind": "member_day", "start": SUNDAY, "end": SUNDAY},
        {"kind": "member_day", "start": date(2026, 11, 11), "end": date(2026, 11, 11)},
        {"kind": "manufacturer", "start": date(2026, 10, 13), "end": date(2026, 10, 16)},
        {"article": "A1"},
    ],
)
def test_campaign_that_fits_is_taken(fields: dict[str, Any]) -> None:
    assert fault(**fields) is None


@pytest.mark.parametrize(
    ("fields", "column", "words"),
    [
        ({"end": date(2026, 10, 16)}, "end", "早于开始日期"),
        ({"stores": ("S01", "S09")}, "stores", "没有编码为 S09 的门店"),
        ({"article": "A9"}, "article", "没有编号为 A9 的推文"),
        ({"stores": ("S01", "S02")}, "stores", "小型活动只有一家门店"),
        ({"stores": None}, "stores", "小型活动只有一家门店"),
        ({"scale": "medium", "stores": ()}, "stores", "没有写参与门店"),
        ({"scale": "large", "stores": None}, "end", "大型活动至少两天"),
        ({"end": date(2026, 10, 19)}, "start", "2026-10-19 不是周六或周日"),
        ({"start": date(2026, 10, 10), "end": date(2026, 10, 11)}, "start", "调休上班日"),
        ({"kind": "member_day"}, "start", "2026-10-17 不是会员日（每月 8、18、28 日）"),
        (
            {"kind": "member_day", "start": date(2026, 11, 18), "end": date(2026, 11, 18)},
            "start",
            "不是会员日（每月 11 日）",
        ),
    ],
)
def test_campaign_that_does_not_fit_is_refused_with_the_field_and_the_reason(
    fields: dict[str, Any], column: str, words: str
) -> None:
    found = fault(**fields)
    assert found is not None
    assert found[0] == column
    assert words in found[1]


def test_cancelled_campaign_must_fit_its_kind_too() -> None:
    assert fault(status="cancelled", start=date(2026, 10, 19), end=date(2026, 10, 19)) is not None


@pytest.mark.django_db
def test_kept_campaign_is_as_entered_and_the_same_again_changes_nothing() -> None:
    make_store("S01")
    make_store("S02")
    context = replace(CONTEXT, stores=store_keys(), articles={"A1": make_article().pk})
    entry = replace(
        ENTRY, scale="medium", stores=("S02", "S01"), focus_items=("I1", "I2"), article="A1"
    )
    assert keep_campaign(entry, context)
    assert not keep_campaign(replace(entry, stores=("S01", "S02")), context)
    kept = Campaign.objects.get()
    assert (kept.scale, kept.focus_items, kept.all_stores) == ("medium", ["I1", "I2"], False)
    assert kept.article is not None
    assert sorted(store.code for store in kept.stores.all()) == ["S01", "S02"]
    assert keep_campaign(replace(entry, stores=None), context)
    kept.refresh_from_db()
    assert kept.all_stores
    assert not kept.stores.exists()
