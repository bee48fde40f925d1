"""Carrying messages to the webhook: five seconds, three tries, then the follower is told."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from haitang.wechat.simulator.account import SimulatedAccount
from haitang.wechat.simulator.wire import Envelope, Malformed, envelope, passive_reply

TRIES = 3
SECONDS = 5.0
IDLE_SECONDS = 1.0
Fields = dict[str, Any]
Post = Callable[[Envelope], tuple[int, bytes]]


@dataclass(frozen=True)
class Attempt:
    """One try: HTTP status (0 without an answer), how long it took, what went wrong."""

    status: int
    seconds: float
    problem: str


@dataclass
class Delivery:
    """A message or event on its way. ``state``: waiting, answered, failed."""

    fields: Fields
    attempts: list[Attempt] = field(default_factory=list)
    reply: Fields | None = None
    state: str = "waiting"
    problem: str = ""

    @property
    def openid(self) -> str:
        """Who sent it."""
        return str(self.fields["FromUserName"])


class Carrier:
    """Posts deliveries to one webhook address, over a connection a thread that stays open."""

    def __init__(
        self,
        *,
        account: SimulatedAccount,
        url: str,
        mode: str = "encrypted",
        post: Post | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.account = account
        self.clock = clock
        self.url = url
        self.mode = mode
        self.seconds, self.tries = SECONDS, TRIES
        self._own_post = post
        self._local = threading.local()

    def carry(self, delivery: Delivery) -> Delivery:
        """Try up to ``tries`` times; only what has no answer in time is tried again."""
        for _ in range(self.tries):
            if self._try(delivery):
                return delivery
        delivery.state = "failed"
        delivery.problem = delivery.attempts[-1].problem
        return delivery

    def _try(self, delivery: Delivery) -> bool:
        started = time.monotonic()
        signed = envelope(delivery.fields, account=self.account, mode=self.mode, at=self.clock())
        status, body, problem = 0, b"", ""
        try:
            status, body = self.post(signed)
        except (OSError, http.client.HTTPException) as error:
            problem = f"没有回答（{type(error).__name__}）"
        if status and status != 200:
            problem = f"HTTP {status}"
        delivery.attempts.append(Attempt(status, time.monotonic() - started, problem))
        if problem:
            return False
        self._take_reply(delivery, body)
        return True

    def _take_reply(self, delivery: Delivery, body: bytes) -> None:
        delivery.state = "answered"
        try:
            delivery.reply = passive_reply(
                body, account=self.account, follower=delivery.openid, mode=self.mode
            )
        except Malformed as error:
            delivery.state, delivery.problem = "failed", str(error)

    def post(self, signed: Envelope) -> tuple[int, bytes]:
        """One POST of an envelope; OSError without an answer within five seconds."""
        if self._own_post is not None:
            return self._own_post(signed)
        try:
            return self._request("POST", signed.query, signed.body)
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def get(self, query: str) -> tuple[int, bytes]:
        """One GET, for the check of the address."""
        try:
            return self._request("GET", query, None)
        finally:
            self.close()

    def _request(self, method: str, query: str, body: bytes | None) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        separator = "&" if parts.query else "?"
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}{separator}{query}"
        connection = self._connection()
        headers = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"}
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.will_close:
            self.close()
        return answer.status, content

    def _connection(self) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if found is not None and time.monotonic() - self._local.used > IDLE_SECONDS:
            self.close()  # the other side may have closed it meanwhile
            found = None
        self._local.used = time.monotonic()
        if found is None:
            parts = urlsplit(self.url)
            kind = http.client.HTTPSConnection if parts.scheme == "https" else None
            make = kind or http.client.HTTPConnection
            found = make(parts.hostname or "127.0.0.1", parts.port, timeout=self.seconds)
            self._local.connection = found
        return found

    def close(self) -> None:
        """Close this thread's connection."""
        found: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if found is not None:
            found.close()
            self._local.connection = None
