"""网页授权 (snsapi_base): who opened a page within WeChat; staff bind their own and log in by it.

The state that travels with the browser is random, lives in the session for ten minutes and
serves once; where the browser goes afterwards never comes from outside unchecked.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from haitang.kernel import audit, clock
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from haitang.wechat.gateway import WeChatClient
from haitang.wechat.models import Account, StaffBinding

STREAM = "wechat"
BIND, LOG_IN, IDENTIFY = "bind", "log_in", "identify"
LASTS = timedelta(minutes=10)
_STATE, _OPENID = "wechat_oauth", "wechat_openid"


@dataclass(frozen=True)
class Way:
    """What an authorisation was for, and where the browser goes afterwards."""

    purpose: str
    next: str


def begin(
    request: HttpRequest, *, client: WeChatClient, purpose: str, next_url: str, now: datetime
) -> str:
    """The address at WeChat to which the browser is to be sent."""
    state = secrets.token_urlsafe(24)
    request.session[_STATE] = {
        "state": state,
        "purpose": purpose,
        "next": safe_next(request, next_url),
        "until": (now + LASTS).timestamp(),
    }
    return client.oauth.url(request.build_absolute_uri(reverse("wechat-oauth-back")), state)


def take_state(request: HttpRequest, state: str, *, now: datetime) -> Way:
    """What this browser set out for; the state is used up. Raises Invalid for any other."""
    kept = request.session.pop(_STATE, None) or {}
    known = str(kept.get("state", ""))
    if not known or not secrets.compare_digest(known, state):
        raise Invalid("这次微信授权不是从这个浏览器发起的，或已经用过。请回到登录页，重新点一次。")
    if now.timestamp() > float(kept["until"]):
        raise Invalid("微信授权超过了 10 分钟。请回到登录页，重新点一次。")
    return Way(str(kept["purpose"]), str(kept["next"]))


def safe_next(request: HttpRequest, url: str) -> str:
    """The address if it is one of this site, else the start page."""
    is_ours = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if url and is_ours else "/"


def remember_openid(request: HttpRequest, openid: str) -> None:
    """Who opened pages in this browser; for pages that followers see."""
    request.session[_OPENID] = openid


def openid_of(request: HttpRequest) -> str:
    """The openid of this browser; empty when no authorisation took place."""
    return str(request.session.get(_OPENID, ""))


def bind(*, user: User, account: Account, openid: str, now: datetime) -> StaffBinding:
    """This WeChat is that person's own. Raises Conflict when it is somebody else's."""
    try:
        with transaction.atomic():
            binding, _ = StaffBinding.objects.update_or_create(
                user=user, defaults={"account": account, "openid": openid, "bound_at": now}
            )
            audit.record(stream=STREAM, act="bind_wechat", obj=user, by=user, now=now)
    except IntegrityError:
        raise Conflict(
            "这个微信已经绑定了别的账号：请先用那个账号登录、解除绑定，或请管理员处理。"
        ) from None
    return binding


def unbind(*, binding: StaffBinding, by: User, now: datetime) -> None:
    """The WeChat no longer opens the account."""
    with transaction.atomic():
        audit.record(stream=STREAM, act="unbind_wechat", obj=binding.user, by=by, now=now)
        binding.delete()


def person_of(*, account: Account, openid: str, now: datetime) -> User:
    """Whose WeChat this is, with an open account. Raises NotAllowed with what to do."""
    binding = (
        StaffBinding.objects.filter(account=account, openid=openid).select_related("user").first()
    )
    if binding is None:
        raise NotAllowed(
            "这个微信还没有绑定账号：请先用用户名和密码登录，在“我的微信”里绑定，以后就能直接登录。"
        )
    if not binding.user.may_enter(clock.business_day(now)):
        raise NotAllowed("这个微信绑定的账号已经停用：请联系管理员。")
    StaffBinding.objects.filter(pk=binding.pk).update(last_used_at=now)
    return binding.user
