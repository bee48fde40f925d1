"""The address that WeChat calls: check, store, answer. Processing is a worker's."""

from __future__ import annotations

import logging

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from haitang.kernel import clock
from haitang.kernel.errors import Refusal
from haitang.wechat.accounts import Credentials, configured
from haitang.wechat.webhook.errors import Malformed, TooLarge
from haitang.wechat.webhook.inserting import row_of
from haitang.wechat.webhook.receiving import MAX_BODY, echo, receive
from haitang.wechat.webhook.storing import store

logger = logging.getLogger(__name__)

_PLAIN = "text/plain; charset=utf-8"
_NOT_CONFIGURED = "这里没有接入公众号。"
_TOO_LARGE = f"内容超过 {MAX_BODY // 1024} KiB，微信的消息没有这么大，没有接收。"
_NO_LENGTH = "请求没有写明内容的长度，没有接收。"


@csrf_exempt
@login_not_required
def callback(request: HttpRequest) -> HttpResponse:
    """WeChat's check of the address (GET) and its messages (POST).

    A message is stored under its unique key before it is answered ``success``; a duplicate is
    answered the same. Whatever is not WeChat's is refused with a sentence and leaves nothing.
    """
    if request.method not in {"GET", "POST"}:
        return HttpResponseNotAllowed(["GET", "POST"])
    credentials = configured()
    if credentials is None:
        return _said(_NOT_CONFIGURED, 404)
    try:
        return _said(_answer(request, credentials))
    except Refusal as refusal:
        logger.warning("微信回调被拒绝（%s）：%s", refusal.status, refusal.sentence)
        return _said(refusal.sentence, refusal.status)


def _said(text: str, status: int = 200) -> HttpResponse:
    headers = {"Content-Type": _PLAIN, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(text, status=status, headers=headers)


def _answer(request: HttpRequest, credentials: Credentials) -> str:
    now = clock.now()
    query = request.GET
    if request.method == "GET":
        return echo(query, credentials=credentials, now=now)
    incoming = receive(query, _body(request), credentials=credentials, now=now)
    store(row_of(incoming, credentials.app_id))
    return "success"


def _body(request: HttpRequest) -> bytes:
    """The body; its length is looked at before anything is read."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not (length.isascii() and length.isdigit()):
        raise Malformed(_NO_LENGTH)
    if int(length) > MAX_BODY:
        raise TooLarge(_TOO_LARGE)
    return request.body
