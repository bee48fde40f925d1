"""The list of campaigns and one campaign's result."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.rules import allow
from campaigns import explain, rules, selectors, services
from campaigns.forms import CampaignSearch
from campaigns.models import Campaign, CampaignResult
from campaigns.wording import COMPARATOR_METHODS, COMPARATORS
from haitang.kernel import clock
from haitang.kernel.clock import Month
from haitang.kernel.errors import NotThere, Refusal

PAGE = 25
STORES_A_PAGE = 20


@require_safe
@allow(rules.may_see_campaigns)
def campaign_list(request: HttpRequest) -> HttpResponse:
    """Campaigns, newest first, narrowed by the filters in the address."""
    form = CampaignSearch(request.GET)
    stores = rules.visible_stores(request.user)
    found = selectors.campaigns_found(form.search(), stores=stores)
    context = {
        "form": form,
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "sees_all": stores is None,
    }
    return render(request, "campaigns/campaign_list.html", context)


@require_safe
@allow(rules.may_see_campaigns)
def campaign_page(request: HttpRequest, code: str) -> HttpResponse:
    """One campaign: facts, uplift, and for each store the days it was compared with."""
    stores = rules.visible_stores(request.user)
    campaign = _campaign(code, stores)
    result = CampaignResult.objects.filter(campaign=campaign).first()
    context = {
        "campaign": campaign,
        "month": Month.of(campaign.end),
        "result": result,
        "sees_all": stores is None,
        "sees_months": rules.may_see_months(request.user),
        "may_compute": rules.may_compute_uplift(request.user),
        "sees_sales": rules.may_see_sales(request.user),
        "participants": campaign.participations.count(),
        **(_result(result, request, stores) if result else {}),
    }
    return render(request, "campaigns/campaign.html", context)


@require_POST
@allow(rules.may_compute_uplift)
def compute(request: HttpRequest, code: str) -> HttpResponse:
    """Computes one campaign's uplift from the sales as they are now."""
    campaign = _campaign(code, rules.visible_stores(request.user))
    try:
        changed = services.compute_uplift(now=clock.now(), codes=[campaign.code])
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        said = "已按现在的销售重新计算。" if changed else "销售没有变化，结果与上次相同。"
        messages.success(request, said)
    return redirect("campaign", code=campaign.code)


def _campaign(code: str, stores: frozenset[str] | None) -> Campaign:
    campaign = (
        selectors.held_to(Campaign.objects.all(), stores)
        .select_related("article")
        .prefetch_related("stores")
        .filter(code=code)
        .first()
    )
    if campaign is None:
        raise NotThere(f"没有编号为“{code}”的活动：请从活动列表里再找一次。")
    return campaign


def _result(
    result: CampaignResult, request: HttpRequest, stores: frozenset[str] | None
) -> dict[str, Any]:
    snapshot = result.document
    comparator = snapshot["campaign"]["comparator"]
    names = selectors.store_names()
    rows = explain.store_rows(snapshot, stores, by_uplift=request.GET.get("sort") == "uplift")
    page = Paginator(rows, STORES_A_PAGE).get_page(request.GET.get("page"))
    return {
        "compared": COMPARATORS.get(comparator, comparator),
        "method": COMPARATOR_METHODS.get(comparator, ""),
        "metrics": explain.metrics(snapshot),
        "page": page,
        "stores": explain.store_views(snapshot, page.object_list, names),
        "left_out": explain.left_out(snapshot, names, stores),
        "problem_count": len(result.problems),
    }
