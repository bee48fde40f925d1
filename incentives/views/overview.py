"""The overview: twelve months by role and by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.rules import allow, person
from haitang.kernel import clock, sheets
from haitang.kernel.clock import Month
from haitang.kernel.errors import NotThere
from incentives import rules
from incentives.reports import overview as pure
from incentives.reports import overview_selectors as selectors
from incentives.reports.overview import Line, MonthFacts, Overview
from incentives.secrecy import Sight


@require_safe
@allow(rules.may_see_months)
def overview_page(request: HttpRequest) -> HttpResponse:
    """Twelve months up to ``?last=2026-10``; roles and persons for who may see the amounts.

    Everybody else sees the own amounts beside the pool and the reserve.
    """
    view = _view(request)
    sees_amounts = rules.may_see_amounts(request.user)
    by = "person" if sees_amounts and request.GET.get("by") == "person" else "role"
    lines = view.persons if by == "person" else view.roles
    if not sees_amounts:
        by, lines = "own", (*view.persons, *view.roles)
    context = {
        "view": view,
        "title": pure.title(view),
        "last": view.months[-1],
        "sees_amounts": sees_amounts,
        "by": by,
        "lines": lines,
        "rows": _rows(view, lines, of_persons=view.persons if by == "person" else ()),
        "pool_chart": pure.pool_chart(view),
        "chart": pure.chart(view, lines),
        "before": view.months[-1].plus(-pure.MONTHS),
        "after": view.months[-1].plus(pure.MONTHS),
    }
    return render(request, "incentives/overview.html", context)


@require_safe
@allow(rules.may_see_months)
def export(request: HttpRequest, fmt: str) -> HttpResponse:
    """The tables of the page as XLSX or CSV."""
    if fmt not in ("csv", "xlsx"):
        raise NotThere("只能导出为 XLSX 或 CSV。")
    view = _view(request)
    columns, rows = pure.table(view)
    return sheets.download(
        "csv" if fmt == "csv" else "xlsx",
        name=f"{pure.title(view)} 提成一览",
        columns=columns,
        rows=rows,
        by=person(request),
        now=clock.now(),
    )


@dataclass(frozen=True)
class MonthRow:
    """A month in the table: each line's name, amount in fen, and the page that it opens."""

    month: Month
    facts: MonthFacts | None
    cells: tuple[tuple[str, int | None, str], ...]


def _rows(view: Overview, lines: Sequence[Line], *, of_persons: Sequence[Line]) -> list[MonthRow]:
    """The months, newest first; a person's amount opens the payslip, a role's the month."""
    rows = []
    for at, month in enumerate(view.months):
        cells = (
            (line.name, line.amounts[at], _door(month, line.key if line in of_persons else ""))
            for line in lines
        )
        rows.append(MonthRow(month, view.facts[at], tuple(cells)))
    return rows[::-1]


def _door(month: Month, username: str) -> str:
    if username:
        return reverse("payslip-of", args=[month, username])
    return reverse("month", args=[month])


def _view(request: HttpRequest) -> Overview:
    text = request.GET.get("last", "")
    last = Month.parse(text) if text else selectors.last_month()
    last = last or Month.of(clock.business_day(clock.now()))
    return pure.overview(
        selectors.facts_up_to(last),
        last=last,
        sight=Sight(person(request).username, rules.may_see_amounts(request.user)),
    )
