"""The webhook as a WSGI application of its own, in front of Django's handler.

The middleware (sessions, log-in, CSRF …) has nothing to say about a request that WeChat signs; it
and the search for the address took three quarters of such a request's time
(docs/performance.md). The answer is made by the same function as the view's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from haitang.kernel import clock
from haitang.wechat.webhook.answering import HEADERS, Request, answer

PATH = "/wechat/callback/"

logger = logging.getLogger(__name__)
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def with_webhook(application: Application) -> Application:
    """The application with the webhook before it."""

    def dispatch(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == PATH:
            return _respond(environ, start_response)
        return application(environ, start_response)

    return dispatch


def _respond(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    try:
        status, text = answer(_request(environ), now=clock.now())
    except Exception:  # here nobody else turns it into an answer
        logger.exception("微信回调没有完成")
        status, text = 500, "服务器出错了，消息没有保存，请稍后重发。"
    body = text.encode()
    headers = [*HEADERS.items(), ("Content-Length", str(len(body)))]
    start_response(_line(status), headers)
    return [body]


def _request(environ: dict[str, Any]) -> Request:
    return Request(
        method=environ["REQUEST_METHOD"],
        query=dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        length=environ.get("CONTENT_LENGTH") or "",
        read=environ["wsgi.input"].read,
    )


@lru_cache(maxsize=32)
def _line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
