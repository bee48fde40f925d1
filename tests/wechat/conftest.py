"""An account of the environment, and requests as WeChat makes them."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from tests.wechat.sender import AES_KEY, APP_ID, TOKEN


@pytest.fixture
def account(settings: Settings) -> None:
    """The environment configures an account with encryption."""
    settings.WECHAT_APP_ID = APP_ID
    settings.WECHAT_TOKEN = TOKEN
    settings.WECHAT_ENCODING_AES_KEY = AES_KEY
