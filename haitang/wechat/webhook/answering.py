"""What the webhook answers, whichever door a request came through."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from haitang.kernel.errors import Refusal
from haitang.wechat.accounts import Credentials, configured
from haitang.wechat.webhook.errors import Malformed, TooLarge
from haitang.wechat.webhook.inserting import row_of
from haitang.wechat.webhook.receiving import MAX_BODY, echo, receive
from haitang.wechat.webhook.storing import store

logger = logging.getLogger(__name__)

METHODS = ("GET", "POST")
HEADERS = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
_NOT_CONFIGURED = "这里没有接入公众号。"
_OTHER_METHOD = "这个地址只接收微信服务器的 GET 和 POST 请求。"
_TOO_LARGE = f"内容超过 {MAX_BODY // 1024} KiB，微信的消息没有这么大，没有接收。"
_NO_LENGTH = "请求没有写明内容的长度，没有接收。"


@dataclass(frozen=True, slots=True)
class Request:
    """What the webhook needs to know of a request; ``read`` gives so many bytes of the body."""

    method: str
    query: Mapping[str, str]
    length: str
    read: Callable[[int], bytes]


def answer(request: Request, *, now: datetime) -> tuple[int, str]:
    """Status and text. A message is stored under its unique key before it is answered ``success``;

    a duplicate is answered the same. Whatever is not WeChat's is refused with a sentence and
    leaves nothing.
    """
    credentials = configured()
    if credentials is None:
        return 404, _NOT_CONFIGURED
    if request.method not in METHODS:
        return 405, _OTHER_METHOD
    try:
        return 200, _answer(request, credentials, now)
    except Refusal as refusal:
        logger.warning("微信回调被拒绝（%s）：%s", refusal.status, refusal.sentence)
        return refusal.status, refusal.sentence


def _answer(request: Request, credentials: Credentials, now: datetime) -> str:
    if request.method == "GET":
        return echo(request.query, credentials=credentials, now=now)
    incoming = receive(request.query, _body(request), credentials=credentials, now=now)
    store(row_of(incoming, credentials.app_id))
    return "success"


def _body(request: Request) -> bytes:
    """The body; its length is looked at before anything is read."""
    length = request.length
    if not (length.isascii() and length.isdigit()):
        raise Malformed(_NO_LENGTH)
    if len(length) > len(str(MAX_BODY)) or int(length) > MAX_BODY:
        raise TooLarge(_TOO_LARGE)
    return request.read(int(length))
