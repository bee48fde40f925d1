"""What waits in the deductions: proposals to decide, objections to answer, months to score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from haitang.kernel.addresses import address
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import month_text
from haitang.kernel.prepared import prepared
from haitang.kernel.workbench import Urgency, WorkItem
from incentives import rules
from incentives.deductions import objections
from incentives.deductions.assessors import Assessors, assessors
from incentives.deductions.deducting import OPEN, SCORED
from incentives.models import KpiEvent, Objection, Settlement, SettlementRun

# Finished months that can still wait for a score.
MONTHS_BACK = 2


def workbench_items(user: User, now: datetime) -> list[WorkItem]:
    """What this person has to decide, to answer and to score. Five queries at most."""
    if not rules.may_decide_events(user):
        return []
    proposed, waiting, unscored = _proposed(), _objected(), _unscored(now)
    names = {each.month for each in proposed} | {each.month for each in waiting}
    months = {Month.parse(name) for name in names} | set(unscored)
    if not months:
        return []
    who = assessors(months, now=now)
    return [
        *_to_answer(user, waiting, who, now),
        *_to_decide(user, proposed, who, now),
        *_to_score(user, unscored, who),
    ]


def _to_decide(
    user: User, proposed: Sequence[KpiEvent], who: Assessors, now: datetime
) -> list[WorkItem]:
    mine = [each for each in proposed if who.of_rule(each.rule, Month.parse(each.month), user.pk)]
    counted = Counter(each.month for each in mine)
    first = {each.month: business_day(each.recorded_at) for each in reversed(mine)}
    this_month = Month.of(business_day(now))
    return [
        WorkItem(
            kind="event_proposed",
            title=f"{month_text(name)}有 {number} 条扣减等您确认、更改或免除："
            "决定之前本月不能提交。",
            url=address("kpi-month", name) + "#mine",
            action="去决定",
            urgency=Urgency.NOW if Month.parse(name) < this_month else Urgency.SOON,
            since=first[name],
            count=number,
        )
        for name, number in sorted(counted.items())
    ]


def _to_answer(
    user: User, waiting: Sequence[Objection], who: Assessors, now: datetime
) -> list[WorkItem]:
    return [
        WorkItem(
            kind="objection_open",
            title=f"{each.person}对{month_text(each.month)}的一行有异议，等您书面答复："
            f"{objections.line_text(each)}。",
            url=address("objection", each.pk),
            action="去答复",
            urgency=Urgency.NOW,
            since=business_day(each.raised_at),
        )
        for each in waiting
        if objections.may_answer(each, who=who, user=user)
    ]


def _unscored(now: datetime) -> list[Month]:
    """Finished months of late that are calculated, still open, and without a score."""
    this_month = Month.of(business_day(now))
    since = this_month.plus(-MONTHS_BACK)
    names = _without_score(since=str(since), before=str(this_month))
    return [Month.parse(name) for name in names]


@prepared
def _proposed() -> QuerySet[KpiEvent]:
    return KpiEvent.objects.filter(state=KpiEvent.State.PROPOSED).order_by("recorded_at")


@prepared
def _objected() -> QuerySet[Objection]:
    waiting = Objection.objects.filter(state=Objection.State.OPEN)
    return waiting.select_related("person", "event").order_by("raised_at")


@prepared
def _without_score(*, since: Any, before: Any) -> QuerySet[SettlementRun, str]:
    scored = KpiEvent.objects.filter(month=OuterRef("month"), rule__in=SCORED)
    gone = Settlement.objects.filter(month=OuterRef("month")).exclude(state__in=OPEN)
    waiting = SettlementRun.objects.filter(
        ~Exists(scored), ~Exists(gone), month__gte=since, month__lt=before, number=1
    )
    return waiting.order_by("month").values_list("month", flat=True)


def _to_score(user: User, months: Sequence[Month], who: Assessors) -> list[WorkItem]:
    return [
        WorkItem(
            kind="month_unscored",
            title=f"{month_text(month)}的总策划和总督导还没有打分：不扣的填 0。",
            url=address("kpi-score", month),
            action="去打分",
            since=month.last + timedelta(days=1),
        )
        for month in months
        if any(who.of_rule(rule, month, user.pk) for rule in SCORED)
    ]
