"""Deliveries: signed and encrypted, three tries, passive replies, doubles and swaps."""

from __future__ import annotations

import itertools
from urllib.parse import parse_qs

import pytest

from haitang.wechat.simulator.acts import NotPossible
from haitang.wechat.simulator.crypto import encrypt, signature
from haitang.wechat.simulator.delivery import Carrier
from haitang.wechat.simulator.server import Simulator
from haitang.wechat.simulator.wire import UNAVAILABLE, xml
from tests.wechat.simulator.conftest import NINE, Webhook, opened

pytestmark = pytest.mark.once


def _reply(wechat: Simulator, *, app_id: str = "", openid: str = "", signed: bool = True) -> bytes:
    account = wechat.account
    inner = xml(
        {
            "ToUserName": openid or wechat.follower().openid,
            "FromUserName": account.original_id,
            "CreateTime": int(NINE),
            "MsgType": "text",
            "Content": "有货",
        }
    )
    cipher = encrypt(inner, key=account.key, app_id=app_id or account.app_id)
    digest = signature(account.token, "1", "2", cipher) if signed else "0" * 40
    fields = {"Encrypt": cipher, "MsgSignature": digest, "TimeStamp": 1, "Nonce": "2"}
    return xml(fields).encode()


def test_three_tries_then_the_follower_reads_that_there_is_no_service(
    wechat: Simulator, webhook: Webhook
) -> None:
    webhook.answers = iter([TimeoutError(), ConnectionResetError(), (502, b"")])
    delivery = wechat.send("林女士", "在吗？")
    assert delivery.state == "failed"
    assert [(each.status, each.problem) for each in delivery.attempts] == [
        (0, "没有回答（TimeoutError）"),
        (0, "没有回答（ConnectionResetError）"),
        (502, "HTTP 502"),
    ]
    assert wechat.follower("林女士").chat[-1].body["text"] == UNAVAILABLE
    first, second, _ = [opened(wechat, each) for each in webhook.envelopes]
    assert first["MsgId"] == second["MsgId"]
    nonces = [parse_qs(each.query)["nonce"][0] for each in webhook.envelopes]
    assert len(set(nonces)) == 3


def test_second_try_is_the_last_when_it_is_answered(wechat: Simulator, webhook: Webhook) -> None:
    webhook.answers = iter([TimeoutError(), (200, b"success")])
    delivery = wechat.send("林女士", "在吗？")
    assert (delivery.state, len(delivery.attempts)) == ("answered", 2)


def test_five_seconds_are_the_patience() -> None:
    assert Carrier(account=None, url="http://127.0.0.1:1/").seconds == 5  # type: ignore[arg-type]


def test_passive_reply_is_decrypted_and_shown(wechat: Simulator, webhook: Webhook) -> None:
    webhook.answers = iter([(200, _reply(wechat))])
    delivery = wechat.send("林女士", "板蓝根有货吗？")
    assert delivery.reply is not None
    assert delivery.reply["Content"] == "有货"
    line = wechat.follower("林女士").chat[-1]
    assert (line.by, line.body["Content"]) == ("account", "有货")


@pytest.mark.parametrize(
    "wrong",
    ["plain", "not xml", "signature", "app id", "somebody else", "entity"],
)
def test_malformed_reply_is_no_service(wechat: Simulator, webhook: Webhook, wrong: str) -> None:
    body = {
        "plain": xml({"ToUserName": "x"}).encode(),
        "not xml": b"<html>error",
        "signature": _reply(wechat, signed=False),
        "app id": _reply(wechat, app_id="wx-another"),
        "somebody else": _reply(wechat, openid="o-another"),
        "entity": b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><Content>&a;</Content></xml>',
    }[wrong]
    webhook.answers = iter([(200, body)])
    delivery = wechat.send("林女士", "在吗？")
    assert (delivery.state, len(delivery.attempts)) == ("failed", 1)
    assert delivery.problem
    assert wechat.follower("林女士").chat[-1].body["text"] == UNAVAILABLE


