"""A tenure added on the person's page, ended, corrected or withdrawn on its own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import rules, services
from accounts.forms import CorrectionForm, EndingForm, ReasonForm, TenureForm
from accounts.models import Tenure
from accounts.roles import Role
from accounts.rules import allow, person
from accounts.services import Saved
from accounts.views.people import found as found_person
from accounts.views.people import show_person
from haitang.kernel import clock
from haitang.kernel.errors import NotThere, Refusal


@require_POST
@allow(rules.may_manage_people)
def tenure_add(request: HttpRequest, pk: int) -> HttpResponse:
    """A new tenure of the person."""
    user, form = found_person(pk), TenureForm(request.POST)
    if not form.is_valid():
        return show_person(request, user, tenure=form)
    try:
        saved = services.add_tenure(
            user=user,
            role=Role(form.cleaned_data["role"]),
            **form.facts,
            by=person(request),
            now=clock.now(),
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return show_person(request, user, tenure=form)
    return _said(request, saved, f"已登记 {user} 任“{saved.tenure.get_role_display()}”。")


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_manage_people)
def tenure_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One tenure: POST corrects it; ending and withdrawing stand beside."""
    tenure = _found(pk)
    form = CorrectionForm.of(tenure, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.correct_tenure(
                tenure=tenure,
                **form.facts,
                reason=form.cleaned_data["reason"],
                by=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return _said(request, saved, "任职已更正，原来的内容留在操作记录里。")
    return _show(request, tenure, correction=form)


@require_POST
@allow(rules.may_manage_people)
def tenure_end(request: HttpRequest, pk: int) -> HttpResponse:
    """The last day of a tenure."""
    tenure, form = _found(pk), EndingForm(request.POST)
    if form.is_valid():
        try:
            saved = services.end_tenure(
                tenure=tenure, **form.cleaned_data, by=person(request), now=clock.now()
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return _said(request, saved, "已登记任职的最后一天。")
    return _show(request, tenure, ending=form)


@require_POST
@allow(rules.may_manage_people)
def tenure_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """A tenure that never was is withdrawn; its facts stay in the audit trail."""
    tenure, form = _found(pk), ReasonForm(request.POST)
    if not form.is_valid():
        return _show(request, tenure, removal=form)
    user = tenure.user
    services.remove_tenure(
        tenure=tenure,
        reason=form.cleaned_data["reason"],
        by=person(request),
        now=clock.now(),
    )
    messages.success(request, "任职已撤销，原来的内容留在操作记录里。")
    return redirect("person", pk=user.pk)


def _show(request: HttpRequest, tenure: Tenure, **bound: object) -> HttpResponse:
    today = clock.business_day(clock.now())
    context = {
        "tenure": tenure,
        "today": today,
        "is_over": tenure.valid_to is not None and tenure.valid_to < today,
        "correction": CorrectionForm.of(tenure),
        "ending": EndingForm(initial={"last_day": today}),
        "removal": ReasonForm(auto_id="remove_%s"),
        **bound,
        "refused": next(iter(bound)),
    }
    return render(request, "accounts/tenure.html", context)


def _found(pk: int) -> Tenure:
    tenure = Tenure.objects.select_related("user", "department").filter(pk=pk).first()
    if tenure is None:
        raise NotThere("没有这条任职：它可能已被撤销，请从人员页里再找一次。")
    return tenure


def _said(request: HttpRequest, saved: Saved, text: str) -> HttpResponse:
    messages.success(request, f"{text}已算好的月份如受影响，请重新计算。")
    for warning in saved.warnings:
        messages.warning(request, warning)
    return redirect("person", pk=saved.tenure.user_id)
