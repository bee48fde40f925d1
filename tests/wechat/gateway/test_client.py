"""The door: tokens, repetitions, quotas, what is logged and what is never said."""

from __future__ import annotations

import logging
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as settings_of_django
from django.db import connection, transaction
from pytest_django import Settings

from haitang.kernel import clock, leases
from haitang.wechat import gateway
from haitang.wechat.gateway import quotas
from haitang.wechat.gateway.client import WeChatClient
from haitang.wechat.gateway.errors import scrub
from haitang.wechat.gateway.sentences import BAD_ANSWER, MEANINGS, NO_ANSWER, UNREACHABLE
from haitang.wechat.models import AccessToken, Account, CallLog, QuotaUse
from tests.wechat.gateway.conftest import SECRET, Hands
from tests.wechat.gateway.far_end import TOKEN_PATH, FarEnd

pytestmark = pytest.mark.django_db
SEND = "/cgi-bin/message/custom/send"
BAD = {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"}


def test_text_is_sent_with_the_shared_token(
    client_of_wechat: WeChatClient, far_end: FarEnd
) -> None:
    client_of_wechat.custom.send_text("oA", "您好，海棠")
    client_of_wechat.custom.send_text("oA", "再见")
    assert len(far_end.calls(TOKEN_PATH)) == 1
    first = far_end.calls(SEND)[0]
    assert first.query == {"access_token": "TOKEN-1"}
    assert first.json == {"touser": "oA", "msgtype": "text", "text": {"content": "您好，海棠"}}
    assert "海棠".encode() in first.body  # not \u6d77: WeChat would show that


def test_token_lies_encrypted_and_is_used_by_another_client(
    client_of_wechat: WeChatClient, far_end: FarEnd, hands: Hands
) -> None:
    hands.moment = clock.now()
    client_of_wechat.tags.list()
    gateway.client().tags.list()
    assert len(far_end.calls(TOKEN_PATH)) == 1
    assert "TOKEN" not in str(AccessToken.objects.get().token)


def test_token_is_renewed_five_minutes_before_its_end(
    client_of_wechat: WeChatClient, far_end: FarEnd, hands: Hands
) -> None:
    client_of_wechat.tags.list()
    hands.moment += timedelta(seconds=7200 - 301)
    client_of_wechat.tags.list()
    assert far_end.tokens == 1
    hands.moment += timedelta(seconds=2)
    client_of_wechat.tags.list()
    assert far_end.tokens == 2
    assert [call.json["force_refresh"] for call in far_end.calls(TOKEN_PATH)] == [False, False]


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_bad_token_costs_one_renewal_and_one_repetition(
    client_of_wechat: WeChatClient, far_end: FarEnd, errcode: int
) -> None:
    client_of_wechat.tags.list()
    far_end.answers[SEND] = [{**BAD, "errcode": errcode}, {"errcode": 0}]
    client_of_wechat.custom.send_text("oA", "a")
    assert [call.query["access_token"] for call in far_end.calls(SEND)] == ["TOKEN-1", "TOKEN-2"]
    assert [call.json["force_refresh"] for call in far_end.calls(TOKEN_PATH)] == [False, True]


def test_token_bad_for_ever_costs_two_token_requests_a_call(
    client_of_wechat: WeChatClient, far_end: FarEnd
) -> None:
    far_end.answers[SEND] = BAD
    for call in range(3):
        before = far_end.tokens
        with pytest.raises(gateway.WeChatError) as caught:
            client_of_wechat.custom.send_text("oA", "a")
        assert caught.value.errcode == 40001
        assert caught.value.permanent
        assert far_end.tokens - before <= 2
        assert len(far_end.calls(SEND)) == 2 * (call + 1)


def test_refused_token_is_asked_for_once(client_of_wechat: WeChatClient, far_end: FarEnd) -> None:
    far_end.answers[TOKEN_PATH] = {"errcode": 40125, "errmsg": "invalid appsecret"}
    with pytest.raises(gateway.WeChatError, match="AppSecret 不对"):
        client_of_wechat.custom.send_text("oA", "a")
    assert len(far_end.calls(TOKEN_PATH)) == 1
    assert not far_end.calls(SEND)


def test_token_that_another_process_renewed_is_used(
    client_of_wechat: WeChatClient, account: Account, far_end: FarEnd
) -> None:
    client_of_wechat.tags.list()
    AccessToken.objects.filter(account=account).update(token="FROM-ANOTHER")
    assert client_of_wechat._tokens().renew("TOKEN-1") == "FROM-ANOTHER"
    assert far_end.tokens == 1


def test_token_under_renewal_elsewhere_is_used_as_long_as_it_lasts(
    client_of_wechat: WeChatClient, account: Account, far_end: FarEnd, hands: Hands
) -> None:
    client_of_wechat.tags.list()
    hands.moment += timedelta(seconds=7200 - 200)
    assert leases.acquire(f"wechat-token:{account.pk}", "another", 20, hands.now())
    client_of_wechat.tags.list()
    assert (far_end.tokens, hands.waited) == (1, [])
    hands.moment += timedelta(seconds=190)
    assert leases.acquire(f"wechat-token:{account.pk}", "another", 3, hands.now())
    hands.moment += timedelta(seconds=11)
    client_of_wechat.tags.list()  # the other one died: its lease has run out
    assert far_end.tokens == 2


def test_renewal_elsewhere_that_never_ends_is_a_sentence(
    client_of_wechat: WeChatClient, account: Account, far_end: FarEnd, hands: Hands
) -> None:
    assert leases.acquire(f"wechat-token:{account.pk}", "another", 3600, hands.now())
    with pytest.raises(gateway.WeChatError, match="微信系统繁忙"):
        client_of_wechat.tags.list()
    assert sum(hands.waited) == pytest.approx(15)
    assert not far_end.asked


def test_busy_wechat_is_asked_three_times_with_growing_pauses(
    client_of_wechat: WeChatClient, far_end: FarEnd, hands: Hands
) -> None:
    far_end.answers[SEND] = {"errcode": -1, "errmsg": "system error"}
    with pytest.raises(gateway.WeChatError, match="微信系统繁忙") as caught:
        client_of_wechat.custom.send_text("oA", "a")
    assert not caught.value.permanent
    assert len(far_end.calls(SEND)) == 3
    assert hands.waited == [0.5, 2.0]


def test_used_up_quota_is_refused_without_asking(
    client_of_wechat: WeChatClient, far_end: FarEnd, settings: Settings, hands: Hands
) -> None:
    settings.WECHAT_QUOTAS = {SEND: 2}
    client_of_wechat.custom.send_text("oA", "a")
    client_of_wechat.custom.send_text("oA", "b")
    with pytest.raises(gateway.WeChatError, match=r"“客服消息”今天已经用了 2 次") as caught:
        client_of_wechat.custom.send_text("oA", "c")
    assert caught.value.errcode == 45009
    assert len(far_end.calls(SEND)) == 2
    hands.moment += timedelta(days=1)
    client_of_wechat.custom.send_text("oA", "d")
    assert len(far_end.calls(SEND)) == 3


def test_first_call_of_a_day_is_not_refused_since_another_counts_at_once(
    account: Account, hands: Hands
) -> None:
    day = {"account": account, "api": SEND, "period": "2026-11-03"}

    def another_comes_between(execute: Any, sql: str, *rest: Any) -> Any:
        done = execute(sql, *rest)
        if sql.startswith("UPDATE") and not QuotaUse.objects.filter(**day).exists():
            QuotaUse.objects.create(**day, used=1)
        return done

    with connection.execute_wrapper(another_comes_between):
        quotas.take(account, SEND, now=hands.now())
    assert QuotaUse.objects.get(**day).used == 2


def test_tokens_of_a_minute_are_counted(account: Account, hands: Hands) -> None:
    minute = "2026-11-03T10:00"
    QuotaUse.objects.create(account=account, api=quotas.TOKEN, period=minute, used=10_000)
    with pytest.raises(gateway.WeChatError) as caught:
        quotas.take(account, quotas.TOKEN, now=hands.now())
    assert caught.value.errcode == 45011
    quotas.take(account, quotas.TOKEN, now=hands.now() + timedelta(minutes=1))
    used = {each.api: each.used for each in quotas.used_on(account, hands.now().date())}
    assert used == {quotas.TOKEN: 1}


def test_every_call_is_logged_without_secret_or_openid(
    client_of_wechat: WeChatClient, far_end: FarEnd
) -> None:
    far_end.answers[SEND] = {
        "errcode": 45015,
        "errmsg": f"response out of time limit secret={SECRET} access_token=TOKEN-1 rid: 65-1",
    }
    with pytest.raises(gateway.WeChatError, match="48 小时"):
        client_of_wechat.custom.send_text("oAbcdefg", "私信")
    log = CallLog.objects.get(path=SEND)
    assert (log.errcode, log.tries) == (45015, 1)
    assert "***" in log.errmsg
    for kept in CallLog.objects.values():
        for secret in (SECRET, "TOKEN-1", "oAbcdefg", "私信"):
            assert secret not in str(kept)


def test_no_secret_in_the_traceback_of_a_dead_server(
    client_of_wechat: WeChatClient, far_end: FarEnd, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code = "CODE-1"
    client_of_wechat.tags.list()
    assert "access_token=***" in caplog.text
    far_end.answers[SEND] = ...
    far_end.answers["/sns/oauth2/access_token"] = ...
    for call in (
        lambda: client_of_wechat.custom.send_text("oA", "a"),
        lambda: client_of_wechat.oauth.exchange(code),
    ):
        with pytest.raises(gateway.WeChatError) as caught:
            call()
        assert caught.value.errcode == NO_ANSWER
        assert caught.value.uncertain
        said = "".join(traceback.format_exception(caught.value))
        for secret in (SECRET, "TOKEN-1", code):
            assert secret not in said
            assert secret not in caplog.text


def test_unreachable_server_was_not_asked(client_of_wechat: WeChatClient, far_end: FarEnd) -> None:
    client_of_wechat.tags.list()
    far_end_gone = client_of_wechat.credentials.__class__(
        **{**client_of_wechat.credentials.__dict__, "api_base": "http://127.0.0.1:9"}
    )
    client_of_wechat.credentials = far_end_gone
    with pytest.raises(gateway.WeChatError) as caught:
        client_of_wechat.custom.send_text("oA", "a")
    assert (caught.value.errcode, caught.value.uncertain) == (UNREACHABLE, False)


@pytest.mark.parametrize("said", [502, b"<html>busy</html>", b"{broken"])
def test_answer_that_is_none_is_uncertain(
    client_of_wechat: WeChatClient, far_end: FarEnd, said: object
) -> None:
    far_end.answers[SEND] = said
    with pytest.raises(gateway.WeChatError) as caught:
        client_of_wechat.custom.send_text("oA", "a")
    assert (caught.value.errcode, caught.value.uncertain) == (BAD_ANSWER, True)


@pytest.mark.django_db(transaction=True)
def test_call_inside_a_transaction_is_a_mistake(
    client_of_wechat: WeChatClient, far_end: FarEnd
) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        client_of_wechat.tags.list()
    assert not far_end.asked


def test_wechatpys_own_groups_use_the_same_door(
    client_of_wechat: WeChatClient, far_end: FarEnd
) -> None:
    far_end.answers["/cgi-bin/material/get_materialcount"] = {"voice_count": 1, "image_count": 2}
    wechatpy: object = client_of_wechat
    assert wechatpy.material.get_count()["image_count"] == 2  # type: ignore[attr-defined]
    assert far_end.calls("/cgi-bin/material/get_materialcount")[0].query == {
        "access_token": "TOKEN-1"
    }


def test_unconfigured_account_is_a_sentence(settings: Settings) -> None:
    settings.WECHAT_APP_ID = ""
    with pytest.raises(gateway.NotConfigured, match="WECHAT_APP_ID"):
        gateway.client()


def test_every_code_of_the_facts_has_a_sentence() -> None:
    codes = {-1, 40001, 40014, 42001, 40003, 40013, 40125, 40164, 41001, 43101, 45009, 45011}
    codes |= {45015, 45047, 45028, 45065, 45066, 45067, 48001, 48006, 53503, 53504, 53505}
    codes |= {53600, 61500, 61501}
    assert codes <= set(MEANINGS)
    for meaning in MEANINGS.values():
        assert meaning.sentence.endswith("。")


def test_ip_that_is_not_on_the_list_is_named() -> None:
    error = gateway.WeChatError(40164, errmsg="invalid ip 203.0.113.7, not in whitelist rid: 6-5")
    assert "203.0.113.7" in error.sentence


def test_code_that_nobody_knows_is_named_without_its_request_id() -> None:
    error = gateway.WeChatError(99999, errmsg="strange thing rid: 655f-1a2b-3c")
    assert "错误码 99999：strange thing）" in error.sentence


def test_scrub_keeps_the_rest() -> None:
    said = scrub("GET /x?appid=wx1&secret=abc&access_token=T1&next=2 errcode: 40001")
    assert said == "GET /x?appid=wx1&secret=***&access_token=***&next=2 errcode: 40001"


@pytest.mark.once
def test_manual_explains_every_code() -> None:
    manual = (Path(settings_of_django.BASE_DIR) / "docs" / "wechat.md").read_text(encoding="utf-8")
    assert not [code for code in MEANINGS if f"| {code} |" not in manual]
