"""The list of campaigns and one campaign's result."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.rules import allow, person
from campaigns import charts, explain, history, rules, selectors, services
from campaigns.articles import articles_near
from campaigns.forms import CampaignSearch
from campaigns.models import Campaign, CampaignResult
from campaigns.statuses import main_step, open_steps, waits_for
from campaigns.wording import compared, method
from haitang.kernel import clock, sheets
from haitang.kernel.clock import Month
from haitang.kernel.errors import NotThere
from haitang.kernel.telling import refusal_told
from haitang.policy.selectors import policy_for

PAGE = 25
A_YEAR = timedelta(days=366)  # as far back as a baseline looks, but for unusual choices
STORES_A_PAGE = 8


@require_safe
@allow(rules.may_see_campaigns)
def campaign_list(request: HttpRequest) -> HttpResponse:
    """Campaigns, newest first, narrowed by the filters in the address."""
    stores = rules.visible_stores(request.user)
    form = CampaignSearch(request.GET, sees_all=stores is None)
    found = selectors.campaigns_found(form.search(), stores=stores)
    context = {
        "form": form,
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "is_filtered": any(request.GET.get(name) for name in form.fields if name != "sort"),
        "sees_all": stores is None,
        "may_edit": rules.may_edit_campaigns(request.user),
    }
    return render(request, "campaigns/campaign_list.html", context)


@require_safe
@allow(rules.may_see_campaigns)
def export(request: HttpRequest, fmt: sheets.Format) -> HttpResponse:
    """The campaigns that the filters leave, all pages, as a file."""
    stores = rules.visible_stores(request.user)
    form = CampaignSearch(request.GET, sees_all=stores is None)
    found = selectors.campaigns_found(form.search(), stores=stores)
    sees_all = stores is None
    columns = ["编号", "名称", "开始", "结束", "规模", "类型", "状态"]
    return sheets.download(
        fmt,
        name="活动",
        columns=[*columns, "毛利增加值（元）"] if sees_all else columns,
        rows=(_exported(each, sees_all=sees_all) for each in found),
        by=person(request),
        now=clock.now(),
    )


@require_safe
@allow(rules.may_see_campaigns)
def campaign_page(request: HttpRequest, code: str) -> HttpResponse:
    """One campaign: facts, uplift, and for each store the days it was compared with."""
    stores = rules.visible_stores(request.user)
    campaign = _campaign(code, stores)
    result = selectors.result_of(campaign)
    context = {
        "campaign": campaign,
        "month": Month.of(campaign.end),
        "result": result,
        "sees_all": stores is None,
        "sees_months": rules.may_see_months(request.user),
        "may_compute": rules.may_compute_uplift(request.user),
        "sees_sales": rules.may_see_sales(request.user),
        "participants": selectors.participants(campaign),
        **_life(campaign, request, sees_all=stores is None),
        **(_result(campaign, result, request, stores) if result else {}),
    }
    return render(request, "campaigns/campaign.html", context)


@require_safe
@allow(rules.may_see_campaigns)
def stores_export(request: HttpRequest, code: str, fmt: sheets.Format) -> HttpResponse:
    """The table of stores as a file: actual, baseline and uplift of each."""
    stores = rules.visible_stores(request.user)
    campaign = _campaign(code, stores)
    result = selectors.result_of(campaign)
    if result is None:
        raise NotThere(f"活动“{campaign.title}”还没有计算增加值，没有表可下载：请先计算。")
    names = selectors.store_names()
    return sheets.download(
        fmt,
        name=f"{campaign.code} 各店增加值",
        columns=["门店", "名称", "实际毛利（元）", "基准毛利（元）", "毛利增加值（元）", "说明"],
        rows=explain.store_table(result.document, names, stores),
        by=person(request),
        now=clock.now(),
        obj=campaign,
    )


@require_POST
@allow(rules.may_compute_uplift)
def compute(request: HttpRequest, code: str) -> HttpResponse:
    """Computes one campaign's uplift from the sales as they are now."""
    campaign = _campaign(code, rules.visible_stores(request.user))
    with refusal_told(request):
        changed = services.compute_uplift(now=clock.now(), codes=[campaign.code])
        said = "已按现在的销售重新计算。" if changed else "销售没有变化，结果与上次相同。"
        messages.success(request, said)
    return redirect("campaign", code=campaign.code)


def _campaign(code: str, stores: frozenset[str] | None) -> Campaign:
    campaign = selectors.campaign_of(code, stores)
    if campaign is None:
        raise NotThere(f"没有编号为“{code}”的活动：请从活动列表里再找一次。")
    return campaign


def _life(campaign: Campaign, request: HttpRequest, *, sees_all: bool) -> dict[str, Any]:
    """Where the campaign stands, what may be done now, and what was done."""
    today = clock.business_day(clock.now())
    entries = history.entries_of(campaign) if sees_all else []
    may_edit = rules.may_edit_campaigns(request.user)
    may_link = rules.may_link_articles(request.user) and campaign.status != "cancelled"
    main = main_step(campaign, today=today) if may_edit else None
    steps = open_steps(campaign, today=today) if may_edit else []
    return {
        "stages": history.stages(campaign, entries),
        "deeds": history.deeds(entries),
        "may_edit": may_edit,
        "main_step": main,
        "steps": [each for each in steps if each != main],
        "waits": waits_for(campaign, today=today) if may_edit else "",
        "may_link": may_link,
        "articles": articles_near(campaign.start) if may_link else [],
    }


def _result(
    campaign: Campaign, result: CampaignResult, request: HttpRequest, stores: frozenset[str] | None
) -> dict[str, Any]:
    snapshot, comparator = result.document, result.document["campaign"]["comparator"]
    policy = policy_for(Month.of(campaign.end))
    names = selectors.store_names()
    rows = explain.store_rows(snapshot, stores, by_uplift=request.GET.get("sort") != "code")
    page = Paginator(rows, STORES_A_PAGE).get_page(request.GET.get("page"))
    shown = explain.store_views(snapshot, page.object_list, names)
    return {
        "compared": compared(comparator, policy),
        "method": method(comparator, policy),
        "policy_changed": policy.code != result.policy_code,
        "sales_changed": selectors.sales_changed_since(
            result.computed_at, first=campaign.start - A_YEAR, last=campaign.end
        ),
        "metrics": explain.metrics(snapshot),
        "page": page,
        "by_code": request.GET.get("sort") == "code",
        "chart_name": f"{campaign.code}-各店增加值",
        "chart": charts.stores_chart(shown),
        "stores": [(store, charts.days_chart(store)) for store in shown],
        "left_out": explain.left_out(snapshot, names, stores),
        "problem_count": len(result.problems),
    }


def _exported(campaign: Campaign, *, sees_all: bool) -> list[sheets.Cell]:
    row: list[sheets.Cell] = [
        campaign.code,
        campaign.title,
        campaign.start,
        campaign.end,
        campaign.get_scale_display(),
        campaign.get_kind_display(),
        campaign.get_status_display(),
    ]
    return [*row, getattr(campaign, "margin_uplift", None)] if sees_all else row
