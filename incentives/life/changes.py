"""What was entered after a month was calculated: the question that costs four queries.

It knows sales, events with their decisions, problems let pass and policies by their moments.
Whether the month would come out otherwise only a calculation tells (``checks.is_current``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max, Q, QuerySet

from campaigns.models import SalesImport
from haitang.kernel.clock import Month
from haitang.kernel.prepared import prepared
from haitang.policy.models import PolicyVersion
from incentives.models import KpiEvent, ProblemOverride

# Baselines reach back a year at most; months before the last year are settled and done with.
REACH_MONTHS = 12
POLICY = "制度"
_Import = tuple[datetime | None, datetime | None, date | None, date | None]
_Event = tuple[datetime | None, datetime | None, datetime, str]


@dataclass(frozen=True)
class Change:
    """Something entered after a calculation: what, when, and which months it may touch."""

    what: str
    at: datetime
    first: Month
    last: Month


def entered_since(since: datetime) -> list[Change]:
    """What was entered since then. Four queries."""
    return [*_sales(since), *_decisions(since), *_policies(since)]


def touched(month: Month, changes: Iterable[Change], *, since: datetime) -> list[Change]:
    """Those of them that may touch the month and came after it was calculated (``since``)."""
    return [each for each in changes if each.first <= month <= each.last and each.at > since]


def _sales(since: datetime) -> list[Change]:
    """A day's sales touch the months up to a year later."""
    return [
        Change("销售", at, Month.of(first), Month.of(last).plus(REACH_MONTHS))
        for effective, withdrawn, first, last in _imports_since(since=since)
        if (at := withdrawn or effective) and first and last
    ]


def _decisions(since: datetime) -> list[Change]:
    """Events and what the managers let pass, each of one month."""
    found = [
        ("考核", decided or confirmed or recorded, month)
        for decided, confirmed, recorded, month in _events_since(since=since)
    ]
    found += [("问题放行", at, month) for at, month in _passed_since(since=since)]
    return [Change(what, at, Month.parse(month), Month.parse(month)) for what, at, month in found]


def _policies(since: datetime) -> list[Change]:
    return [
        Change(POLICY, at, Month.of(valid_from), Month(9999, 12))
        for at, valid_from in _published_since(since=since)
    ]


@prepared
def _imports_since(*, since: Any) -> QuerySet[SalesImport, _Import]:
    return SalesImport.objects.filter(
        Q(effective_at__gt=since) | Q(withdrawn_at__gt=since), first_date__isnull=False
    ).values_list("effective_at", "withdrawn_at", "first_date", "last_date")


@prepared
def _events_since(*, since: Any) -> QuerySet[KpiEvent, _Event]:
    events = KpiEvent.objects.annotate(decided_at=Max("decisions__at")).filter(
        Q(recorded_at__gt=since) | Q(confirmed_at__gt=since) | Q(decided_at__gt=since)
    )
    return events.values_list("decided_at", "confirmed_at", "recorded_at", "month")


@prepared
def _passed_since(*, since: Any) -> QuerySet[ProblemOverride, tuple[datetime, str]]:
    passed = ProblemOverride.objects.filter(overridden_at__gt=since)
    return passed.values_list("overridden_at", "month")


@prepared
def _published_since(*, since: Any) -> QuerySet[PolicyVersion, tuple[datetime, date]]:
    published = PolicyVersion.objects.filter(recorded_at__gt=since)
    return published.values_list("recorded_at", "valid_from")
