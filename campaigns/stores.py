"""Reads for the store pages: the list with each store's last sales, a store's days, campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery

from campaigns import selectors
from campaigns.calendar import is_weekend
from campaigns.models import CalendarDay, Campaign, Store, StoreDay
from haitang.kernel.clock import days_between

DAYS_SHOWN = 60
OPEN, CLOSED = "open", "closed"
_HOLIDAYS = {"holiday": "法定节假日", "makeup_workday": "调休上班"}


def stores_found(
    *, text: str, state: str, today: date, stores: frozenset[str] | None
) -> QuerySet[Store]:
    """Stores that fit, by code, with ``last_sales_on``; ``state`` is open, closed or empty."""
    found = selectors.stores_found(text, open_on=today if state == OPEN else None, stores=stores)
    if state == CLOSED:
        found = found.filter(closed_on__lt=today)
    last = StoreDay.objects.filter(store=OuterRef("pk"), is_active=True).order_by("-date")
    return found.annotate(last_sales_on=Subquery(last.values("date")[:1]))


@dataclass(frozen=True)
class DaySales:
    """What a store sold on one day (fen); ``found`` is None for a day without sales.

    ``height`` is the bar: 0 to 100 of the best day's margin.
    """

    day: date
    found: StoreDay | None
    margin_fen: int
    height: int
    label: str
    position: int

    @property
    def top(self) -> int:
        """Where the bar begins, counted from above."""
        return 100 - self.height


def recent_days(store: Store, *, today: date) -> list[DaySales]:
    """The 60 days up to the last one with sales (without any: up to today), newest first.

    Four queries: the last day, the sales, the calendar, the campaigns.
    """
    traded = StoreDay.objects.filter(store=store, is_active=True, date__lte=today)
    last = traded.aggregate(last=Max("date"))["last"] or min(today, store.closed_on or today)
    first = max(last - timedelta(days=DAYS_SHOWN - 1), min(store.opened_on, last))
    days = days_between(first, last)
    sold = {row.date: row for row in traded.filter(date__gte=first, date__lte=last)}
    margins = {day: row.amount_fen - row.cost_fen for day, row in sold.items()}
    labels = _labels(store, days)
    best = max([*margins.values(), 1])
    return [
        DaySales(
            day=day,
            found=sold.get(day),
            margin_fen=margins.get(day, 0),
            height=max(0, 100 * margins.get(day, 0) // best),
            label=labels[day],
            position=index * 10,
        )
        for index, day in reversed(list(enumerate(days)))
    ]


def campaigns_of(store: Store) -> QuerySet[Campaign]:
    """Campaigns, cancelled ones aside, in which the store takes part, newest first.

    A campaign of all stores has those open on its first day.
    """
    return (
        selectors.held_to(Campaign.objects.all(), frozenset({store.code}))
        .exclude(status=Campaign.Status.CANCELLED)
        .filter(Q(all_stores=False) | _was_open(store))
        .order_by("-start", "code")
    )


def _was_open(store: Store) -> Q:
    since = Q(start__gte=store.opened_on)
    return since & Q(start__lte=store.closed_on) if store.closed_on else since


def _labels(store: Store, days: list[date]) -> dict[date, str]:
    """What is special about each day, in words."""
    first, last = days[0], days[-1]
    kinds = dict(
        CalendarDay.objects.filter(date__gte=first, date__lte=last).values_list("date", "kind")
    )
    labels: dict[date, list[str]] = {day: [] for day in days}
    for day in days:
        if day in kinds:
            labels[day].append(_HOLIDAYS[kinds[day]])
        elif is_weekend(day):
            labels[day].append("周末")
    for campaign in campaigns_of(store).filter(start__lte=last, end__gte=first):
        for day in days_between(max(first, campaign.start), min(last, campaign.end)):
            labels[day].append(campaign.title)
    return {day: "、".join(words) for day, words in labels.items()}
