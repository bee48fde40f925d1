"""Reads of settlement runs, for the month pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from campaigns import selectors as campaigns
from haitang.kernel.clock import Month
from haitang.kernel.errors import NotThere
from haitang.kernel.kept import Kept
from haitang.kernel.money import yuan
from haitang.kernel.prepared import prepared
from incentives.life.states import FROZEN
from incentives.models import ProblemOverride, Settlement, SettlementRun
from incentives.payslips.payslip import payout_of

# Before approval the figures of a month may still change.
NOT_FINAL = (
    Settlement.State.DRAFT,
    Settlement.State.CALCULATED,
    Settlement.State.SUBMITTED,
)
# A run is never written over; of a month with all stores its document has 200 kB.
_DOCUMENTS = Kept[tuple[int, str, datetime], dict[str, Any]](most=8)


@dataclass(frozen=True)
class MonthRow:
    """A month in the list, with its last calculation if there was one."""

    month: Month
    campaigns: int
    run: SettlementRun | None
    is_open: bool  # it may be calculated: it was not submitted


def years() -> list[int]:
    """The years with anything to settle, newest first."""
    found = {month.year for month in campaigns.active_months()}
    found |= {
        int(month[:4])
        for month in SettlementRun.objects.order_by().values_list("month", flat=True).distinct()
    }
    return sorted(found, reverse=True)


def months_of(year: int) -> list[MonthRow]:
    """The months of a year that have sales, campaigns or a calculation, newest first."""
    runs_of_year = lean(latest_runs()).defer("summary").filter(month__startswith=f"{year:04d}-")
    of_year = standing(runs_of_year)
    runs = {run.month: run for run in of_year}
    counts = campaigns.campaign_counts(year)
    months = {month for month in campaigns.active_months() if month.year == year}
    months |= {Month.parse(text) for text in runs}
    return [
        MonthRow(month, counts.get(month, 0), run := runs.get(str(month)), _is_open(run))
        for month in sorted(months, reverse=True)
    ]


def _is_open(run: SettlementRun | None) -> bool:
    return getattr(run, "stands", None) not in FROZEN


def roles_of(year: int) -> dict[Month, list[dict[str, str]]]:
    """Each role's part in the last calculation of the year's months. One query."""
    rows = latest_runs().filter(month__startswith=f"{year:04d}-")
    found = rows.values_list("month", "summary")
    return {Month.parse(month): summary["roles"] for month, summary in found}


def lean(runs: QuerySet[SettlementRun]) -> QuerySet[SettlementRun]:
    """Runs without their large snapshots, with their summary."""
    return runs.defer("document", "trace", "policy")


def standing(runs: QuerySet[SettlementRun]) -> QuerySet[SettlementRun]:
    """Runs with ``stands``: how far their month is (``Settlement.State``)."""
    settlements = Settlement.objects.filter(month=OuterRef("month"))
    return runs.annotate(stands=Subquery(settlements.values("state")[:1]))


def latest_runs() -> QuerySet[SettlementRun]:
    """The last calculation of each month, newest month first."""
    newer = SettlementRun.objects.filter(month=OuterRef("month"), number__gt=OuterRef("number"))
    return SettlementRun.objects.filter(~Exists(newer)).order_by("-month")


def run_of(month: Month, number: int | None = None) -> SettlementRun | None:
    """A month's last run, or the one of that number (NotThere when there is none).

    Its trace holds every store-day and is left where it is; ``let_pass`` reads what pages need,
    and ``payouts`` is annotated. Its document is shared: nobody changes it.
    """
    if number is None:
        run = _last.first(month=str(month))
    else:
        run = _numbered.first(month=str(month), number=number)
        if run is None:
            raise NotThere(f"{month} 没有第 {number} 次计算：请从下面的“历次计算”里选。")
    if run is not None:
        found = run
        key = (run.pk, run.digest, run.calculated_at)
        run.document = _DOCUMENTS.of(key, lambda: found.document)
    return run


@prepared
def _last(*, month: Any) -> QuerySet[SettlementRun]:
    return _without_snapshots().filter(month=month).order_by("-number")[:1]


@prepared
def _numbered(*, month: Any, number: Any) -> QuerySet[SettlementRun]:
    return _without_snapshots().filter(month=month, number=number)


def _without_snapshots() -> QuerySet[SettlementRun]:
    runs = SettlementRun.objects.select_related("calculated_by").defer("document", "trace")
    return runs.annotate(payouts=F("summary__payouts"))


def let_pass(run: SettlementRun) -> list[dict[str, str]]:
    """The problems that a manager let pass in a run."""
    return run.summary["overridden"] or []


def history_of(month: Month) -> list[SettlementRun]:
    """All runs of a month, newest first, without their large snapshots."""
    return _history(month=str(month))


@prepared
def _history(*, month: Any) -> QuerySet[SettlementRun]:
    runs = lean(SettlementRun.objects.filter(month=month))
    return runs.select_related("calculated_by").order_by("-number")


def overrides_of(month: Month) -> list[ProblemOverride]:
    """What the managers let pass in a month, and why."""
    return _overrides(month=str(month))


@prepared
def _overrides(*, month: Any) -> QuerySet[ProblemOverride]:
    passed = ProblemOverride.objects.filter(month=month).select_related("overridden_by")
    return passed.order_by("code", "campaign", "store", "subject")


def pool_before(month: Month) -> Decimal | None:
    """The pool of the month before, for comparison."""
    return _pool.first(month=str(month.plus(-1)))


@prepared
def _pool(*, month: Any) -> QuerySet[SettlementRun, Decimal]:
    runs = SettlementRun.objects.filter(month=month).order_by("-number")
    return runs.values_list("pool", flat=True)[:1]


def standing_months(this_month: Month) -> list[tuple[Month, SettlementRun | None]]:
    """How the months stand, calculated ones first: the newest of them and the one that is due.

    Last month is always among them; the present one when it, or last month, is calculated.
    Without the large snapshots. One query.
    """
    runs = {run.month: run for run in _last_two(until=str(this_month))}
    due = this_month.plus(-1)
    names = {str(due), *list(runs)[:1]}
    if str(due) in runs:
        names.add(str(this_month))
    order = sorted(names, key=lambda name: (name in runs, name), reverse=True)
    return [(Month.parse(name), runs.get(name)) for name in order]


@prepared
def _last_two(*, until: Any) -> QuerySet[SettlementRun]:
    return standing(lean(latest_runs())).filter(month__lte=until)[:2]


@dataclass(frozen=True)
class OwnPayout:
    """What one person gets out of a month by its last calculation, in yuan; by role.

    ``state`` is how far the month is; before approval the amount may still change.
    """

    month: Month
    amount: Decimal
    roles: tuple[str, ...]
    has_problems: bool
    state: str

    @property
    def is_final(self) -> bool:
        return self.state not in NOT_FINAL


def last_payout(username: str) -> OwnPayout | None:
    """The person's part of the newest calculated month; None when there is none. One query."""
    newest = _newest.first()
    if newest is None:
        return None
    month, open_problems, summary, reached = newest
    roles = summary["roles"]
    figures = payout_of(username, roles, summary["payouts"])
    if figures is None:
        return None
    return OwnPayout(
        month=Month.parse(month),
        amount=yuan(figures["payable"]),
        roles=tuple(
            role["role"]
            for role in roles
            if any(payee["username"] == username for payee in role["payees"])
        ),
        has_problems=open_problems > 0,
        state=reached or Settlement.State.CALCULATED,
    )


@prepared
def _newest() -> QuerySet[Any, tuple[str, int, dict[str, Any], str | None]]:
    runs: QuerySet[Any] = standing(latest_runs())
    return runs.values_list("month", "open_problems", "summary", "stands")[:1]
