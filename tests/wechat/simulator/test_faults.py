"""Each fault on request, and whom it spares."""

from __future__ import annotations

import time

import pytest

from haitang.wechat.simulator.faults import ERRORS, KINDS
from haitang.wechat.simulator.routing import Request
from haitang.wechat.simulator.server import Simulator
from tests.wechat.simulator.conftest import Call, credentials

pytestmark = pytest.mark.once
SEND = "/cgi-bin/message/custom/send"


def _send(wechat: Simulator, call: Call) -> int:
    ling = wechat.follower("林女士")
    wechat.send(ling, "在吗？")
    asked = {"touser": ling.openid, "msgtype": "text", "text": {"content": "在"}}
    return int(call("POST", SEND, asked)["errcode"])


@pytest.mark.parametrize(
    ("kind", "code"),
    [(kind, code) for kind, (code, _) in ERRORS.items() if kind != "ip"],
)
def test_error_on_request_until_it_is_cleared(
    wechat: Simulator, call: Call, kind: str, code: int
) -> None:
    wechat.fault(kind)
    assert [_send(wechat, call), _send(wechat, call)] == [code, code]
    wechat.clear_faults(kind)
    assert _send(wechat, call) == 0


def test_bad_token_for_ever_spares_the_token_itself(wechat: Simulator, call: Call) -> None:
    wechat.fault("token")
    query = {key: str(value) for key, value in credentials(wechat).items()}
    reply = wechat.answer(Request("GET", "/cgi-bin/token", query))
    assert reply is not None
    assert b"access_token" in reply.body
    assert call("GET", "/cgi-bin/user/get")["errcode"] == 40001


def test_address_not_on_the_list_meets_the_token_only(wechat: Simulator, call: Call) -> None:
    wechat.fault("ip")
    reply = wechat.answer(Request("GET", "/cgi-bin/token", {}))
    assert reply is not None
    assert b"40164" in reply.body
    assert "errcode" not in call("GET", "/cgi-bin/user/get")


def test_window_faults_meet_customer_messages_only(wechat: Simulator, call: Call) -> None:
    wechat.fault("window_count")
    assert "errcode" not in call("GET", "/cgi-bin/user/get")


def test_fault_of_one_address_and_of_two_times(wechat: Simulator, call: Call) -> None:
    wechat.fault("error", errcode=50002, path="/cgi-bin/user", times=2)
    assert _send(wechat, call) == 0
    codes = [call("GET", "/cgi-bin/user/get").get("errcode") for _ in range(3)]
    assert codes == [50002, 50002, None]


def test_dead_drops_the_connection_and_does_nothing(wechat: Simulator, call: Call) -> None:
    ling = wechat.follower("林女士")
    wechat.fault("dead")
    assert wechat.answer(Request("POST", SEND, {}, b"{}")) is None
    assert ling.chat == []
    assert wechat.calls[-1].errcode is None


def test_lost_answer_has_done_what_was_asked(wechat: Simulator, call: Call) -> None:
    ling = wechat.follower("林女士")
    wechat.send(ling, "在吗？")
    wechat.fault("lost_answer", path=SEND)
    with pytest.raises(AssertionError, match="dropped"):
        call("POST", SEND, {"touser": ling.openid, "msgtype": "text", "text": {"content": "在的"}})
    assert ling.chat[-1].body == {"content": "在的"}


def test_slow_answers_late(wechat: Simulator, call: Call) -> None:
    wechat.fault("slow", seconds=0.05)
    started = time.monotonic()
    assert "errcode" not in call("GET", "/cgi-bin/user/get")
    assert time.monotonic() - started >= 0.05


def test_every_fault_has_words_for_the_page() -> None:
    assert len(KINDS) == 13
    assert all(KINDS.values())
