"""A configured account and a far end that plays WeChat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from haitang.wechat import accounts
from haitang.wechat.gateway.client import WeChatClient
from haitang.wechat.models import Account
from tests.wechat.gateway.far_end import FarEnd, far_end_running

SECRET = "s3cret-of-the-account-0123456789"


class Hands:
    """A clock that moves when somebody waits."""

    def __init__(self, now: datetime) -> None:
        self.moment = now
        self.waited: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def pause(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def far_end(settings: Settings) -> Iterator[FarEnd]:
    """WeChat's stand-in, with the product configured to call it."""
    with far_end_running() as running:
        settings.WECHAT_APP_ID = "wx0123456789abcdef"
        settings.WECHAT_APP_SECRET = SECRET
        settings.WECHAT_API_BASE = running.url
        yield running


@pytest.fixture
def hands(now: datetime) -> Hands:
    return Hands(now)


@pytest.fixture
def account(far_end: FarEnd, now: datetime) -> Account:
    return accounts.current_account(now)


@pytest.fixture
def client_of_wechat(account: Account, hands: Hands) -> WeChatClient:
    """A client whose waiting costs no time."""
    credentials = accounts.configured()
    assert credentials is not None
    return WeChatClient(credentials, account, now=hands.now, pause=hands.pause)
