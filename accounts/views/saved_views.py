"""Saving the filters of a list under a name, and forgetting them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts import rules
from accounts.models import SavedView
from accounts.rules import allow, person
from accounts.services.saved_views import delete_view, plain_query, save_view
from haitang.kernel import clock
from haitang.kernel.errors import NotThere
from haitang.kernel.telling import refusal_told

# The lists (by the name of their address) whose filters may be saved.
LISTS = ("campaigns", "articles", "imports", "people", "expenses", "fees", "journals")


@require_POST
@allow(rules.anyone)
def save(request: HttpRequest) -> HttpResponse:
    """Keeps the filters of a list for this person, and shows the list with them."""
    page, query = request.POST.get("page", ""), request.POST.get("query", "")
    if page not in LISTS:
        messages.error(request, "这个列表不能保存条件：请从列表里的“保存这组条件”进入。")
        return redirect("home")
    with refusal_told(request):
        view = save_view(
            page=page,
            name=request.POST.get("name", ""),
            query=query,
            by=person(request),
            now=clock.now(),
        )
        messages.success(request, f"已保存为“{view.name}”，下次点一下就是这组条件。")
    return redirect(address(page, query))


@require_POST
@allow(rules.anyone)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forgets one of the person's own saved filters; NotThere for anybody else's."""
    view = SavedView.objects.filter(pk=pk, user=person(request)).first()
    if view is None:
        raise NotThere("没有这组条件：可能已经删掉了，请回到列表看看。")
    delete_view(view=view)
    messages.success(request, f"已删掉“{view.name}”这组条件。")
    return redirect(address(view.page, view.query))


def address(page: str, query: str) -> str:
    """The list's address with these filters."""
    plain = plain_query(query)
    return f"{reverse(page)}?{plain}" if plain else reverse(page)
