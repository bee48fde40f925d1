"""Deputies: one's own, and for the administrator everybody's."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import rules, selectors, services
from accounts.forms import DeputyForm
from accounts.models import Deputy
from accounts.roles import Role
from accounts.rules import allow, person, standing
from haitang.kernel import clock
from haitang.kernel.errors import NotThere, Refusal
from haitang.kernel.telling import refusal_told

PAGE = 25


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.anyone)
def deputies(request: HttpRequest) -> HttpResponse:
    """Who stands in for me and for whom I do; POST sets a deputy."""
    user, now = person(request), clock.now()
    today = clock.business_day(now)
    for_others = rules.may_manage_people(user)
    form = DeputyForm(
        request.POST or None,
        today=today,
        for_others=for_others,
        roles=standing(user).own_roles,
        initial={"valid_from": today},
    )
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        role = given.pop("role")
        try:
            row = services.set_deputy(
                **{"person": user, **given},
                role=Role(role) if role else None,
                by=user,
                now=now,
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已登记：{row.deputy} 代 {row.person}。已通知代理人。")
            return redirect("deputies")
    found = selectors.deputies_of(None if for_others else user, day=today)
    context = {
        "form": form,
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "today": today,
        "for_others": for_others,
        "may_set": for_others or bool(standing(user).own_roles - {Role.EMPLOYEE}),
    }
    return render(request, "accounts/deputies.html", context)


@require_POST
@allow(rules.anyone)
def deputy_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends a deputy's rights at once: by the person, the deputy or the administrator."""
    user = person(request)
    row = selectors.deputies_of(
        None if rules.may_manage_people(user) else user, day=clock.business_day(clock.now())
    )
    deputy = row.filter(pk=pk).first()
    if not isinstance(deputy, Deputy):
        raise NotThere("没有这次代理：请从代理页里再找一次。")
    with refusal_told(request):
        services.end_deputy(deputy=deputy, by=user, now=clock.now())
        messages.success(request, f"{deputy.deputy} 代 {deputy.person} 已结束。")
    return redirect("deputies")
