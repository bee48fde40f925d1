"""What waits in campaigns, imports and the holiday calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.roles import Role
from accounts.rules import has_role, is_administrator
from campaigns import rules
from campaigns.models import CalendarYear, Campaign, SalesImport
from haitang.kernel.addresses import address
from haitang.kernel.clock import business_day
from haitang.kernel.display import day_text
from haitang.kernel.prepared import prepared
from haitang.kernel.workbench import Urgency, WorkItem

# Older ones belong to months that are settled, or to nobody any more.
REACH = timedelta(days=100)
IMPORTS_REACH = timedelta(days=14)
SHOWN = 5
NOVEMBER = 11
closes_campaigns = has_role(Role.SUPERVISOR, Role.PLANNER)
links_articles = has_role(Role.PLANNER, Role.COPY)
State = SalesImport.State


def workbench_items(user: User, now: datetime) -> list[WorkItem]:
    """Campaigns to close or to link, imports to look at, a year to arrange: four queries."""
    items: list[WorkItem] = []
    if closes_campaigns(user):
        items += _to_close(now)
    if links_articles(user):
        items += _without_article(now)
    if rules.may_import(user):
        items += _imports(now)
    if is_administrator(user):
        items += _calendar(now)
    return items


def _to_close(now: datetime) -> list[WorkItem]:
    today = business_day(now)
    items = [
        WorkItem(
            kind="campaign_open",
            title=f"活动“{each.title}”{day_text(each.end, year=today.year)}已经结束，"
            f"状态还是“{each.get_status_display()}”：改为已完成（或已取消）后才会计入结算。",
            url=address("campaign", each.code),
            action="去改状态",
            urgency=Urgency.NOW,
            since=each.end,
        )
        for each in _over(today=today)
    ]
    return _first(items, "场活动已经结束而状态没有改。", address("campaigns"))


def _without_article(now: datetime) -> list[WorkItem]:
    today = business_day(now)
    items = [
        WorkItem(
            kind="no_article",
            title=f"活动“{each.title}”已完成，还没有关联推文：没有推文，当月结算会停住。",
            url=address("campaign", each.code),
            action="去关联",
            since=each.end,
        )
        for each in _completed_without_article(since=today - REACH)
    ]
    return _first(items, "场已完成的活动也没有推文。", address("campaigns"))


def _imports(now: datetime) -> list[WorkItem]:
    """Those of two weeks that run, failed or refused rows, and were not mended since."""
    rows = _to_look_at(since=now - IMPORTS_REACH)
    return _first([_import(row) for row in rows], "次导入也要看。", address("imports"))


def _import(row: SalesImport) -> WorkItem:
    if row.state == State.FAILED:
        kind, urgency, action = "import_failed", Urgency.NOW, "看原因"
        title = f"“{row.file_name}”没有导入成功，原来的销售没有改变。"
    elif row.state == State.DONE:
        kind, urgency, action = "import_refused", Urgency.SOON, "看拒收的行"
        title = f"“{row.file_name}”有 {row.lines_refused:,} 行被拒收，没有计入。"
    else:
        kind, urgency, action = "import_running", Urgency.LATER, "看进度"
        title = f"“{row.file_name}”{row.get_state_display()}。"
    return WorkItem(
        kind=kind,
        title=title,
        url=address("import", row.pk),
        action=action,
        urgency=urgency,
        since=business_day(row.created_at),
    )


def _calendar(now: datetime) -> list[WorkItem]:
    """This year at any time, the next one from November on (docs/rules.md §3)."""
    today = business_day(now)
    due = [today.year, today.year + 1] if today.month >= NOVEMBER else [today.year]
    known = _years(since=today.year)
    return [
        WorkItem(
            kind="calendar_missing",
            title=f"{year} 年的节假日与调休安排还没有登记："
            "国务院公布后请登记并确认，否则周末和普通日活动找不到基准日。",
            url=address("calendar", year),
            action="登记日历",
            urgency=Urgency.NOW if year == today.year else Urgency.SOON,
        )
        for year in due
        if year not in known
    ]


@prepared
def _over(*, today: Any) -> QuerySet[Campaign]:
    open_ones = [Campaign.Status.PLANNED, Campaign.Status.RUNNING]
    return Campaign.objects.filter(status__in=open_ones, end__lt=today).order_by("end", "code")


@prepared
def _completed_without_article(*, since: Any) -> QuerySet[Campaign]:
    return Campaign.objects.filter(
        status=Campaign.Status.COMPLETED, article=None, end__gt=since
    ).order_by("end", "code")


@prepared
def _to_look_at(*, since: Any) -> QuerySet[SalesImport]:
    mended = SalesImport.objects.filter(
        file_name=OuterRef("file_name"), pk__gt=OuterRef("pk"), state=State.DONE, lines_refused=0
    )
    return SalesImport.objects.filter(
        Q(state__in=[State.WAITING, State.LOADING])
        | Q(state=State.FAILED) & ~Exists(mended)
        | Q(state=State.DONE, lines_refused__gt=0) & ~Exists(mended),
        created_at__gt=since,
    ).order_by("-pk")


@prepared
def _years(*, since: Any) -> QuerySet[CalendarYear, int]:
    return CalendarYear.objects.filter(year__gte=since).values_list("year", flat=True)


def _first(items: Sequence[WorkItem], rest: str, url: str) -> list[WorkItem]:
    """The first few; what is beyond them as one item."""
    more = len(items) - SHOWN
    if more <= 0:
        return list(items)
    return [
        *items[:SHOWN],
        WorkItem(
            kind=items[0].kind,
            title=f"另有 {more} {rest}",
            url=url,
            action="看全部",
            urgency=items[0].urgency,
            since=items[SHOWN].since,
            count=more,
        ),
    ]
