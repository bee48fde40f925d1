"""API tokens: one's own, made here and shown once; for the administrator everybody's."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts import rules
from accounts import tokens as services
from accounts.forms import TokenForm
from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.errors import NotThere, Refusal
from haitang.kernel.telling import refusal_told

PAGE = 25
USUAL_LIFE = timedelta(days=365)


@never_cache
@sensitive_variables("made")
@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.anyone)
def token_list(request: HttpRequest) -> HttpResponse:
    """The tokens and a form for a new one of one's own; a POST shows its text, once."""
    user, now = person(request), clock.now()
    today = clock.business_day(now)
    form = TokenForm(request.POST or None, initial={"last_day": today + USUAL_LIFE})
    made = ""
    if request.method == "POST" and form.is_valid():
        try:
            _, made = services.create_token(user=user, by=user, now=now, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            form = TokenForm(initial={"last_day": today + USUAL_LIFE})
    for_others = rules.may_manage_people(user)
    found = services.tokens_of(None if for_others else user)
    context = {
        "form": form,
        "made": made,
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "today": today,
        "for_others": for_others,
    }
    return render(request, "accounts/tokens.html", context)


@require_POST
@allow(rules.anyone)
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends a token at once: by its person or the administrator."""
    user = person(request)
    token = services.tokens_of(None if rules.may_manage_people(user) else user).filter(pk=pk)
    found = token.first()
    if found is None:
        raise NotThere("没有这个令牌：请从接口令牌页里再找一次。")
    with refusal_told(request):
        services.revoke_token(token=found, by=user, now=clock.now())
        messages.success(request, f"令牌“{found.name}”已作废，用它的程序从现在起进不来。")
    return redirect("tokens")
