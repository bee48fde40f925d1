"""What waits in the months: problems to cure or to let pass, months to calculate (again)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from accounts.models import User
from accounts.roles import Role
from accounts.rules import Predicate, has_role, is_administrator
from campaigns import selectors as campaigns
from haitang.kernel.addresses import address
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import moment_text, month_text
from haitang.kernel.prepared import prepared
from haitang.kernel.workbench import Urgency, WorkItem
from incentives import rules
from incentives.life import workbench as life_workbench
from incentives.life.changes import POLICY, REACH_MONTHS, Change, entered_since, touched
from incentives.life.states import FROZEN
from incentives.models import (
    OpeningBalance,
    Settlement,
    SettlementRun,
)
from incentives.selectors import latest_runs, lean

# More months than these to calculate are told in one item, beside the newest.
MONTHS_APART = 2
_IMPORTERS = has_role(Role.IT)
_PLANNING = has_role(Role.PLANNER, Role.SUPERVISOR)
# Who can cure which problem; the managers can let every one pass (docs/rules.md §3).
CURES: Mapping[str, Predicate] = {
    "insufficient_baseline": _IMPORTERS,
    "missing_campaign_sales": _IMPORTERS,
    "overlapping_campaigns": _PLANNING,
    "campaign_open": _PLANNING,
    "no_article": has_role(Role.PLANNER, Role.COPY),
    "reads_missing": has_role(Role.COPY),
    "no_holder": is_administrator,
    "calendar_missing": is_administrator,
}
# Whose work it is; managers and administrators may, but wait for the result.
calculates = has_role(Role.SUPERVISOR, Role.FINANCE, Role.CLERK)


def workbench_items(user: User, now: datetime) -> list[WorkItem]:
    """What the months want of this person. Ten queries at most, however many months."""
    if not rules.may_see_months(user):
        return []
    this_month = Month.of(business_day(now))
    runs = _runs(since=str(this_month.plus(-REACH_MONTHS)))
    # What changes in a frozen month becomes an adjustment: nobody calculates it again.
    open_runs = [run for run in runs if not run.is_frozen]  # type: ignore[attr-defined]
    items = [*life_workbench.workbench_items(user, now), *_problems(user, open_runs, this_month)]
    over = [run for run in open_runs if run.month < str(this_month)] if calculates(user) else []
    sees_amounts = rules.may_see_amounts(user)
    frozen = [run for run in runs if run.is_frozen and sees_amounts]  # type: ignore[attr-defined]
    changes = _entered_since(over, frozen)
    if calculates(user):
        items += _not_calculated(runs, this_month) + _changed(over, changes, now)
    return items + _adjusting(frozen, changes)


def _entered_since(over: Sequence[SettlementRun], frozen: Sequence[SettlementRun]) -> list[Change]:
    """What was entered since the oldest calculation that matters: asked once for both below."""
    moments = [run.as_of for run in over]
    if frozen:
        moments.append(_settled_at(frozen))
    return entered_since(min(moments)) if moments else []


def _settled_at(frozen: Sequence[SettlementRun]) -> datetime:
    """The newest calculation of a frozen month has settled what changed before it."""
    return max(run.as_of for run in frozen)


@prepared
def _runs(*, since: Any) -> QuerySet[SettlementRun]:
    """The last runs of the months since, without their snapshots, newest month first.

    ``is_frozen`` says that the month was submitted or is further on, ``problems`` how many there
    are of each kind.
    """
    frozen = Settlement.objects.filter(month=OuterRef("month"), state__in=FROZEN)
    runs = lean(latest_runs()).defer("summary").filter(month__gte=since)
    return runs.annotate(is_frozen=Exists(frozen), problems=F("summary__problems"))


def _problems(user: User, runs: Sequence[SettlementRun], this_month: Month) -> list[WorkItem]:
    items = (_problem(user, run, this_month) for run in runs if run.open_problems)
    return [item for item in items if item]


def _problem(user: User, run: SettlementRun, this_month: Month) -> WorkItem | None:
    """A month's problems as far as this person can do something about them."""
    may_override = rules.may_override(user)
    counted: Mapping[str, int] = run.problems  # type: ignore[attr-defined]
    mine = sum(number for code, number in counted.items() if may_override or _cures(user, code))
    if not mine:
        return None
    month = Month.parse(run.month)
    title = (
        f"{month_text(month)}的结算有 {mine} 个问题拦着：请督促解决，或写明理由放行。"
        if may_override
        else f"{month_text(month)}的结算有 {mine} 个问题等您解决，解决后重新计算。"
    )
    return WorkItem(
        kind="month_problems",
        title=title,
        url=address("month", month) + "#problems",
        action="看问题",
        urgency=Urgency.NOW if month < this_month else Urgency.LATER,
        since=month.last,
        count=mine,
    )


