"""The holiday calendar of a year: twelve small months; the administrator changes it."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.rules import allow, person
from campaigns import rules, services
from campaigns.models import CalendarYear
from campaigns.services.calendar import ORDINARY
from campaigns.store_forms import DaysForm, YearForm
from campaigns.year import year_days, year_months
from haitang.kernel import clock
from haitang.kernel.addresses import address
from haitang.kernel.errors import NotThere, Refusal

FIRST_YEAR, LAST_YEAR = 2004, 2099


@require_safe
@allow(rules.may_see_calendar)
def calendar_now(request: HttpRequest) -> HttpResponse:
    """The present year's calendar."""
    return redirect("calendar", year=_today().year)


@require_safe
@allow(rules.may_see_calendar)
def calendar_page(request: HttpRequest, year: int) -> HttpResponse:
    """One year: holidays, make-up workdays, member days and campaigns."""
    return render(request, "campaigns/calendar.html", _context(request, year))


@require_POST
@allow(rules.may_edit_calendar)
def calendar_set(request: HttpRequest, year: int) -> HttpResponse:
    """Makes some days of the year a holiday, a make-up workday, or ordinary again."""
    form = DaysForm(request.POST)
    if not form.is_valid():
        return _refused(request, year, days_form=form)
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    try:
        if first.year != year:
            form.add_error("first", f"这一页只改 {year} 年的日子：请到那一年的日历去改。")
            return _refused(request, year, days_form=form)
        changed = services.set_days(
            first=first,
            last=last or first,
            kind=form.cleaned_data["kind"],
            by=person(request),
            now=clock.now(),
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _refused(request, year, days_form=form)
    said = f"已改 {changed} 天。已算好的月份不会自动改，需要时请重新计算。"
    messages.success(request, said if changed else "这些日子本来就是这样，没有改动。")
    shown = f"{address('calendar', year)}?quarter={(first.month + 2) // 3}"
    return redirect(f"{shown}#m{first.month}")


@require_POST
@allow(rules.may_edit_calendar)
def calendar_confirm(request: HttpRequest, year: int) -> HttpResponse:
    """Declares the year's arrangement complete, with its source."""
    _check(year)
    form = YearForm(request.POST)
    if not form.is_valid():
        return _refused(request, year, year_form=form)
    try:
        services.confirm_year(
            year=year, source=form.cleaned_data["source"], by=person(request), now=clock.now()
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _refused(request, year, year_form=form)
    messages.success(request, f"{year} 年的节假日安排已确认，计算从现在起按它。")
    return redirect("calendar", year=year)


def _refused(request: HttpRequest, year: int, **forms: DaysForm | YearForm) -> HttpResponse:
    context = {**_context(request, year), **forms}
    return render(request, "campaigns/calendar.html", context, status=400)


def _context(request: HttpRequest, year: int) -> dict[str, object]:
    _check(year)
    known = CalendarYear.objects.filter(year=year).first()
    may_edit = rules.may_edit_calendar(request.user)
    days = year_days(year, today=_today(), stores=rules.visible_stores(request.user))
    return {
        "year": year,
        "before": year - 1 if year > FIRST_YEAR else None,
        "after": year + 1 if year < LAST_YEAR else None,
        "known": known,
        "months": year_months(days),
        "quarter": _quarter(request, year),
        "special": [day for day in days if day.kind],
        "may_edit": may_edit,
        "days_form": DaysForm(initial=_chosen(request, year)) if may_edit else None,
        "year_form": YearForm(initial={"source": known.source if known else ""})
        if may_edit
        else None,
        "chosen": request.GET.get("day", ""),
    }


def _quarter(request: HttpRequest, year: int) -> int:
    """The quarter that a telephone shows: the one asked for, of the tapped day, or the present."""
    asked = request.GET.get("quarter", "")
    if asked in {"1", "2", "3", "4"}:
        return int(asked)
    day = _chosen(request, year).get("first")
    if not isinstance(day, date):
        day = _today() if _today().year == year else date(year, 1, 1)
    return (day.month + 2) // 3


def _chosen(request: HttpRequest, year: int) -> dict[str, object]:
    """The day that was tapped, as the form's first day."""
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return {}
    if day.year != year:
        return {}
    return {"first": day, "kind": request.GET.get("kind", "") or ORDINARY}


def _check(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotThere(f"没有 {year} 年的日历：可以看 {FIRST_YEAR} 到 {LAST_YEAR} 年。")


def _today() -> date:
    return clock.business_day(clock.now())
