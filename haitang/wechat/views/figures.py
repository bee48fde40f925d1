"""WeChat's statistics as they are kept here: followers by day, and the articles' readers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.rules import allow
from haitang.kernel import clock
from haitang.wechat import selectors
from haitang.wechat.rules import may_manage_wechat, may_see_figures
from haitang.wechat.statistics import selectors as figures
from haitang.wechat.statistics.pulling import TITLES
from haitang.wechat.statistics.selectors import FollowersOfDay

SPANS = (30, 90, 365)
SHOWN_DAYS = 31


@require_safe
@allow(may_see_figures)
def figures_page(request: HttpRequest) -> HttpResponse:
    """Followers by day with a chart, where they came from, and the articles' reads."""
    now = clock.now()
    asked = request.GET.get("days", "")
    span = int(asked) if asked in map(str, SPANS) else SPANS[0]
    account = selectors.shown_account(now)
    context: dict[str, Any] = {
        "account": account,
        "span": span,
        "spans": SPANS,
        "may_manage": may_manage_wechat(request.user),
    }
    if account:
        today = clock.business_day(now)
        first = today - timedelta(days=span)
        days = figures.followers_by_day(account, first, today)
        context |= {
            "days": days[::-1][:SHOWN_DAYS],
            "chart": followers_chart(days) if days else None,
            "gained": sum(day.new for day in days),
            "lost": sum(day.lost for day in days),
            "total": next((day.total for day in reversed(days) if day.total is not None), None),
            "sources": figures.sources_between(account, first, today),
            "articles": figures.articles_since(account, first),
            "notes": [
                (sync.title, sync.cursor.note)
                for sync in selectors.syncs_of(account)
                if sync.cursor and sync.cursor.note and sync.name in TITLES
            ],
        }
    return render(request, "wechat/figures.html", context)


def followers_chart(days: list[FollowersOfDay]) -> dict[str, Any]:
    """New and lost by day, for static/js/charts.js. Pure."""
    return {
        "unit": "人",
        "categories": [f"{each.day.month}/{each.day.day}" for each in days],
        "series": [
            {"name": "新增关注", "tone": "good", "values": [str(each.new) for each in days]},
            {"name": "取消关注", "tone": "accent", "values": [str(each.lost) for each in days]},
        ],
    }
