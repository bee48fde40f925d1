"""Who holds each post through a year, with its gaps; departments and their liaisons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import rules, selectors, services
from accounts.forms import DepartmentForm
from accounts.models import Department
from accounts.rules import allow, person
from accounts.selectors import Post
from haitang.kernel import clock
from haitang.kernel.errors import NotThere, Refusal

# The shades of the time line, the calm ones first: red is for what is wanted of people.
COLOURS = (7, 8, 6, 5, 4, 3, 2)
STORES_A_PAGE = 25


@dataclass(frozen=True)
class Bar:
    """A stretch of the year on the time line, in days from 1 January; a gap has no colour.

    Text, because a template takes its time to write a number, and a page of stores makes hundreds.
    """

    x: str
    width: str
    colour: str
    name: str


@dataclass(frozen=True)
class Line:
    """A post with its time line."""

    post: Post
    bars: list[Bar]


@require_safe
@allow(rules.may_see_people)
def posts(request: HttpRequest) -> HttpResponse:
    """For every post who holds it today, and the time line of a year with its gaps."""
    today = clock.business_day(clock.now())
    year = _year(request, today)
    house = selectors.posts(year, day=today)
    liaisons = selectors.liaison_posts(year, day=today)
    context = {
        **_years(year, today),
        "house": [_line(each) for each in house],
        "liaisons": [_line(each) for each in liaisons],
        "stores": len(selectors.managed_stores(year)),
        "findings": _vacant(house) + selectors.liaison_findings(liaisons),
        "may_manage": rules.may_manage_people(request.user),
    }
    return render(request, "accounts/posts.html", context)


@require_safe
@allow(rules.may_see_people)
def store_posts(request: HttpRequest) -> HttpResponse:
    """Who manages each store today, and the time line of a year with its gaps, page by page."""
    today = clock.business_day(clock.now())
    year = _year(request, today)
    stores = selectors.managed_stores(year)
    page = Paginator(tuple(stores.items()), STORES_A_PAGE).get_page(request.GET.get("page"))
    shown = selectors.store_posts(year, day=today, stores=dict(page.object_list))
    context = {
        **_years(year, today),
        "page": page,
        "stores": [_line(each) for each in shown],
    }
    return render(request, "accounts/store_posts.html", context)


@require_safe
@allow(rules.may_see_people)
def departments(request: HttpRequest) -> HttpResponse:
    """The departments, which of them take part, and who is their liaison."""
    return _show_departments(request, DepartmentForm())


@require_POST
@allow(rules.may_manage_people)
def department_add(request: HttpRequest) -> HttpResponse:
    """A new department."""
    form = DepartmentForm(request.POST)
    if form.is_valid():
        try:
            made = services.add_department(**form.cleaned_data, by=person(request), now=clock.now())
        except Refusal as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"已新增部门“{made}”。")
            return redirect("departments")
    return _show_departments(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_manage_people)
def department(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name for a department, or another answer to whether it takes part."""
    row = Department.objects.filter(pk=pk).first()
    if row is None:
        raise NotThere("没有这个部门：请从部门列表里再找一次。")
    initial = {"name": row.name, "takes_part": row.takes_part}
    form = DepartmentForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.change_department(
                department=row, **form.cleaned_data, by=person(request), now=clock.now()
            )
        except Refusal as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, "已保存。" if changed else "没有改动。")
            return redirect("departments")
    return render(request, "accounts/department.html", {"department": row, "form": form})


def _show_departments(request: HttpRequest, form: DepartmentForm) -> HttpResponse:
    today = clock.business_day(clock.now())
    liaisons = selectors.liaison_posts(today.year, day=today)
    by_name = {each.name: each.today for each in liaisons}
    rows = selectors.departments(day=today)
    context = {
        "rows": [(row, by_name.get(row.name)) for row in rows],
        "findings": selectors.liaison_findings(liaisons),
        "without": selectors.without_department(day=today),
        "form": form,
        "may_manage": rules.may_manage_people(request.user),
    }
    return render(request, "accounts/departments.html", context)


def _vacant(house: list[Post]) -> list[str]:
    sentences = []
    for post in house:
        if post.today and post.today.is_gap:
            sentences.append(f"今天没有人任“{post.name}”：请登记接任的人。")
        elif post.today and post.shared and post.today.is_short:
            sentences.append(f"今天“{post.name}”的份额合计不到 1：请补上分担的人或改份额。")
    return sentences


def _line(post: Post) -> Line:
    colours: dict[tuple[int, ...], int] = {}
    bars = []
    for each in post.segments:
        people = tuple(holder.person_id for holder in each.holders)
        colour = colours.setdefault(people, COLOURS[len(colours) % len(COLOURS)]) if people else 0
        names = "、".join(holder.person for holder in each.holders) or "没有人"
        start = (each.first - date(each.first.year, 1, 1)).days
        bars.append(Bar(str(start), str(each.days), str(colour or ""), names))
    return Line(post, bars)


def _years(year: int, today: date) -> dict[str, Any]:
    """The year shown, those to choose from, and where today is in it."""
    return {
        "year": year,
        "years": range(today.year - 2, today.year + 2),
        "day_of_year": str((today - date(year, 1, 1)).days) if year == today.year else None,
    }


def _year(request: HttpRequest, today: date) -> int:
    text = request.GET.get("year", "")
    if text.isascii() and text.isdigit() and 2000 <= int(text) <= 2100:
        return int(text)
    return today.year
