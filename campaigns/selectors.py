"""Reads of campaigns, stores and sales, for pages and for the apps above."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, prefetch_related_objects
from django.db.models.expressions import OrderBy

from campaigns.models import (
    Campaign,
    CampaignResult,
    Participation,
    SaleLine,
    SalesImport,
    Store,
    StoreDay,
)
from haitang.kernel.clock import Month
from haitang.kernel.kept import Kept
from haitang.kernel.prepared import prepared

# So many of them stand on the workbench.
NEWEST = 5
# A whole-chain campaign's takes four megabytes once it is parsed.
_DOCUMENTS = Kept[str, dict[str, Any]](most=8)


@dataclass(frozen=True)
class Search:
    """What a list of campaigns is narrowed to; an empty value narrows nothing."""

    text: str = ""
    scale: str = ""
    kind: str = ""
    status: str = ""
    month: Month | None = None
    sort: str = ""


@dataclass(frozen=True)
class Sort:
    """An order of the list of campaigns, with the code as the last word."""

    name: str
    by: tuple[str | OrderBy, ...]


_UPLIFT = F("margin_uplift")
SORTS = {
    "": Sort("新的在前", ("-start",)),
    "oldest": Sort("旧的在前", ("start",)),
    "most": Sort("增加值大的在前", (_UPLIFT.desc(nulls_last=True), "-start")),
    "least": Sort("增加值小的在前", (_UPLIFT.asc(nulls_last=True), "-start")),
    "code": Sort("按编号", ()),
}


def campaigns_found(search: Search, *, stores: frozenset[str] | None) -> QuerySet[Campaign]:
    """Campaigns that fit, in the order asked for, with ``margin_uplift`` of the last computation.

    ``stores`` are the codes to which the reader is held (None: all). The snapshot itself, which
    is large, is not read.
    """
    found = Campaign.objects.annotate(margin_uplift=F("result__margin_uplift"))
    if search.text:
        found = found.filter(Q(code__icontains=search.text) | Q(title__icontains=search.text))
    for field in ("scale", "kind", "status"):
        if value := getattr(search, field):
            found = found.filter(**{field: value})
    if search.month:
        found = found.filter(start__lte=search.month.last, end__gte=search.month.first)
    return held_to(found, stores).order_by(*SORTS[search.sort].by, "code")


def held_to(campaigns: QuerySet[Campaign], stores: frozenset[str] | None) -> QuerySet[Campaign]:
    """Those in which one of the stores takes part; all of them when ``stores`` is None."""
    if stores is None:
        return campaigns
    own = Store.objects.filter(code__in=stores)
    return campaigns.filter(
        Q(pk__in=Campaign.stores.through.objects.filter(store__in=own).values("campaign_id"))
        | Q(all_stores=True)
    )


def campaign_of(code: str, stores: frozenset[str] | None) -> Campaign | None:
    """The campaign with its article and stores, if one of the reader's stores takes part.

    Two queries; one for a campaign of the whole chain, whose stores nobody lists.
    """
    if stores is None:
        campaign = _of_code.first(code=code)
    else:
        whole = Campaign.objects.select_related("article").filter(code=code)
        campaign = held_to(whole, stores).first()
    if campaign is not None and not campaign.all_stores:
        prefetch_related_objects([campaign], "stores")
    return campaign


@prepared
def _of_code(*, code: Any) -> QuerySet[Campaign]:
    return Campaign.objects.select_related("article").filter(code=code)


def participants(campaign: Campaign) -> int:
    """How many members took part, as far as it is known."""
    return _participants.first(campaign=campaign.pk) or 0


@prepared
def _participants(*, campaign: Any) -> QuerySet[Any, int]:
    found = Participation.objects.filter(campaign=campaign).order_by().values("campaign")
    return found.annotate(number=Count("pk")).values_list("number", flat=True)


def stores_found(
    text: str = "", *, open_on: date | None = None, stores: frozenset[str] | None
) -> QuerySet[Store]:
    """Stores whose code or name has the text, by code; ``stores`` as in ``campaigns_found``."""
    found = Store.objects.open_on(open_on) if open_on else Store.objects.all()
    if text:
        found = found.filter(Q(code__icontains=text) | Q(name__icontains=text))
    if stores is not None:
        found = found.filter(code__in=stores)
    return found.order_by("code")


def store_names(codes: Iterable[str] | None = None) -> dict[str, str]:
    """Store code → name; all stores without ``codes``."""
    if codes is None:
        return dict(_stores())
    return dict(Store.objects.filter(code__in=set(codes)).values_list("code", "name"))


@prepared
def _stores() -> QuerySet[Store, tuple[str, str]]:
    return Store.objects.values_list("code", "name")


def result_of(campaign: Campaign) -> CampaignResult | None:
    """The campaign's result as last computed; its document is shared: nobody changes it."""
    result = _result.first(campaign=campaign.pk)
    if result is not None:
        # The digest is of the document itself, so that another computation is another key.
        result.document = _DOCUMENTS.of(result.digest, lambda: result.document)
    return result