def _cures(user: User, code: str) -> bool:
    return code in CURES and CURES[code](user)


def _not_calculated(runs: Sequence[SettlementRun], this_month: Month) -> list[WorkItem]:
    """Finished months without a calculation, since the house began to calculate."""
    begun = _begun(runs, this_month)
    done = {run.month for run in runs}
    missing = [
        month
        for month in sorted(campaigns.active_months())
        if begun <= month < this_month and str(month) not in done
    ]
    if len(missing) <= MONTHS_APART:
        return [_due(month) for month in missing]
    earlier = missing[:-1]
    return [
        _due(missing[-1]),
        WorkItem(
            kind="month_not_calculated",
            title=f"更早还有 {len(earlier)} 个月没有计算"
            f"（{month_text(earlier[0])}至{month_text(earlier[-1])}）。",
            url=f"{address('months')}?year={earlier[0].year}",
            action="看月份",
            since=earlier[0].last,
            count=len(earlier),
        ),
    ]


def _due(month: Month) -> WorkItem:
    return WorkItem(
        kind="month_not_calculated",
        title=f"{month_text(month)}已经结束，还没有计算提成。",
        url=address("month", month),
        action="去计算",
        urgency=Urgency.NOW,
        since=month.last,
    )


def _begun(runs: Sequence[SettlementRun], this_month: Month) -> Month:
    """The first month that is to be calculated: none before the first run or opening balance."""
    months = [Month.parse(run.month) for run in runs[-1:]]
    months += [Month.parse(name) for name in _first_opening()]
    earliest = min(months) if months else this_month.plus(-1)
    return max(earliest, this_month.plus(-REACH_MONTHS))


@prepared
def _first_opening() -> QuerySet[OpeningBalance, str]:
    return OpeningBalance.objects.order_by("month").values_list("month", flat=True)[:1]


def _changed(
    over: Sequence[SettlementRun], changes: Sequence[Change], now: datetime
) -> list[WorkItem]:
    """Finished months whose sales, events, decisions or policy changed since their calculation."""
    items = []
    for run in over:
        month = Month.parse(run.month)
        touching = touched(month, changes, since=run.as_of)
        if touching:
            items.append(_again(run, month, touching, now))
    return items


def _again(run: SettlementRun, month: Month, touching: Sequence[Change], now: datetime) -> WorkItem:
    what = "、".join(dict.fromkeys(change.what for change in touching))
    when = moment_text(run.as_of, year=business_day(now).year)
    return WorkItem(
        kind="month_changed",
        title=f"{month_text(month)}在 {when} 计算之后，{what}有变动：请重新计算。",
        url=address("month", month),
        action="去重新计算",
        urgency=Urgency.SOON,
        since=month.last,
        count=len(touching),
    )


def _adjusting(frozen: Sequence[SettlementRun], changes: Sequence[Change]) -> list[WorkItem]:
    """Frozen months whose sales or decisions changed after the newest of them was calculated.

    A policy changes nothing in them: each keeps its own.
    """
    if not frozen:
        return []
    since = _settled_at(frozen)
    months = sorted(Month.parse(run.month) for run in frozen)
    touched: set[Month] = set()
    what: dict[str, None] = {}
    for change in changes:
        if change.at <= since or change.what == POLICY:
            continue
        if hit := [month for month in months if change.first <= month <= change.last]:
            touched.update(hit)
            what[change.what] = None
    if not touched:
        return []
    named = "、".join(month_text(month) for month in sorted(touched)[-MONTHS_APART:])
    more = f"等 {len(touched)} 个月" if len(touched) > MONTHS_APART else ""
    return [
        WorkItem(
            kind="month_adjusting",
            title=f"{named}{more}提交或批准之后，{'、'.join(what)}有变动："
            "若金额有差，会作为调整进入下一个未提交的月份。",
            url=address("discrepancies"),
            action="看差异",
            urgency=Urgency.LATER,
            since=months[-1].last,
            count=len(touched),
        )
    ]
