"""The list of people, a person's page and what the administrator does there."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import rules, selectors, services
from accounts.forms import (
    ClosingForm,
    NewPersonForm,
    PeopleSearchForm,
    PersonForm,
    TenureForm,
)
from accounts.models import User
from accounts.rules import allow, person
from accounts.services.people import WithPassword
from accounts.wording import rights_of
from haitang.kernel import clock
from haitang.kernel.errors import NotAllowed, NotThere, Refusal
from haitang.kernel.telling import refusal_told

PAGE = 25


@require_safe
@allow(rules.may_see_people)
def people_list(request: HttpRequest) -> HttpResponse:
    """People by name, narrowed by the filters in the address."""
    form = PeopleSearchForm(request.GET)
    today = clock.business_day(clock.now())
    found = selectors.people_found(form.search(), day=today)
    context = {
        "form": form,
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "today": today,
        "may_manage": rules.may_manage_people(request.user),
    }
    return render(request, "accounts/people.html", context)


@require_safe
@allow(rules.anyone)
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A person's facts, tenures and rights; everybody sees the own page."""
    if pk != request.user.pk and not rules.may_see_people(request.user):
        raise NotAllowed("别人的资料由管理员、总经理、财务和总督导查看；您可以看自己的资料。")
    return show_person(request, found(pk))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_manage_people)
def person_new(request: HttpRequest) -> HttpResponse:
    """A new person; the answer shows the first password, once."""
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = services.create_person(
                username=given["username"],
                name=given["name"],
                department=given["department"],
                by=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return _show_password(request, made, is_new=True)
    return render(request, "accounts/person_new.html", {"form": form})


@require_POST
@allow(rules.may_manage_people)
def person_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name or department."""
    user, form = found(pk), PersonForm(request.POST)
    if not form.is_valid():
        return show_person(request, user, change=form)
    try:
        changed = services.change_person(
            user=user,
            name=form.cleaned_data["name"],
            department=form.cleaned_data["department"],
            by=person(request),
            now=clock.now(),
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return show_person(request, user, change=form)
    messages.success(request, "已保存。" if changed else "没有改动。")
    return redirect("person", pk=pk)


@never_cache
@require_POST
@allow(rules.may_manage_people)
def person_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """A new first password, shown once; the person's sessions end."""
    try:
        made = services.reset_password(user=found(pk), by=person(request), now=clock.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("person", pk=pk)
    return _show_password(request, made, is_new=False)


@require_POST
@allow(rules.may_manage_people)
def person_close(request: HttpRequest, pk: int) -> HttpResponse:
    """The last day of an account; tenures end with it."""
    user, form = found(pk), ClosingForm(request.POST)
    if not form.is_valid():
        return show_person(request, user, close=form)
    try:
        ended = services.close_account(
            user=user,
            last_day=form.cleaned_data["last_day"],
            reason=form.cleaned_data["reason"],
            by=person(request),
            now=clock.now(),
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return show_person(request, user, close=form)
    text = f"已登记 {user} 的最后一天。"
    if ended:
        text += "同时结束的任职：" + "、".join(each.get_role_display() for each in ended) + "。"
    messages.success(request, text)
    return redirect("person", pk=pk)


@require_POST
@allow(rules.may_manage_people)
def person_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """The person may log in again."""
    user = found(pk)
    with refusal_told(request):
        services.reopen_account(user=user, by=person(request), now=clock.now())
        messages.success(request, f"{user} 的账号已启用；任职不会自动恢复，请重新登记。")
    return redirect("person", pk=pk)


def found(pk: int) -> User:
    """The person of that number, or NotThere."""
    user = User.objects.select_related("department").filter(pk=pk).first()
    if user is None:
        raise NotThere("没有这个人：请从人员列表里再找一次。")
    return user


def show_person(request: HttpRequest, user: User, **bound: Any) -> HttpResponse:
    """The page; ``bound`` are the forms that were refused, with their sentences."""
    today = clock.business_day(clock.now())
    may_manage = rules.may_manage_people(request.user)
    context = {
        "whom": user,
        "today": today,
        "is_open": user.may_enter(today),
        "is_own": user.pk == request.user.pk,
        "history": selectors.history(user),
        "deputies": selectors.deputies_in_force(user, day=today),
        "rights": rights_of(user) if user.may_enter(today) else [],
        "roles_today": rules.standing(user).names,
        "may_manage": may_manage,
        "sees_people": rules.may_see_people(request.user),
    }
    if may_manage:
        context |= {"change": PersonForm(initial=_facts(user)), "close": ClosingForm()}
        context |= {"tenure": TenureForm(initial={"valid_from": today}), **bound}
        context["refused"] = next(iter(bound), "")
    return render(request, "accounts/person.html", context)


def _facts(user: User) -> dict[str, object]:
    return {"name": user.name, "department": user.department_id}


def _show_password(request: HttpRequest, made: WithPassword, *, is_new: bool) -> HttpResponse:
    context = {"whom": made.user, "password": made.password, "is_new": is_new}
    return render(request, "accounts/first_password.html", context)