def test_empty_answer_is_as_good_as_success(wechat: Simulator, webhook: Webhook) -> None:
    webhook.answers = iter([(200, b"")])
    assert wechat.send("林女士", "在吗？").state == "answered"


def test_plain_and_compatible_modes(wechat: Simulator, webhook: Webhook) -> None:
    wechat.carrier.mode = "plain"
    wechat.send("林女士", "明文")
    wechat.carrier.mode = "compatible"
    wechat.send("林女士", "兼容")
    plain, both = webhook.envelopes
    assert "encrypt_type" not in plain.query
    assert "<Content><![CDATA[明文]]></Content>" in plain.body.decode()
    assert "encrypt_type=aes" in both.query
    assert "<Content><![CDATA[兼容]]></Content>" in both.body.decode()
    assert opened(wechat, both)["Content"] == "兼容"


def test_duplicates_bring_the_same_message_twice(wechat: Simulator, webhook: Webhook) -> None:
    wechat.fault("duplicates")
    wechat.send("林女士", "在吗？")
    first, second = [opened(wechat, each) for each in webhook.envelopes]
    assert first == second
    wechat.clear_faults()
    wechat.send("林女士", "在吗？")
    assert len(webhook.envelopes) == 3


def test_out_of_order_swaps_neighbours(wechat: Simulator, webhook: Webhook) -> None:
    wechat.fault("out_of_order")
    wechat.send("林女士", "一")
    assert webhook.envelopes == []
    wechat.send("林女士", "二")
    wechat.send("林女士", "三")
    assert [opened(wechat, each)["Content"] for each in webhook.envelopes] == ["二", "一"]
    wechat.release_held()
    assert [opened(wechat, each)["Content"] for each in webhook.envelopes] == ["二", "一", "三"]


def test_acts_as_wechat_tells_them(wechat: Simulator, webhook: Webhook) -> None:
    wechat.follow("孙阿姨", scene="store-001")
    wechat.scan("孙阿姨", "store-002")
    wechat.click("孙阿姨", "HOURS")
    wechat.send_image("孙阿姨")
    wechat.send_location("孙阿姨", latitude=23.1, longitude=113.3, label="中山路")
    wechat.press("孙阿姨", {"type": "scancode_waitmsg", "name": "扫药盒", "key": "BOX"})
    wechat.report_location("孙阿姨", latitude=23.1, longitude=113.3)
    wechat.unfollow("孙阿姨")
    told = [opened(wechat, each) for each in webhook.envelopes]
    names = [each.get("Event") or each["MsgType"] for each in told]
    assert names == [
        *("subscribe", "SCAN", "CLICK", "image", "location"),
        *("scancode_waitmsg", "LOCATION", "unsubscribe"),
    ]
    assert told[0]["EventKey"] == "qrscene_store-001"
    assert told[1]["EventKey"] == "store-002"
    assert told[2]["EventKey"] == "HOURS"
    assert told[4]["Location_X"] == "23.1"
    assert told[5]["ScanCodeInfo"]["ScanType"] == "qrcode"
    assert all("MsgId" not in each for each in told if each["MsgType"] == "event")
    assert len({each["FromUserName"] for each in told}) == 1


def test_who_does_not_follow_writes_nothing(wechat: Simulator, webhook: Webhook) -> None:
    stranger = wechat.follower("过路人", following=False)
    with pytest.raises(NotPossible, match="没有关注"):
        wechat.send(stranger, "在吗？")
    assert webhook.envelopes == []


def test_address_check_wants_its_echo(wechat: Simulator) -> None:
    answers = itertools.chain([(200, b"success"), (403, b"")])
    wechat.carrier.get = lambda query: next(answers)  # type: ignore[method-assign]
    assert not wechat.check_address()
    assert not wechat.check_address()
    wechat.carrier.get = lambda query: (  # type: ignore[method-assign]
        200,
        parse_qs(query)["echostr"][0].encode(),
    )
    assert wechat.check_address()
