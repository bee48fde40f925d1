"""A fingerprint of all that a month's uplift is made of, cheap enough to ask for every month.

When it is the one kept with an approved calculation, that month's campaigns need not be evaluated
again (docs/rules.md §9). It may differ although no figure did; it never stays although one did:
a replaced store-day is a new record, and the sums below are over records and their figures.
Eight queries, however many months.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Max, Sum

from campaigns.evaluation import candidate_days
from campaigns.models import (
    CalendarDay,
    CalendarYear,
    Campaign,
    Participation,
    Store,
    StoreDay,
)
from campaigns.uplift import CampaignFacts
from haitang.kernel.clock import Month
from haitang.policy.document import Policy

Row = Sequence[Any]


@dataclass(frozen=True)
class _World:
    """What the fingerprints are taken of, loaded once for all months."""

    campaigns: Sequence[Row]
    members: Mapping[int, Sequence[int]]
    cards: Mapping[int, Row]
    stores: Sequence[Row]
    days: Sequence[Row]
    years: Sequence[int]
    sales: Sequence[Row]


def stamps(policies: Mapping[Month, Policy]) -> dict[Month, str]:
    """The fingerprint of each month under its policy."""
    if not policies:
        return {}
    campaigns = list(
        Campaign.objects.filter(start__lte=max(policies).last)
        .exclude(status=Campaign.Status.CANCELLED)
        .order_by("pk")
        .values_list("pk", "code", "scale", "kind", "status", "all_stores", "start", "end")
    )
    days = {month: _days(campaigns, month, policy) for month, policy in policies.items()}
    world = _load(campaigns, set().union(*days.values()))
    return {month: _stamp(world, month, days[month]) for month in policies}


def _days(campaigns: Iterable[Row], month: Month, policy: Policy) -> set[date]:
    """Every day that may count for the month's campaigns; none when it has none."""
    found: set[date] = set()
    for _, code, scale, kind, status, _, start, end in campaigns:
        if end in month:
            facts = CampaignFacts(code, scale, kind, start, end, status, {}, True)
            found |= candidate_days(facts, policy)
    return found


def _load(campaigns: Sequence[Row], days: set[date]) -> _World:
    members: dict[int, list[int]] = {}
    through = Campaign.stores.through.objects.order_by("campaign_id", "store_id")
    for campaign, store in through.values_list("campaign_id", "store_id"):
        members.setdefault(campaign, []).append(store)
    cards = Participation.objects.order_by().values_list("campaign_id")
    found = cards.annotate(Count("pk"), Sum("card_id"), Max("pk"))
    return _World(
        campaigns=campaigns,
        members=members,
        cards={row[0]: row[1:] for row in found},
        stores=list(
            Store.objects.order_by("pk").values_list("pk", "code", "opened_on", "closed_on")
        ),
        days=list(CalendarDay.objects.order_by("date").values_list("date", "kind")),
        years=sorted(CalendarYear.objects.values_list("year", flat=True)),
        sales=_sales(days) if days else [],
    )


def _sales(days: set[date]) -> list[Row]:
    """Day by day how many store-days count, which, and the sums of their figures."""
    rows = StoreDay.objects.filter(is_active=True, date__in=days)
    sums = rows.order_by("date").values_list("date")
    return list(
        sums.annotate(
            Count("pk"),
            Max("pk"),
            Sum("pk"),
            Sum("store_id"),
            Sum("customers"),
            Sum("amount_fen"),
            Sum("cost_fen"),
        )
    )


def _stamp(world: _World, month: Month, days: set[date]) -> str:
    if not days:
        return ""
    first, last = min(days), month.last
    parts = [
        [
            (*row[1:], world.members.get(row[0], []), world.cards.get(row[0], []))
            for row in world.campaigns
            if row[-2] <= last and row[-1] >= first
        ],
        [
            (pk, code, opened, closed if closed and closed <= last else None)
            for pk, code, opened, closed in world.stores
            if opened <= last
        ],
        [row for row in world.days if first.replace(month=1, day=1) <= row[0] <= last],
        [year for year in world.years if first.year <= year <= last.year],
        [row for row in world.sales if row[0] in days],
    ]
    canonical = json.dumps(parts, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
