"""Customer messages: windows and counts as WeChat keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from haitang.wechat.simulator.people import Follower
from haitang.wechat.simulator.server import Simulator
from tests.wechat.simulator.conftest import Call

pytestmark = pytest.mark.once
SEND = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/typing"


@pytest.fixture
def ling(wechat: Simulator) -> Follower:
    return wechat.follower("林女士")


def _send(call: Call, who: Follower, kind: str = "text", **body: Any) -> int:
    given = body or {"content": "您好"}
    asked = {"touser": who.openid, "msgtype": kind, kind: given}
    return int(call("POST", SEND, asked)["errcode"])


def test_five_after_a_message_and_five_more_after_the_next(
    wechat: Simulator, call: Call, ling: Follower
) -> None:
    wechat.send(ling, "在吗？")
    assert [_send(call, ling) for _ in range(6)] == [0] * 5 + [45047]
    wechat.advance(1)
    wechat.send(ling, "在吗？")
    assert [_send(call, ling) for _ in range(6)] == [0] * 5 + [45047]


def test_window_of_a_message_closes_after_48_hours(
    wechat: Simulator, call: Call, ling: Follower
) -> None:
    wechat.send(ling, "在吗？")
    wechat.advance(48 * 3600 - 1)
    assert _send(call, ling) == 0
    wechat.advance(1)
    assert _send(call, ling) == 45015


def test_three_within_a_minute_after_a_click(wechat: Simulator, call: Call, ling: Follower) -> None:
    wechat.click(ling, "HOURS")
    assert [_send(call, ling) for _ in range(4)] == [0, 0, 0, 45047]
    wechat.click(ling, "HOURS")
    wechat.advance(60)
    assert _send(call, ling) == 45015


def test_counts_of_two_acts_do_not_add_up(wechat: Simulator, call: Call, ling: Follower) -> None:
    wechat.send(ling, "在吗？")
    wechat.advance(1)
    assert [_send(call, ling) for _ in range(3)] == [0, 0, 0]
    wechat.advance(1)
    wechat.click(ling, "HOURS")
    assert [_send(call, ling) for _ in range(4)] == [0, 0, 0, 45047]


def test_view_opens_no_window(wechat: Simulator, call: Call, ling: Follower) -> None:
    wechat.view(ling, "http://127.0.0.1/")
    assert _send(call, ling) == 45015


def test_nobody_who_left_and_no_stranger_is_written_to(
    wechat: Simulator, call: Call, ling: Follower
) -> None:
    wechat.send(ling, "在吗？")
    wechat.unfollow(ling)
    assert _send(call, ling) == 45015
    assert call("POST", SEND, {"touser": "o-nobody"})["errcode"] == 40003


def test_contents_that_wechat_refuses(wechat: Simulator, call: Call, ling: Follower) -> None:
    wechat.send(ling, "在吗？")
    assert call("POST", SEND, {"touser": ling.openid, "msgtype": "text"})["errcode"] == 40008
    assert _send(call, ling, "text", content="") == 44004
    assert _send(call, ling, "text", content="字" * 683) == 45002
    assert _send(call, ling, "image", media_id="nothing") == 40007
    assert _send(call, ling, "news", articles=[{"title": "一"}, {"title": "二"}]) == 45008
    assert _send(call, ling, "poem", content="x") == 40008
    assert _send(call, ling, "news", articles=[{"title": "一", "url": "http://x"}]) == 0


def test_typing_needs_a_contact_within_30_seconds(
    wechat: Simulator, call: Call, ling: Follower
) -> None:
    asked = {"touser": ling.openid, "command": "Typing"}
    assert call("POST", TYPING, asked)["errcode"] == 45080
    wechat.send(ling, "在吗？")
    assert call("POST", TYPING, asked)["errcode"] == 0
    assert call("POST", TYPING, asked)["errcode"] == 45081
    assert call("POST", TYPING, {**asked, "command": "CancelTyping"})["errcode"] == 0
    assert call("POST", TYPING, {**asked, "command": "Dance"})["errcode"] == 45072
    wechat.advance(31)
    assert call("POST", TYPING, asked)["errcode"] == 45080
