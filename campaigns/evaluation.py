"""Campaigns evaluated: gathers the inputs, lets the pure rules work, shows what they found.

The number of queries does not depend on how many campaigns, stores or days there are (up to
``_AT_ONCE`` store-days a query), nor on the length of the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from campaigns.baselines import Facts, candidates
from campaigns.calendar import Calendar
from campaigns.models import (
    CalendarDay,
    CalendarYear,
    Campaign,
    Participation,
    SaleLine,
    Store,
    StoreDay,
)
from campaigns.uplift import (
    CampaignFacts,
    CampaignUplift,
    Metrics,
    Plan,
    StoreDate,
    evaluate,
    kept_by,
    plan,
)
from haitang.kernel.clock import Month
from haitang.policy.document import Policy

_AT_ONCE = 10_000


@dataclass(frozen=True)
class StoreDayRow:
    """The roll-up of one active store-day (fen and thousandths)."""

    pk: int
    metrics: Metrics


def calendar_between(first: date, last: date) -> Calendar:
    """The calendar of the years from first to last. Two queries."""
    days = CalendarDay.objects.filter(
        date__gte=date(first.year, 1, 1), date__lte=date(last.year, 12, 31)
    ).values_list("date", "kind")
    years = CalendarYear.objects.values_list("year", flat=True)
    return Calendar(days=dict(days), years=frozenset(years))


def campaigns_ending_in(month: Month) -> QuerySet[Campaign]:
    """Those settled in that month once they are completed: by their last day."""
    return Campaign.objects.filter(end__gte=month.first, end__lte=month.last)


def evaluate_campaigns(campaigns: QuerySet[Campaign], *, policy: Policy) -> list[CampaignUplift]:
    """The uplift of these campaigns, each as if it were completed, by code.

    Twelve queries at most.
    """
    stores = {store.pk: store for store in Store.objects.all()}
    chosen = [_facts(each, stores) for each in _with_stores(campaigns)]
    chosen.sort(key=lambda each: each.code)  # not in SQL: each database has its own order of texts
    if not chosen:
        return []
    window = _window(chosen, policy)
    others = [
        _facts(each, stores)
        for each in _with_stores(
            Campaign.objects.filter(start__lte=window[1], end__gte=window[0]).exclude(
                status=Campaign.Status.CANCELLED
            )
        )
    ]
    rows = _store_days(chosen, policy, {store.code: store.pk for store in stores.values()})
    facts = Facts(
        traded=frozenset(rows),
        took_part=frozenset(
            (store, day) for each in others for day in each.days for store in each.stores
        ),
        calendar=calendar_between(*window),
    )
    keeper = kept_by(others)
    plans = [
        plan(each, policy=policy, facts=facts, keeper=_keeper_for(each, others, keeper))
        for each in chosen
    ]
    metrics = _figures(plans, rows, policy)
    return [evaluate(each, metrics[each.campaign.code]) for each in plans]


def _keeper_for(
    campaign: CampaignFacts, others: Sequence[CampaignFacts], keeper: Mapping[StoreDate, str]
) -> Mapping[StoreDate, str]:
    """Who keeps each store-day if this campaign is completed, and no other that is not."""
    if campaign.status == Campaign.Status.COMPLETED:
        return keeper
    return kept_by([*others, replace(campaign, status=Campaign.Status.COMPLETED)])


def _with_stores(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    return campaigns.prefetch_related("stores")


def _facts(campaign: Campaign, stores: Mapping[int, Store]) -> CampaignFacts:
    members = (
        [store for store in stores.values() if _open_on(store, campaign.start)]
        if campaign.all_stores
        else campaign.stores.all()
    )
    return CampaignFacts(
        code=campaign.code,
        scale=campaign.scale,
        kind=campaign.kind,
        start=campaign.start,
        end=campaign.end,
        status=campaign.status,
        stores={store.code: store.opened_on for store in members},
        has_article=campaign.article_id is not None,
    )


def _open_on(store: Store, day: date) -> bool:
    return store.opened_on <= day and (store.closed_on is None or day <= store.closed_on)


def candidate_days(campaign: CampaignFacts, policy: Policy) -> set[date]:
    """The campaign's own days and all that its baselines may look at."""
    comparator = policy.comparator(scale=campaign.scale, kind=campaign.kind)
    found = set(campaign.days)
    for day in campaign.days:
        found.update(candidates(comparator, day, policy)[0])
    return found


def _window(campaigns: Sequence[CampaignFacts], policy: Policy) -> tuple[date, date]:
    days = {day for each in campaigns for day in candidate_days(each, policy)}
    return min(days), max(days)


