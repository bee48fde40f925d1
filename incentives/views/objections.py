"""Objections: raised on a line of the own payslip, answered by the assessor, listed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.rules import allow, anyone, person
from haitang.kernel import clock
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.errors import NotAllowed, NotThere, Refusal
from haitang.kernel.telling import refusal_told
from incentives import rules
from incentives.deductions import objections
from incentives.deductions.assessors import Assessors, assessors
from incentives.deductions.deadlines import calendar_from, deadline
from incentives.deductions.deducting import consequence
from incentives.deductions.forms import AnswerForm, ObjectionForm
from incentives.models import Objection

PAGE = 25


@require_safe
@allow(anyone)
def objection_list(request: HttpRequest) -> HttpResponse:
    """The objections that this person raised or may see, open ones first."""
    user, now = person(request), clock.now()
    found = _visible(user).select_related("person", "event", "answered_by")
    state = request.GET.get("state", "")
    if state in Objection.State.values:
        found = found.filter(state=state)
    page = Paginator(_open_first(found), PAGE).get_page(request.GET.get("page"))
    who = assessors([Month.parse(each.month) for each in page.object_list], now=now)
    context = {
        "page": page,
        "rows": [
            (
                each,
                objections.line_text(each),
                each.state == Objection.State.OPEN
                and objections.may_answer(each, who=who, user=user),
            )
            for each in page.object_list
        ],
        "state": state,
        "states": Objection.State.choices,
        "sees_others": rules.may_see_kpi_of_others(user),
        "own": user,
    }
    return render(request, "incentives/objection_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(anyone)
def objection_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One objection with its answer; the assessor answers here."""
    user, now = person(request), clock.now()
    found = _visible(user).select_related("person", "event", "answered_by", "decision__by")
    objection = found.filter(pk=pk).first()
    if objection is None:
        raise NotThere("没有这条异议：请从异议列表里再找一次。")
    month = Month.parse(objection.month)
    who = assessors([month], now=now)
    may_answer = objections.may_answer(objection, who=who, user=user)
    form = AnswerForm(request.POST or None, is_event=objection.event is not None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            objections.answer_objection(
                objection=objection,
                text=given["text"],
                decision=given["decision"],
                quantity=given.get("quantity"),
                by=user,
                now=now,
            )
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已答复 {objection.person} 的异议。{_after(objection)}")
            return redirect("objection", pk=pk)
    return _page(request, objection, form, may_answer=may_answer, who=who)


@require_POST
@allow(anyone)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes the own objection back."""
    objection = _visible(person(request)).filter(pk=pk).first()
    if objection is None:
        raise NotThere("没有这条异议：请从异议列表里再找一次。")
    with refusal_told(request):
        objections.withdraw_objection(objection=objection, by=person(request), now=clock.now())
        messages.success(request, "已撤回异议。")
    return redirect("objection", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(anyone)
def objection_new(request: HttpRequest, month: Month, line: str) -> HttpResponse:
    """An objection to a line of the own payslip."""
    user, now = person(request), clock.now()
    found = objections.find_line(month=month, person=user, line=line)
    refusal = objections.refusal_to_raise(found, month=month, person=user, now=now)
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            objection = objections.raise_objection(
                month=month, person=user, line=line, text=form.cleaned_data["text"], now=now
            )
        except Refusal as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, "已提出异议，考核人会书面答复；答复之前，这个月不能提交审批。"
            )
            return redirect("objection", pk=objection.pk)
    context = {
        "month": month,
        "line": found,
        "form": form,
        "refusal": refusal,
        "until": deadline(found.shown_at, calendar_from(found.shown_at)),
        "whose": _whose(found, month, user),
    }
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "incentives/objection_new.html", context, status=status)


def _page(
    request: HttpRequest,
    objection: Objection,
    form: AnswerForm,
    *,
    may_answer: bool,
    who: Assessors,
) -> HttpResponse:
    is_open = objection.state == Objection.State.OPEN
    month = Month.parse(objection.month)
    context: dict[str, Any] = {
        "objection": objection,
        "month": month,
        "line": objections.line_text(objection),
        "form": form if may_answer and is_open else None,
        "is_open": is_open,
        "is_own": objection.person_id == person(request).pk,
        "whose": objections.answerers(objection, who=who),
        "consequence": consequence(month) if is_open and may_answer else "",
        "sees_kpi": rules.may_see_kpi(request.user),
    }
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "incentives/objection.html", context, status=status)


def _visible(user: User) -> QuerySet[Objection]:
    """The own ones; all for managers, finance and the assessors."""
    if rules.may_see_kpi_of_others(user):
        return Objection.objects.all()
    return Objection.objects.filter(Q(person=user))


def _open_first(found: QuerySet[Objection]) -> QuerySet[Objection]:
    waits = Case(
        When(state=Objection.State.OPEN, then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    return found.order_by(waits, "-month", "-pk")


def _whose(line: objections.Line, month: Month, user: User) -> str:
    who = assessors([month], now=clock.now())
    return objections.line_answerers(line, month, user, who=who)


def _after(objection: Objection) -> str:
    month = Month.parse(objection.month)
    if objection.decision is None:
        return ""
    return consequence(month) or f"{month_text(month)}重新计算后计入。"
