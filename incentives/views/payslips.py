"""Payslips: one's own by month, one's own of a month, and a colleague's for who has the right."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rules import (
    allow,
    anyone,
    may_see_campaigns,
    may_see_months,
    may_see_sales,
    person,
)
from campaigns import selectors as campaigns
from haitang.kernel import clock
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.errors import NotThere
from haitang.policy.document import parse
from incentives import explain, rules
from incentives.payslips import selectors
from incentives.payslips.payslip import Frozen, payslip, reads_why
from incentives.reports.charts import own_chart
from incentives.uplift_rows import campaign_row


@require_safe
@allow(anyone)
def own_list(request: HttpRequest) -> HttpResponse:
    """One's own payslips of a year, with a small picture of it."""
    user, years = person(request), selectors.own_years()
    text = request.GET.get("year", "")
    year = int(text) if text.isdigit() and int(text) in years else next(iter(years), None)
    rows = selectors.own_months(user.username, year) if year else []
    context: dict[str, Any] = {
        "years": years,
        "year": year,
        "rows": rows,
        "total": explain.total([{"payable": row.payable} for row in rows], "payable"),
    }
    if year and rows:
        context["chart"] = own_chart({row.month: row.payable for row in rows}, year)
    return render(request, "incentives/payslip_list.html", context)


@require_safe
@allow(anyone)
def own_payslip(request: HttpRequest, month: Month) -> HttpResponse:
    """One's own payslip of a month; an empty page says why there is none."""
    return _page(request, month, person(request), is_own=True)


@require_safe
@allow(rules.may_see_amounts)
def payslip_of(request: HttpRequest, month: Month, username: str) -> HttpResponse:
    """A person's payslip, for those who answer for the money."""
    found = User.objects.filter(username=username).first()
    if found is None:
        raise NotThere(f"没有用户名为“{username}”的人：请从{month_text(month)}的结算页里选。")
    return _page(request, month, found, is_own=found == person(request))


def _page(request: HttpRequest, month: Month, user: User, *, is_own: bool) -> HttpResponse:
    source = selectors.source_of(month)
    slip = payslip(source.frozen, user.username) if source else None
    if slip is None and not is_own:
        raise NotThere(f"{user}在{month_text(month)}没有提成：可能没有任职，或本月还没有计算。")
    context: dict[str, Any] = {
        "month": month,
        "whose": user,
        "is_own": is_own,
        "source": source,
        "slip": slip,
        "sees_months": may_see_months(request.user),
    }
    if source and slip:
        context |= _origin(source.frozen)
        context["sees_campaigns"] = may_see_campaigns(request.user)
        context["sees_sales"] = may_see_sales(request.user)
        context["objections"] = selectors.objections_of(month, user)
        lines = selectors.open_lines(source, slip, user, clock.now()) if is_own else ()
        context["open_lines"] = lines
    return render(request, "incentives/payslip.html", context)


def _origin(frozen: Frozen) -> dict[str, Any]:
    """Where the pool came from and what the reads did."""
    document = frozen.document
    beginnings = campaigns.campaign_beginnings(each["code"] for each in document["campaigns"])
    stores = campaigns.store_names()
    policy = parse(dict(frozen.policy))
    return {
        "pool": explain.pool_view(document, frozen.policy),
        "campaigns": [
            campaign_row(each, beginnings, stores, policy) for each in document["campaigns"]
        ],
        "reads": explain.reads_views(document, frozen.policy),
        "reads_why": reads_why(frozen),
        "articles": frozen.reads,
    }