@prepared
def _result(*, campaign: Any) -> QuerySet[CampaignResult]:
    """Without the document, half a megabyte for the whole chain."""
    return CampaignResult.objects.filter(campaign=campaign).defer("document")


def campaign_titles(codes: Iterable[str]) -> dict[str, str]:
    """Campaign code → title."""
    return dict(Campaign.objects.filter(code__in=set(codes)).values_list("code", "title"))


def sales_changed_since(moment: datetime, *, first: date, last: date) -> bool:
    """Whether sales of these days were imported or withdrawn since then. One query."""
    changed = Q(effective_at__gt=moment) | Q(withdrawn_at__gt=moment)
    days = Q(first_date__lte=last, last_date__gte=first)
    return SalesImport.objects.filter(changed, days).exists()


def campaign_beginnings(codes: Iterable[str]) -> dict[str, tuple[str, date]]:
    """Campaign code → title and first day. One query."""
    rows = Campaign.objects.filter(code__in=set(codes))
    return {
        code: (title, start) for code, title, start in rows.values_list("code", "title", "start")
    }


def active_months() -> set[Month]:
    """Months with sales or with a campaign's last day. Two queries, however long the history."""
    first, last = sales_span()
    if first is None or last is None:
        return {Month.of(day) for day in _last_days()}
    span = (Month.of(first), Month.of(last))
    outside = _last_days_outside(first=span[0].first, last=span[1].last)
    return {*span[0].through(span[1]), *map(Month.of, outside)}


@prepared
def _last_days() -> QuerySet[Campaign, date]:
    return Campaign.objects.order_by().values_list("end", flat=True).distinct()


@prepared
def _last_days_outside(*, first: Any, last: Any) -> QuerySet[Campaign, date]:
    """Those of the months without sales only: the others are hundreds, and known."""
    outside = Campaign.objects.filter(Q(end__lt=first) | Q(end__gt=last))
    return outside.order_by().values_list("end", flat=True).distinct()


def sales_span() -> tuple[date | None, date | None]:
    """First and last day of the sales that count, from the imports in effect."""
    return _span.first() or (None, None)


@prepared
def _span() -> QuerySet[Any, tuple[date | None, date | None]]:
    """One row, for all have the same state; none without an import."""
    done = SalesImport.objects.filter(state=SalesImport.State.DONE).order_by().values("state")
    span = done.annotate(first=Min("first_date"), last=Max("last_date"))
    return span.values_list("first", "last")


def campaign_counts(year: int) -> dict[Month, int]:
    """How many campaigns, cancelled ones aside, end in each month of that year."""
    found = Campaign.objects.filter(end__year=year).exclude(status=Campaign.Status.CANCELLED)
    return Counter(Month.of(end) for end in found.order_by().values_list("end", flat=True))


def store_day(code: str, day: date) -> StoreDay | None:
    """The version of a store-day that counts, with its store and import."""
    return (
        StoreDay.objects.select_related("store", "sales_import")
        .filter(store__code=code, date=day, is_active=True)
        .first()
    )


def lines_of(day: StoreDay) -> QuerySet[SaleLine]:
    """The sale lines of a store-day in the order of their file, each with ``margin_fen``."""
    return (
        day.sale_lines.select_related("card")
        .annotate(margin_fen=F("amount_fen") - F("cost_fen"))
        .order_by("line_no")
    )


@prepared
def newest_imports() -> QuerySet[SalesImport]:
    """The last few sales imports, newest first."""
    return imports()[:NEWEST]


def newest_campaigns(*, stores: frozenset[str] | None) -> list[Campaign]:
    """The last few campaigns as ``campaigns_found`` gives them."""
    if stores is None:
        return _newest_campaigns()
    return list(campaigns_found(Search(), stores=stores)[:NEWEST])


@prepared
def _newest_campaigns() -> QuerySet[Campaign]:
    return campaigns_found(Search(), stores=None)[:NEWEST]


def imports() -> QuerySet[SalesImport]:
    """The sales imports, newest first, with who made and who withdrew them."""
    return SalesImport.objects.select_related("created_by", "withdrawn_by").order_by("-pk")


def campaigns_on(store: Store, day: date) -> QuerySet[Campaign]:
    """Campaigns, cancelled ones aside, that this store has on that day."""
    return held_to(
        Campaign.objects.filter(start__lte=day, end__gte=day).exclude(
            status=Campaign.Status.CANCELLED
        ),
        frozenset({store.code}),
    )
