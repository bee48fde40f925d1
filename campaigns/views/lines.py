"""What a store sold on a day, down to the lines: where the way of a figure ends."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.rules import allow
from campaigns import rules, selectors
from campaigns.models import Store
from haitang.kernel.clock import days_between
from haitang.kernel.display import day_text
from haitang.kernel.errors import NotThere

PAGE = 50


@require_safe
@allow(rules.may_see_sales)
def store_day(request: HttpRequest, code: str, day: date) -> HttpResponse:
    """The roll-up and the lines of the version that counts, with the import they came from."""
    store = Store.objects.filter(code=code).first()
    if store is None or not rules.may_see_store(request.user, code):
        raise NotThere(f"没有门店“{code}”{day_text(day)}的销售可看：请从活动页里点日期进来。")
    found = selectors.store_day(code, day)
    held = list(selectors.campaigns_on(store, day))
    context = {
        "store": store,
        "day": day,
        "found": found,
        "margin": Fraction(found.amount_fen - found.cost_fen, 100) if found else 0,
        "page": Paginator(selectors.lines_of(found), PAGE).get_page(request.GET.get("page"))
        if found
        else None,
        "campaigns": held,
        # Of a campaign of several days: the others, one tap away.
        "spans": [
            (each, days_between(each.start, each.end)) for each in held if each.start != each.end
        ],
        "before": day - timedelta(days=1) if day > date.min else None,
        "after": day + timedelta(days=1) if day < date.max else None,
        "sees_imports": rules.may_see_imports(request.user),
        "reveals_cards": rules.may_reveal_cards(request.user),
    }
    return render(request, "campaigns/store_day.html", context)
