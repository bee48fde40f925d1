"""The menu: edited, saved as a version, pushed; and what followers see now."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.errors import NotThere, Refusal
from haitang.kernel.telling import refusal_told
from haitang.wechat import gateway, menu_form, menus, selectors
from haitang.wechat.models import MenuVersion
from haitang.wechat.rules import may_manage_wechat

VERSIONS = 10


@require_http_methods(["GET", "HEAD", "POST"])
@allow(may_manage_wechat)
def menu_page(request: HttpRequest) -> HttpResponse:
    """The menu as fields; a POST saves a version. ``?live=1`` asks WeChat what is live."""
    if request.method != "POST":
        return _page(request)
    columns = menu_form.columns_typed(request.POST.dict())
    try:
        menus.save_menu(buttons=menu_form.buttons_of(columns), by=person(request), now=clock.now())
    except Refusal as refusal:
        return _page(request, columns=columns, refusal=refusal)
    messages.success(request, "菜单已保存，还没有推送：核对后点“推送到微信”。")
    return redirect("wechat-menu")


@require_POST
@allow(may_manage_wechat)
def push(request: HttpRequest, pk: int) -> HttpResponse:
    """Makes a saved version WeChat's menu."""
    version = MenuVersion.objects.filter(pk=pk).first()
    if version is None:
        raise NotThere("没有这个菜单版本：请从菜单页里再选一次。")
    by = person(request)
    with refusal_told(request):
        menus.push_menu(version=version, client=gateway.client(by=by), by=by, now=clock.now())
        messages.success(request, "菜单已推送。粉丝重新进入公众号，或最迟 5 分钟后看到。")
    return redirect("wechat-menu")


def _page(
    request: HttpRequest,
    *,
    columns: list[menu_form.Column] | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    account = selectors.shown_account(clock.now())
    versions = (
        list(MenuVersion.objects.filter(account=account).select_related("by")[:VERSIONS])
        if account
        else []
    )
    latest = versions[0] if versions else None
    context: dict[str, Any] = {
        "account": account,
        "columns": columns or menu_form.columns_of(latest.buttons if latest else []),
        "kinds": [(kind, words) for kind, (_, words) in menus.KINDS.items()],
        "versions": [(each, menus.lines_of(each.buttons)) for each in versions],
        "refusal": refusal,
    }
    if account and request.GET.get("live"):
        context |= _live(request)
    return render(request, "wechat/menu.html", context, status=400 if refusal else 200)


def _live(request: HttpRequest) -> dict[str, Any]:
    try:
        buttons = menus.live_buttons(gateway.client(by=person(request)))
    except gateway.WeChatError as error:
        return {"live_fault": error.sentence}
    return {"live": menus.lines_of(buttons), "asked_live": True}
