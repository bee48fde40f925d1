"""Entering campaigns: checked against the rules, then kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from campaigns.articles import articles
from campaigns.calendar import Calendar, misfit
from campaigns.evaluation import calendar_between
from campaigns.models import Campaign, Store
from haitang.kernel.clock import Month, days_between
from haitang.kernel.errors import Invalid
from haitang.policy.document import Policy
from haitang.policy.selectors import policy_for


@dataclass(frozen=True)
class CampaignEntry:
    """A campaign as somebody enters it; ``stores`` None means every store open on the first day."""

    code: str
    title: str
    scale: str
    kind: str
    start: date
    end: date
    stores: tuple[str, ...] | None
    focus_items: tuple[str, ...]
    status: str
    article: str


@dataclass(frozen=True)
class EntryContext:
    """What an entry is checked against: policies by month, the calendar, stores, articles."""

    policy_for: Callable[[Month], Policy]
    calendar: Calendar
    stores: Mapping[str, int]
    articles: Mapping[str, int]


class Misfit(Invalid):
    """An entry that the rules refuse; ``field`` is where."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def context_for(entry: CampaignEntry) -> EntryContext:
    """What one entry is checked against, read from the database in four queries."""
    return EntryContext(
        policy_for=cache(policy_for),
        calendar=calendar_between(entry.start, max(entry.start, entry.end)),
        stores=dict(
            Store.objects.filter(code__in=entry.stores or ()).values_list("code", "pk"),
        ),
        articles=dict(articles().filter(code=entry.article).values_list("code", "pk")),
    )


def checked_context(entry: CampaignEntry) -> EntryContext:
    """``context_for`` an entry that fits; Misfit with field and sentence for one that does not."""
    context = context_for(entry)
    if fault := entry_fault(entry, context):
        raise Misfit(*fault)
    return context


def entry_fault(entry: CampaignEntry, context: EntryContext) -> tuple[str, str] | None:
    """The first thing wrong with an entry as (field, sentence), or None (docs/rules.md §3)."""
    if entry.end < entry.start:
        return "end", f"结束日期 {entry.end} 早于开始日期 {entry.start}。"
    if unknown := [code for code in entry.stores or () if code not in context.stores]:
        return "stores", f"没有编码为 {'、'.join(unknown)} 的门店。"
    if entry.article and entry.article not in context.articles:
        return "article", f"没有编号为 {entry.article} 的推文。"
    return _scale_fault(entry) or _day_fault(entry, context)


def keep_campaign(entry: CampaignEntry, context: EntryContext) -> bool:
    """Write a checked entry; whether anything changed. Call within a transaction."""
    campaign = Campaign.objects.filter(code=entry.code).first() or Campaign(code=entry.code)
    return write_campaign(campaign, entry, context)


def write_campaign(campaign: Campaign, entry: CampaignEntry, context: EntryContext) -> bool:
    """Make the campaign, kept already or new, as a checked entry says; whether anything changed."""
    wanted = {
        "title": entry.title,
        "scale": entry.scale,
        "kind": entry.kind,
        "start": entry.start,
        "end": entry.end,
        "status": entry.status,
        "all_stores": entry.stores is None,
        "focus_items": list(entry.focus_items),
        "article_id": context.articles[entry.article] if entry.article else None,
    }
    changed = campaign.pk is None
    for field, value in wanted.items():
        if getattr(campaign, field) != value:
            setattr(campaign, field, value)
            changed = True
    if changed:
        campaign.save()
    stores = {context.stores[code] for code in entry.stores or ()}
    if stores != set(campaign.stores.values_list("pk", flat=True)):
        campaign.stores.set(stores)
        changed = True
    return changed


def entry_of(campaign: Campaign) -> CampaignEntry:
    """The campaign as somebody would enter it again."""
    stores = sorted(store.code for store in campaign.stores.all())
    return CampaignEntry(
        code=campaign.code,
        title=campaign.title,
        scale=campaign.scale,
        kind=campaign.kind,
        start=campaign.start,
        end=campaign.end,
        stores=None if campaign.all_stores else tuple(stores),
        focus_items=tuple(campaign.focus_items),
        status=campaign.status,
        article=campaign.article.code if campaign.article else "",
    )


def store_keys() -> dict[str, int]:
    return dict(Store.objects.values_list("code", "pk"))


def _scale_fault(entry: CampaignEntry) -> tuple[str, str] | None:
    count = None if entry.stores is None else len(entry.stores)
    if entry.scale == Campaign.Scale.SMALL and count != 1:
        return "stores", "小型活动只有一家门店：请只写一家，或改为中型。"
    if count == 0:
        return "stores", "没有写参与门店：请选门店，或选全部门店（数据包里写 *）。"
    if entry.scale == Campaign.Scale.LARGE and entry.start == entry.end:
        return "end", "大型活动至少两天：请改结束日期，或改为中型。"
    return None


def _day_fault(entry: CampaignEntry, context: EntryContext) -> tuple[str, str] | None:
    if entry.scale == Campaign.Scale.LARGE:
        return None
    member_days = context.policy_for(Month.of(entry.end)).member_days
    for day in days_between(entry.start, entry.end):
        fault = misfit(entry.kind, day, calendar=context.calendar, member_days=member_days)
        if fault:
            return "start", fault
    return None
