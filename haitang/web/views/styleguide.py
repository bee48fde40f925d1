"""The living page of the design system: every component as the pages use it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.rules import Predicate, allow
from campaigns.explain import Cell
from haitang.kernel.clock import days_between

may_see_styleguide = Predicate(
    "administrator, or anyone in debug", lambda who: who.is_administrator or settings.DEBUG
)
COLOURS = (
    ("paper", "页面的底"),
    ("card", "卡片"),
    ("sunk", "凹下的底：说明、筛选"),
    ("ink", "正文"),
    ("soft", "次要文字"),
    ("line", "分隔线"),
    ("line-strong", "边框"),
    ("accent", "海棠红：只给最要紧的一件事"),
    ("accent-soft", "海棠红的底"),
    ("good", "齐全、上升"),
    ("good-soft", "齐全的底"),
    ("warn", "还缺、要注意"),
    ("warn-soft", "还缺的底"),
)
FIRST, LAST = date(2026, 9, 19), date(2026, 10, 17)
SKIPPED = {date(2026, 9, 26): "调休上班", date(2026, 10, 3): "法定节假日"}


@require_safe
@allow(may_see_styleguide)
def styleguide(request: HttpRequest) -> HttpResponse:
    """Colours, type and each component with invented figures."""
    messages.success(request, "已保存。这是一条提示：做成了什么。")
    messages.warning(request, "已计算，有 2 个问题要先解决。")
    messages.error(request, "没有保存：上面的日期写得不对，请改成 2026-10-17 这样。")
    context: dict[str, Any] = {
        "colours": COLOURS,
        "shares": range(1, 9),
        "cells": [
            _cell(day) for day in days_between(FIRST, LAST) if day.weekday() == FIRST.weekday()
        ],
        "start": LAST,
        "page": Paginator(range(60), 20).get_page(2),
        "chart": _chart(),
    }
    return render(request, "web/styleguide.html", context)


def _cell(day: date) -> Cell:
    if day in SKIPPED:
        return Cell(day, "skipped", "—", SKIPPED[day])
    return (
        Cell(day, "event", "¥2,563", "活动") if day == LAST else Cell(day, "used", "¥680", "基准")
    )


def _chart() -> dict[str, Any]:
    return {
        "categories": ["H01 人民路店", "H02 中山路店", "H03 解放街店"],
        "series": [
            {"name": "实际毛利", "tone": "accent", "values": ["4633.56", "3736.43", "2603.01"]},
            {"name": "基准毛利", "tone": "share-7", "values": ["1307.47", "1620.82", "1286.57"]},
        ],
        "horizontal": True,
    }
