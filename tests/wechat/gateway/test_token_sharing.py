"""Several threads with a database of their own each, and one token for all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from haitang.wechat import gateway
from haitang.wechat.accounts import current_account
from tests.wechat.gateway.far_end import TOKEN_PATH, Asked, FarEnd

SEND = "/cgi-bin/message/custom/send"
THREADS = 6


def send(number: int) -> str:
    """One message by a client of its own."""
    try:
        gateway.client().custom.send_text(f"o{number}", "您好")
    except gateway.WeChatError as error:
        return str(error.errcode)
    finally:
        connections.close_all()
    return "sent"


@pytest.fixture
def _account(far_end: FarEnd, transactional_db: None) -> None:
    current_account()


@pytest.mark.usefixtures("_account")
def test_first_token_is_fetched_once_for_all(far_end: FarEnd) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(send, range(THREADS))) == ["sent"] * THREADS
    assert len(far_end.calls(TOKEN_PATH)) == 1
    assert {call.query["access_token"] for call in far_end.calls(SEND)} == {"TOKEN-1"}


@pytest.mark.usefixtures("_account")
def test_token_that_went_bad_is_renewed_once_for_all(far_end: FarEnd) -> None:
    def only_the_second(asked: Asked) -> object:
        if asked.query["access_token"] == "TOKEN-2":
            return {"errcode": 0}
        return {"errcode": 40001, "errmsg": "invalid credential"}

    far_end.answers[SEND] = only_the_second
    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(send, range(THREADS))) == ["sent"] * THREADS
    assert len(far_end.calls(TOKEN_PATH)) == 2
