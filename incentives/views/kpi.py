"""The pages on which deductions are read: the months, one month, one person's year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rules import allow, anyone, is_team, person
from haitang.kernel import clock
from haitang.kernel.clock import Month
from haitang.kernel.errors import NotAllowed, NotThere
from haitang.policy.rulebook import RULES
from incentives import rules
from incentives.deductions import objections
from incentives.deductions import pages as kpi_pages
from incentives.deductions.assessors import Assessors, assessors, roles_in
from incentives.deductions.deducting import SCORED, consequence, state_of
from incentives.deductions.forms import KpiFilter
from incentives.models import KpiEvent, Objection

PAGE = 30


@require_safe
@allow(rules.may_see_kpi)
def month_list(request: HttpRequest) -> HttpResponse:
    """The months of a year with how many deductions wait, count and were waived."""
    today = clock.business_day(clock.now())
    years = kpi_pages.years(today=today)
    text = request.GET.get("year", "")
    year = int(text) if text.isdigit() and int(text) in years else today.year
    context = {
        "years": years,
        "year": year,
        "months": kpi_pages.month_lines(year, today=today),
        "this_month": Month.of(today),
        "may_tell": rules.may_tell_events(request.user),
        "sees_others": rules.may_see_kpi_of_others(request.user),
        "own": person(request) if is_team(request.user) else None,
    }
    return render(request, "incentives/kpi_list.html", context)


@require_safe
@allow(rules.may_see_kpi)
def month_page(request: HttpRequest, month: Month) -> HttpResponse:
    """A month's deductions: what waits for this person first, then role by role.

    Who may not see others' sees those of the own roles and those that he entered himself.
    """
    user, now = person(request), clock.now()
    who = assessors([month], now=now)
    open_to = None if rules.may_see_kpi_of_others(user) else roles_in(month, user)
    events = kpi_pages.events_with_history(KpiEvent.objects.filter(month=str(month)))
    rows = kpi_pages.event_rows(events, who=who, user=user, now=now)
    if open_to is not None:
        rows = [
            row
            for row in rows
            if row.rule.role in open_to or row.event.recorded_by_id == user.pk or row.is_mine
        ]
    form = KpiFilter(request.GET)
    search = form.search()
    shown = [row for row in rows if search.fits(row)]
    mine = [row for row in rows if row.is_mine and row.event.state == "proposed"]
    is_filtered = any(request.GET.get(name) for name in form.fields)
    below = shown if is_filtered else [row for row in shown if row not in mine]
    context = {
        "month": month,
        "before": month.plus(-1),
        "after": month.plus(1),
        "form": form,
        "is_filtered": is_filtered,
        "mine": [] if is_filtered else mine,
        "undecided": sum(row.event.state == "proposed" for row in rows),
        "roles": kpi_pages.role_rows(month, shown=below, mine=mine, open_to=open_to),
        "shown": len(shown),
        "total": len(rows),
        "state": state_of(month),
        "consequence": consequence(month),
        "may_score": bool(scored_by(who, month, user)),
        "may_tell": rules.may_tell_events(request.user),
        "may_look": rules.may_look_for_evidence(request.user),
        "sees_others": open_to is None,
        "own": user if is_team(user) else None,
        "objections": objections.open_objections(month),
    }
    return render(request, "incentives/kpi_month.html", context)


@require_safe
@allow(anyone)
def person_page(request: HttpRequest, username: str) -> HttpResponse:
    """A person's deductions in a year, month by month, with the objections; the own for everybody.

    Others' are for managers, finance and the assessors.
    """
    user, now = person(request), clock.now()
    whose = _visible_person(request, username)
    year = _year(request, now=clock.business_day(now).year)
    events = kpi_pages.events_with_history(kpi_pages.events_of_person(whose, year))
    every = list(events)
    # Of the year before only what still cuts in this one.
    found = [
        each
        for each in every
        if each.month.startswith(str(year)) or RULES[each.rule].horizon == "next_year"
    ]
    confirmed = [each for each in every if each.state == KpiEvent.State.CONFIRMED]
    months = kpi_pages.person_year(whose, year, confirmed)
    who = assessors([Month.parse(each.month) for each in found], now=now)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = kpi_pages.event_rows(page.object_list, who=who, user=user, now=now)
    may_object = _may_object_to(rows, user, now) if whose.pk == user.pk else {}
    context = {
        "whose": whose,
        "is_own": whose.pk == user.pk,
        "year": year,
        "this_year": clock.business_day(now).year,
        "page": page,
        "rows": [(row, may_object.get(row.event.pk)) for row in rows],
        "months": months,
        "has_role": any(each.roles for each in months),
        "chart": kpi_pages.year_chart(months) if any(each.worst for each in months) else None,
        "objections": [
            (each, objections.line_text(each))
            for each in Objection.objects.filter(
                person=whose, month__startswith=f"{year:04d}-"
            ).select_related("event", "answered_by")
        ],
    }
    return render(request, "incentives/kpi_person.html", context)


def scored_by(who: Assessors, month: Month, user: User) -> list[str]:
    """The rules that this person scores in that month."""
    return [rule for rule in SCORED if who.of_rule(rule, month, user.pk)]


def _visible_person(request: HttpRequest, username: str) -> User:
    """The person, when the asker may know; colleagues of the team learn that they may not."""
    user = person(request)
    if username == user.username:
        return user
    if rules.may_see_kpi_of_others(user):
        whose = User.objects.filter(username=username).first()
        if whose:
            return whose
    elif is_team(user):
        raise NotAllowed("别人的扣减和异议只有本人、管理层、财务和考核人可以看。")
    raise NotThere("没有这个人的考核页：请从考核页里再找一次。")


def _may_object_to(
    rows: Sequence[kpi_pages.EventRow], user: User, now: datetime
) -> dict[int, dict[str, Any]]:
    """By deduction: until when the person can still object to it, and under which month."""
    this_month = Month.of(clock.business_day(now))
    lines, events = {}, {}
    for row in rows:
        event, month = row.event, Month.parse(row.event.month)
        if event.state != KpiEvent.State.CONFIRMED or not event.confirmed_at:
            continue
        if row.rule.horizon == "next_year":  # it stands on every payslip of the year after
            month = max(Month(month.year + 1, 1), this_month)
        lines[month, f"event:{event.pk}"] = event.confirmed_at
        events[month, f"event:{event.pk}"] = event.pk
    found = objections.open_to_objection(lines, person=user, now=now)
    return {
        events[month, line]: {"month": month, "line": line, "until": until}
        for (month, line), until in found.items()
    }


def _year(request: HttpRequest, *, now: int) -> int:
    text = request.GET.get("year", "")
    return int(text) if text.isdecimal() and len(text) == 4 and int(text) > 1 else now
