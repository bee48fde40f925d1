"""What the API tests share: a client of a person, and the one shape of errors."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from accounts.tokens import create_token
from tests.web.scene import MOMENT


def token_client(user: User, **extra: Any) -> Client:
    """A client that sends a fresh token of the person."""
    count = user.api_tokens.count()
    _, text = create_token(user=user, name=f"测试 {count}", by=None, now=MOMENT)
    return Client(headers={"authorization": f"Bearer {text}"}, **extra)


def error_of(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The error in an answer, which must have the one shape, that status and that code."""
    assert answer.status_code == status, answer.content.decode()[:500]
    assert answer["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) == {"code", "message", "details"}
    assert error["code"] == code
    assert error["message"].endswith("。")
    assert all(set(each) == {"field", "message"} for each in error["details"])
    return error


@pytest.fixture(autouse=True)
def _no_throttle_from_earlier_tests() -> None:
    """Numbers of people come round again in each test; their share of requests must not."""
    cache.clear()
