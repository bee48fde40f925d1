"""One's own WeChat: bound by an authorisation within WeChat, then good for logging in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.rules import allow, anyone, person
from haitang.kernel import clock
from haitang.kernel.errors import Invalid, Refusal
from haitang.kernel.telling import refusal_told
from haitang.wechat import gateway, oauth, selectors
from haitang.wechat.models import StaffBinding

BACKEND = "accounts.backends.AccountBackend"
WITHIN_WECHAT = "MicroMessenger"


@require_safe
@allow(anyone)
def my_wechat(request: HttpRequest) -> HttpResponse:
    """Whether one's WeChat is bound, and how to."""
    context = {
        "binding": StaffBinding.objects.filter(user=person(request)).first(),
        "account": selectors.shown_account(clock.now()),
        "is_within": is_within_wechat(request),
        "address": request.build_absolute_uri(reverse("wechat-mine")),
    }
    return render(request, "wechat/mine.html", context)


@never_cache
@require_safe
@allow(anyone)
def bind(request: HttpRequest) -> HttpResponse:
    """Sets out to WeChat to learn whose WeChat this is.

    No form: the content security policy lets no form lead to another host.
    """
    return _set_out(request, oauth.BIND, reverse("wechat-mine"))


@require_POST
@allow(anyone)
def unbind(request: HttpRequest) -> HttpResponse:
    """The WeChat no longer opens one's account."""
    user = person(request)
    binding = StaffBinding.objects.filter(user=user).select_related("user").first()
    if binding:
        oauth.unbind(binding=binding, by=user, now=clock.now())
        messages.success(request, "已解除绑定：这个微信不能再登录您的账号。")
    return redirect("wechat-mine")


@never_cache
@require_safe
@login_not_required
def log_in(request: HttpRequest) -> HttpResponse:
    """Sets out to WeChat to log in by it."""
    return _set_out(request, oauth.LOG_IN, request.GET.get("next", ""))


@never_cache
@require_safe
@login_not_required
def back(request: HttpRequest) -> HttpResponse:
    """Where WeChat sends the browser: the state once, the code once."""
    try:
        return _arrived(request)
    except Refusal as refusal:
        if request.user.is_authenticated:
            raise
        messages.error(request, str(refusal))
        return redirect("login")


def is_within_wechat(request: HttpRequest) -> bool:
    """Whether the browser is WeChat's own; no other gets an authorisation."""
    return WITHIN_WECHAT in request.headers.get("User-Agent", "")


def _arrived(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    way = oauth.take_state(request, request.GET.get("state", ""), now=now)
    code = request.GET.get("code", "")
    if not code:
        raise Invalid("您没有同意微信授权，所以没有继续。需要时请重新点一次。")
    client = gateway.client()
    openid = client.oauth.exchange(code)
    if way.purpose == oauth.BIND:
        return _bound(request, client, openid, way)
    if way.purpose == oauth.IDENTIFY:
        oauth.remember_openid(request, openid)
        return redirect(way.next)
    user = oauth.person_of(account=client.account, openid=openid, now=now)
    login(request, user, backend=BACKEND)
    return redirect(way.next)


def _bound(
    request: HttpRequest, client: gateway.WeChatClient, openid: str, way: oauth.Way
) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("login")
    with refusal_told(request):
        oauth.bind(user=person(request), account=client.account, openid=openid, now=clock.now())
        messages.success(request, "已绑定：以后在微信里打开登录页，点“用微信登录”就能进来。")
    return redirect(way.next)


def _set_out(request: HttpRequest, purpose: str, next_url: str) -> HttpResponse:
    client = gateway.client()
    address = oauth.begin(
        request, client=client, purpose=purpose, next_url=next_url, now=clock.now()
    )
    return redirect(address)
