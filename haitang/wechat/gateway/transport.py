"""One HTTP exchange with WeChat: bounded in time and size, and no secret leaves it in an error."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from haitang.wechat.gateway.errors import WeChatError, scrub
from haitang.wechat.gateway.sentences import BAD_ANSWER, NO_ANSWER, UNREACHABLE

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 3.0, 10.0, 30.0
LARGEST = 20 * 1024 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """What came back: an object of JSON, or bytes of another kind."""

    json: dict[str, Any] | None
    content: bytes

    @property
    def errcode(self) -> int:
        """WeChat's error code; 0 when there is none."""
        return int((self.json or {}).get("errcode") or 0)

    @property
    def errmsg(self) -> str:
        """WeChat's own words for it."""
        return str((self.json or {}).get("errmsg") or "")


def exchange(
    http: requests.Session,
    method: str,
    url: str,
    *,
    params: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | bytes | None = None,
    files: Mapping[str, tuple[str, bytes]] | None = None,
) -> Answer:
    """Ask and read the answer. JSON goes out as UTF-8, not escaped: WeChat shows escapes.

    Raises WeChatError: UNREACHABLE when nothing was sent, NO_ANSWER when it may have been
    received, BAD_ANSWER for an answer that is no success of HTTP or too large.
    """
    path = url.split("?", 1)[0]
    try:
        with http.request(
            method,
            url,
            params=params,
            data=_encoded(body) if files is None else None,
            files=files,
            headers={} if files else {"Content-Type": "application/json; charset=utf-8"},
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            content = _read(response, path)
            status = response.status_code
    except requests.RequestException as error:
        # Not chained: the text of these errors holds the whole address, token included.
        raise WeChatError(_code_of(error), path=path) from None
    if status != 200:
        raise WeChatError(BAD_ANSWER, errmsg=f"HTTP {status}", path=path)
    return Answer(_decoded(content), content)


def _encoded(body: Mapping[str, Any] | bytes | None) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return json.dumps(body, ensure_ascii=False).encode()


def _decoded(content: bytes) -> dict[str, Any] | None:
    if not content.lstrip().startswith(b"{"):
        return None
    try:
        found = json.loads(content.decode("utf-8", "replace"), strict=False)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _read(response: requests.Response, path: str) -> bytes:
    """The body, while it comes in time and stays within bounds."""
    until = time.monotonic() + WHOLE_SECONDS
    content = bytearray()
    for piece in response.iter_content(_PIECE):
        content += piece
        if len(content) > LARGEST or time.monotonic() > until:
            raise WeChatError(BAD_ANSWER, errmsg="too large or too slow", path=path)
    return bytes(content)


def _code_of(error: requests.RequestException) -> int:
    """Whether anything can have been received."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return UNREACHABLE
    if isinstance(error, requests.exceptions.ProxyError):
        return UNREACHABLE
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError):
        return UNREACHABLE
    return NO_ANSWER


class _Scrubbed(logging.Filter):
    """urllib3 logs whole addresses when it is asked for details."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = scrub(record.getMessage()), ()
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_Scrubbed())
