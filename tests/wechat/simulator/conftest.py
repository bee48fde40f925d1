"""A simulator without a port, and a webhook that remembers what it was given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from haitang.wechat.simulator.crypto import decrypt
from haitang.wechat.simulator.routing import Request
from haitang.wechat.simulator.server import Simulator
from haitang.wechat.simulator.wire import Envelope, parsed

NINE = 1_793_667_600.0  # 2026-11-03 09:00 in Shanghai


class Webhook:
    """Plays our product: keeps the envelopes, answers what it is told to."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.answers: Iterator[Any] | None = None

    def __call__(self, envelope: Envelope) -> tuple[int, bytes]:
        self.envelopes.append(envelope)
        answer = next(self.answers) if self.answers else (200, b"success")
        if isinstance(answer, Exception):
            raise answer
        found: tuple[int, bytes] = answer
        return found


@pytest.fixture
def webhook() -> Webhook:
    return Webhook()


@pytest.fixture
def wechat(webhook: Webhook) -> Simulator:
    """At nine o'clock; ``advance`` moves its clock, and nothing else does."""
    return Simulator(post=webhook, clock=lambda: NINE)


def opened(wechat: Simulator, envelope: Envelope) -> dict[str, Any]:
    """The message in an encrypted envelope."""
    cipher = str(parsed(envelope.body)["Encrypt"])
    account = wechat.account
    return parsed(decrypt(cipher, key=account.key, app_id=account.app_id).encode())


Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(wechat: Simulator) -> Call:
    """Call an address with a good token: ``call("POST", path, {...}, key=value)`` → the JSON."""
    held: dict[str, Any] = {}

    def renew() -> None:
        answer = json.loads(_asked(wechat, "/cgi-bin/stable_token", credentials(wechat)))
        held["token"] = answer["access_token"]
        held["until"] = wechat.world.now() + answer["expires_in"]

    def ask(method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        if wechat.world.now() >= held["until"]:
            renew()
        content = b"" if body is None else json.dumps(body).encode()
        request = Request(method, path, {"access_token": held["token"], **query}, content)
        reply = wechat.answer(request)
        assert reply is not None, "the connection was dropped"
        found: dict[str, Any] = json.loads(reply.body)
        return found

    renew()
    return ask


def credentials(wechat: Simulator, **more: Any) -> dict[str, Any]:
    """The body with which a stable token is asked for."""
    account = wechat.account
    return {
        "grant_type": "client_credential",
        "appid": account.app_id,
        "secret": account.secret,
        **more,
    }


def _asked(wechat: Simulator, path: str, body: dict[str, Any]) -> bytes:
    reply = wechat.answer(Request("POST", path, {}, json.dumps(body).encode()))
    assert reply is not None
    return reply.body
