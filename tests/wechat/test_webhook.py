"""The webhook: what is stored and answered, what is refused, in each mode."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from django.db import DataError, OperationalError
from django.test import Client
from pytest_django import Settings

from haitang.kernel import clock
from haitang.wechat.models import InboundEvent
from haitang.wechat.webhook import storing
from haitang.wechat.webhook.inserting import Row, Store, row_of
from haitang.wechat.webhook.receiving import MAX_BODY, Incoming
from tests.wechat import sender
from tests.wechat.sender import PATH, Sent, encrypted, event, plain, text_message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("account")]
LONG_AGO = 1_403_610_513  # the CreateTime of the documents' examples


def compatible(xml: str) -> Sent:
    """The plain elements beside the encrypted ones, as the documents show it."""
    return encrypted(xml, beside=xml.removeprefix("<xml>").removesuffix("</xml>"))


def post(client: Client, sent: Sent) -> tuple[int, str]:
    answer = client.post(sent.url, sent.body, content_type="text/xml")
    return answer.status_code, answer.content.decode()


def refused(client: Client, sent: Sent, status: int) -> str:
    """The sentence of the refusal; nothing may be stored."""
    found, sentence = post(client, sent)
    assert (found, InboundEvent.objects.count()) == (status, 0), sentence
    assert sentence.endswith(("。", "！"))
    return sentence


@pytest.mark.parametrize("wrap", [plain, compatible, encrypted])
def test_message_is_stored_once_and_answered_alike(
    client: Client, wrap: Callable[[str], Sent]
) -> None:
    sent = wrap(text_message("在吗"))
    assert post(client, sent) == (200, "success")
    assert post(client, sent) == (200, "success")
    found = InboundEvent.objects.get()
    assert (found.kind, found.openid, found.state) == ("text", "oFollower01", "received")
    assert found.account.app_id == sender.APP_ID
    assert "在吗" in found.body.for_computing()
    assert "在吗" not in str(found.body)


def test_address_is_checked(client: Client) -> None:
    query = plain("").query | {"echostr": "5838479218127813673"}
    answer = client.get(PATH, query)
    assert (answer.status_code, answer.content) == (200, b"5838479218127813673")
    assert client.get(PATH, query | {"signature": "0" * 40}).status_code == 403
    assert client.put(PATH).status_code == 405


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # A MsgId that two followers share, and one that comes back in another second.
        (text_message(openid="oA", at=1), text_message(openid="oB", at=1)),
        (text_message(at=1), text_message(at=2)),
        # Two events of one second; two menu keys; the ends of two jobs.
        (event("LOCATION", at=1), event("CLICK", key="V1", at=1)),
        (event("CLICK", key="V1", at=1), event("CLICK", key="V2", at=1)),
        (
            event("MASSSENDJOBFINISH", at=1, more="<MsgID>1000001625</MsgID>"),
            event("MASSSENDJOBFINISH", at=1, more="<MsgID>1000001626</MsgID>"),
        ),
    ],
)
def test_messages_that_differ_are_both_stored(client: Client, first: str, second: str) -> None:
    assert [post(client, encrypted(xml))[0] for xml in (first, second, first)] == [200] * 3
    assert InboundEvent.objects.count() == 2


def test_unknown_kinds_are_kept(client: Client) -> None:
    unknown = text_message().replace("[text]", "[hologram]")
    assert post(client, encrypted(unknown)) == (200, "success")
    assert post(client, encrypted(event("brand_new_event"))) == (200, "success")
    kinds = InboundEvent.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["hologram", "event.brand_new_event"]


def test_number_in_a_menu_key_is_not_kept_plain(client: Client) -> None:
    assert post(client, encrypted(event("VIEW", key="https://x.cn/?tel=13912345678")))[0] == 200
    assert "13912345678" not in InboundEvent.objects.get().key


def test_previous_key_is_tried(client: Client, settings: Settings) -> None:
    settings.WECHAT_ENCODING_AES_KEY_PREVIOUS = sender.OTHER_KEY
    assert post(client, encrypted(text_message(), key=sender.OTHER_KEY)) == (200, "success")
    assert post(client, encrypted(text_message(number=2))) == (200, "success")


def test_key_that_nobody_has_is_refused(client: Client) -> None:
    assert "解不开" in refused(client, encrypted(text_message(), key=sender.OTHER_KEY), 400)


@pytest.mark.parametrize("wrap", [plain, encrypted])
def test_forged_signature_is_refused(client: Client, wrap: Callable[..., Sent]) -> None:
    assert "WECHAT_TOKEN" in refused(client, wrap(text_message(), token="another"), 403)


def test_message_that_is_changed_on_its_way_is_refused(client: Client) -> None:
    sent, other = encrypted(text_message()), encrypted(text_message("转账给我"))
    refused(client, Sent(sent.query, other.body), 403)


def test_plain_parts_beside_the_encrypted_one_do_not_count(client: Client) -> None:
    forged = text_message("转账给我").removeprefix("<xml>").removesuffix("</xml>")
    assert post(client, encrypted(text_message("在吗"), beside=forged))[0] == 200
    assert "在吗" in InboundEvent.objects.get().body.for_computing()


def test_other_account_is_refused(client: Client) -> None:
    assert "WECHAT_APP_ID" in refused(client, encrypted(text_message(), app_id="wx0"), 403)
    refused(client, encrypted(text_message(), to="gh_another"), 403)


def test_request_of_long_ago_is_refused(client: Client) -> None:
    assert "时钟" in refused(client, encrypted(text_message(), at=LONG_AGO), 403)
    assert client.get(PATH, plain("", at=LONG_AGO).query).status_code == 403


def test_old_message_in_a_request_of_now_is_stored(client: Client) -> None:
    assert post(client, encrypted(text_message(at=LONG_AGO))) == (200, "success")


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE xml [<!ENTITY a "ha">]><xml><ToUserName>&a;</ToUserName></xml>',
        '<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml></xml>',
        "<xml><ToUserName>&undefined;</ToUserName></xml>",
        "<xml><ToUserName>cut of",
        "<other><ToUserName>a</ToUserName></other>",
        f"<xml><ToUserName>{sender.ACCOUNT_ID}</ToUserName><FromUserName>b</FromUserName></xml>",
        text_message().replace("[oFollower01]", f"[{'o' * 65}]"),
        text_message(at=10**11),
        text_message().replace("<CreateTime>", "<CreateTime>x"),
        f"<xml>{'<a>' * 9}{'</a>' * 9}</xml>",
        '{"MsgType": "text"}',
        "",
    ],
)
def test_what_is_no_message_is_refused(client: Client, body: str) -> None:
    refused(client, plain(body), 400)
    if body:
        refused(client, encrypted(body), 400)


def test_too_large_body_is_refused_unread(client: Client) -> None:
    assert "64 KiB" in refused(client, plain(text_message("长" * MAX_BODY)), 413)


def test_ciphertext_that_is_missing_or_no_base64_is_refused(client: Client) -> None:
    sent = encrypted(text_message())
    refused(client, Sent(sent.query, text_message().encode()), 400)
    query = plain("").query
    for sealed in ("%%%", "QUJD", ""):
        signature = sender.signed(sender.TOKEN, query["timestamp"], query["nonce"], sealed)
        body = f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode()
        refused(client, Sent(query | {"msg_signature": signature}, body), 400)


def test_plain_message_is_refused_where_only_encrypted_ones_are_wanted(
    client: Client, settings: Settings
) -> None:
    settings.WECHAT_ENCRYPTED_ONLY = True
    assert "安全模式" in refused(client, plain(text_message()), 403)
    assert post(client, encrypted(text_message()))[0] == 200


def test_without_an_account_there_is_no_such_address(client: Client, settings: Settings) -> None:
    settings.WECHAT_APP_ID = ""
    assert "没有接入" in refused(client, plain(text_message()), 404)
    assert client.get(PATH).status_code == 404


@pytest.mark.parametrize("missing", ["WECHAT_TOKEN", "WECHAT_ENCODING_AES_KEY"])
def test_unfinished_configuration_says_what_is_missing(
    client: Client, settings: Settings, missing: str
) -> None:
    sent = encrypted(text_message())
    setattr(settings, missing, "")
    assert missing in refused(client, sent, 503)


def test_database_that_is_busy_is_answered_so_that_wechat_tries_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> int:
        raise OperationalError("database is locked")

    monkeypatch.setattr(Store, "insert", busy)
    assert "重发" in refused(client, encrypted(text_message()), 503)
    monkeypatch.undo()
    assert post(client, encrypted(text_message())) == (200, "success")


def test_bad_row_of_a_batch_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = _waiting("good"), _waiting("bad")
    insert = Store.insert

    def picky(store: Store, rows: list[Row]) -> int:
        if any(row.key == "bad" for row in rows):
            raise DataError("a value that the database refuses")
        return insert(store, rows)

    monkeypatch.setattr(Store, "insert", picky)
    storing.GroupCommit()._write([good, bad])
    assert (good.error, type(bad.error)) == (None, DataError)
    assert InboundEvent.objects.get().key == "good"


def _waiting(key: str) -> storing._Waiting:
    now = clock.now()
    return storing._Waiting(
        row_of(Incoming(key, "text", "oA", now, now, b"<xml></xml>"), sender.APP_ID)
    )


def test_refusals_tell_no_secret(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        post(client, encrypted(text_message("我的电话13912345678"), token="another"))
        post(client, encrypted(text_message("我的电话13912345678"), key=sender.OTHER_KEY))
        post(client, plain("<xml><Content>13912345678"))
    assert caplog.text.count("微信回调被拒绝") == 3
    for secret in (sender.TOKEN, sender.AES_KEY, sender.OTHER_KEY, "13912345678", "Traceback"):
        assert secret not in caplog.text
