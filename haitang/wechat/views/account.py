"""The page of the official account: what is configured, what it may do, what was asked of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.rules import allow, person
from haitang.kernel import clock, jobs
from haitang.wechat import selectors
from haitang.wechat.accounts import configured
from haitang.wechat.gateway import NotConfigured
from haitang.wechat.rules import may_manage_wechat
from haitang.wechat.statistics.pulling import TITLES


@require_safe
@allow(may_manage_wechat)
def account_page(request: HttpRequest) -> HttpResponse:
    """What is configured and how it goes."""
    now = clock.now()
    account = selectors.shown_account(now)
    context: dict[str, Any] = {
        "account": account,
        "now": now,
        "settings": selectors.settings_given(),
        "callback": request.build_absolute_uri(reverse("wechat-callback")),
    }
    if account:
        under_way = selectors.jobs_under_way("wechat_capabilities", "wechat_statistics")
        context |= {
            "abilities": selectors.abilities_of(account),
            "syncs": selectors.syncs_of(account),
            "token": selectors.token_of(account),
            "used": selectors.used_today(account, now),
            "calls": selectors.last_calls(account),
            "asking": any(job.kind == "wechat_capabilities" for job in under_way),
            "pulling": any(job.kind == "wechat_statistics" for job in under_way),
        }
    return render(request, "wechat/account.html", context)


@require_POST
@allow(may_manage_wechat)
def ask_abilities(request: HttpRequest) -> HttpResponse:
    """Has WeChat asked what the account may do."""
    _start(request, "wechat_capabilities", {}, "正在向微信查询公众号的能力，几秒钟后刷新这一页。")
    return redirect("wechat-account")


@require_POST
@allow(may_manage_wechat)
def pull(request: HttpRequest) -> HttpResponse:
    """Has one kind of figures pulled, or all of them."""
    name = request.POST.get("name", "")
    payload = {"names": [name]} if name in TITLES else {}
    _start(request, "wechat_statistics", payload, "正在从微信同步，完成后刷新这一页就能看到。")
    return redirect("wechat-account")


def _start(request: HttpRequest, kind: str, payload: dict[str, Any], said: str) -> None:
    """One job of a kind at a time."""
    if configured() is None:
        messages.error(request, NotConfigured().sentence)
    elif selectors.jobs_under_way(kind):
        messages.info(request, "同样的任务已经在进行：等它完成后刷新这一页。")
    else:
        jobs.enqueue(kind=kind, payload=payload, by=person(request), now=clock.now())
        messages.success(request, said)
