"""The start page: how the latest month stands and what came in lately."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import rules
from accounts.rules import allow
from campaigns import selectors as campaigns
from campaigns.models import Campaign, SalesImport
from haitang.kernel import clock
from incentives import selectors as settlements
from incentives.models import SettlementRun

RECENT = 5


@require_safe
@allow(rules.anyone)
def home(request: HttpRequest) -> HttpResponse:
    """What this person may see of the latest month, campaigns and imports."""
    user = request.user
    context = {
        "today": clock.business_day(clock.now()),
        "sees_months": rules.may_see_months(user),
        "run": _latest_run() if rules.may_see_months(user) else None,
        "sees_campaigns": rules.may_see_campaigns(user),
        "campaigns": _campaigns(request) if rules.may_see_campaigns(user) else None,
        "sees_imports": rules.may_see_imports(user),
        "imports": _imports() if rules.may_see_imports(user) else None,
        "may_import": rules.may_import(user),
    }
    return render(request, "web/home.html", context)


def _latest_run() -> SettlementRun | None:
    return settlements.lean(settlements.latest_runs()).first()


def _campaigns(request: HttpRequest) -> QuerySet[Campaign]:
    found = campaigns.campaigns_found(campaigns.Search(), stores=rules.visible_stores(request.user))
    return found[:RECENT]


def _imports() -> QuerySet[SalesImport]:
    return SalesImport.objects.select_related("created_by").order_by("-pk")[:RECENT]