def _store_days(
    campaigns: Sequence[CampaignFacts], policy: Policy, keys: Mapping[str, int]
) -> dict[StoreDate, StoreDayRow]:
    """The active store-days that these campaigns may touch. One query."""
    days = {day for each in campaigns for day in candidate_days(each, policy)}
    codes = {keys[store]: store for each in campaigns for store in each.stores}
    rows = StoreDay.objects.filter(
        is_active=True, store_id__in=codes.keys(), date__in=days
    ).values_list("pk", "store_id", "date", "customers", "units_milli", "amount_fen", "cost_fen")
    return {
        (codes[store], day): StoreDayRow(pk, Metrics(customers, units, amount, amount - cost, 0))
        for pk, store, day, customers, units, amount, cost in rows
    }


def _figures(
    plans: Sequence[Plan], rows: Mapping[StoreDate, StoreDayRow], policy: Policy
) -> dict[str, dict[StoreDate, Metrics]]:
    """The metrics of every store-day that the plans use, campaign by campaign."""
    needed = {
        each.campaign.code: {key: rows[key] for key in each.store_dates if key in rows}
        for each in plans
    }
    if policy.options["attribution"] == "participants":
        figures = _of_participants(needed)
    else:
        figures = {
            code: {key: row.metrics for key, row in used.items()} for code, used in needed.items()
        }
    focus = dict(Campaign.objects.filter(code__in=needed).values_list("code", "focus_items"))
    _add_item_units(figures, needed, focus, policy)
    return figures


def _of_participants(
    needed: Mapping[str, Mapping[StoreDate, StoreDayRow]],
) -> dict[str, dict[StoreDate, Metrics]]:
    """Only what the campaign's logged participants bought; nothing bought is zero."""
    figures = {code: dict.fromkeys(used, Metrics()) for code, used in needed.items()}
    by_pk = _keys_by_pk(needed)
    for chunk in _chunks(by_pk):
        lines = (
            SaleLine.objects.filter(
                store_day_id__in=chunk, card__participations__campaign__code__in=needed
            )
            .values_list("store_day_id", "card__participations__campaign__code")
            .annotate(
                customers=Count("receipt", distinct=True, filter=Q(quantity_milli__gt=0)),
                units=Sum("quantity_milli"),
                amount=Sum("amount_fen"),
                cost=Sum("cost_fen"),
            )
        )
        for pk, code, customers, units, amount, cost in lines:
            if by_pk[pk] in figures[code]:
                figures[code][by_pk[pk]] = Metrics(customers, units, amount, amount - cost, 0)
    return figures


def _add_item_units(
    figures: Mapping[str, dict[StoreDate, Metrics]],
    needed: Mapping[str, Mapping[StoreDate, StoreDayRow]],
    focus: Mapping[str, list[str]],
    policy: Policy,
) -> None:
    """Sum the focus items' units from the lines of the store-days used."""
    used = {code: rows for code, rows in needed.items() if focus[code]}
    items = {item for code in used for item in focus[code]}
    cards = _cards(used) if policy.options["attribution"] == "participants" else None
    for key, item, card, quantity in _item_units(_keys_by_pk(used), items, cards is not None):
        for code, rows in used.items():
            counts = cards is None or card in cards[code]
            if counts and item in focus[code] and key in rows:
                figures[code][key] += Metrics(item_units=quantity)


def _item_units(
    by_pk: Mapping[int, StoreDate], items: set[str], a_card_each: bool
) -> Iterator[tuple[StoreDate, str, int | None, int]]:
    """(store-day, item, card or None, thousandths) of these items on these store-days."""
    columns = ("store_day_id", "item", *(("card_id",) if a_card_each else ()))
    for chunk in _chunks(by_pk):
        lines = SaleLine.objects.filter(store_day_id__in=chunk, item__in=items)
        for row in lines.values_list(*columns).annotate(units=Sum("quantity_milli")):
            yield by_pk[row[0]], row[1], row[2] if a_card_each else None, row[-1]


def _cards(campaigns: Iterable[str]) -> dict[str, set[int]]:
    """The cards that took part, by campaign."""
    cards: dict[str, set[int]] = {code: set() for code in campaigns}
    logged = Participation.objects.filter(campaign__code__in=cards)
    for code, card in logged.values_list("campaign__code", "card_id"):
        cards[code].add(card)
    return cards


def _keys_by_pk(needed: Mapping[str, Mapping[StoreDate, StoreDayRow]]) -> dict[int, StoreDate]:
    return {row.pk: key for used in needed.values() for key, row in used.items()}


def _chunks(by_pk: Mapping[int, StoreDate]) -> Iterator[list[int]]:
    pks = sorted(by_pk)
    for start in range(0, len(pks), _AT_ONCE):
        yield pks[start : start + _AT_ONCE]
