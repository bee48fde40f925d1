"""Stores: the list, one store with its sales and campaigns, adding and changing."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rules import allow, person
from campaigns import rules, services
from campaigns.models import Store
from campaigns.store_forms import StoreForm, StoreSearch
from campaigns.stores import DaySales, campaigns_of, recent_days, stores_found
from haitang.kernel import clock
from haitang.kernel.errors import NotThere, Refusal

PAGE = 50
FIRST_DAYS = 14
CAMPAIGNS = 12


@require_safe
@allow(rules.may_see_stores)
def store_list(request: HttpRequest) -> HttpResponse:
    """The stores, found by code or name, open or closed."""
    today = _today()
    form = StoreSearch(request.GET)
    stores = stores_found(**form.search(), today=today, stores=rules.visible_stores(request.user))
    context = {
        "form": form,
        "today": today,
        "page": Paginator(stores, PAGE).get_page(request.GET.get("page")),
        "is_filtered": any(form.search().values()),
        "sees_sales": rules.may_see_sales(request.user),
        "may_edit": rules.may_edit_stores(request.user),
    }
    return render(request, "campaigns/store_list.html", context)


@require_safe
@allow(rules.may_see_stores)
def store_page(request: HttpRequest, code: str) -> HttpResponse:
    """One store: its facts, what it sold lately, the campaigns it took part in."""
    store, today = found(request, code), _today()
    sees_sales = rules.may_see_sales(request.user)
    days = recent_days(store, today=today) if sees_sales else []
    listed = days if request.GET.get("days") == "all" else days[:FIRST_DAYS]
    traded = [day for day in days if day.found]
    campaigns = campaigns_of(store)
    context = {
        "store": store,
        "is_closed": store.closed_on is not None and store.closed_on < today,
        "sees_sales": sees_sales,
        "days": listed,
        "more_days": len(days) - len(listed),
        "bars": days[::-1],
        "width": max(10, 10 * len(days)),
        "today": today,
        "traded": len(traded),
        "margin": _yuan(sum(day.margin_fen for day in traded)),
        "amount": _yuan(sum(day.found.amount_fen for day in traded if day.found)),
        "span": _span(days),
        "campaigns": campaigns[:CAMPAIGNS],
        "campaign_count": campaigns.count(),
        "may_edit": rules.may_edit_stores(request.user),
    }
    return render(request, "campaigns/store.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_edit_stores)
def store_add(request: HttpRequest) -> HttpResponse:
    """Adds a store."""
    form = StoreForm(request.POST or None, with_code=True)
    if request.method == "POST" and form.is_valid():
        try:
            store = services.add_store(
                code=form.cleaned_data["code"],
                entry=form.entry(),
                by=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已添加门店“{store}”。")
            return redirect("store", code=store.code)
    return render(request, "campaigns/store_form.html", {"form": form, "store": None})


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_edit_stores)
def store_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Changes a store's name, opening and closing day."""
    store = found(request, code)
    form = StoreForm(request.POST or None, store=store)
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.change_store(
                store=store, entry=form.entry(), by=person(request), now=clock.now()
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            said = (
                "已保存。已经算好的月份不会自动改，需要时请重新计算。" if changed else "没有改动。"
            )
            messages.success(request, said)
            return redirect("store", code=store.code)
    return render(request, "campaigns/store_form.html", {"form": form, "store": store})


def found(request: HttpRequest, code: str) -> Store:
    """The store of that code, or NotThere also where the person may not know of it."""
    visible = rules.visible_stores(request.user)
    store = Store.objects.filter(code=code).first()
    if store is None or (visible is not None and code not in visible):
        raise NotThere(f"没有编码为“{code}”的门店：请从门店列表里再找一次。")
    return store


def _today() -> date:
    return clock.business_day(clock.now())


def _yuan(fen: int) -> Fraction:
    return Fraction(fen, 100)


def _span(days: list[DaySales]) -> tuple[date, date] | None:
    return (days[-1].day, days[0].day) if days else None
