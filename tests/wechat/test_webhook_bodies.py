"""Five thousand bad requests: a 4xx with a sentence each, nothing stored, nothing in the log."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haitang.wechat.models import InboundEvent
from haitang.wechat.webhook.wsgi import PATH, with_webhook
from tests.wechat import sender
from tests.wechat.sender import Sent, encrypted, plain, text_message

AT_ONCE = 10
SECRETS = (sender.TOKEN, sender.AES_KEY, "13912345678", "Traceback")
GENUINE = text_message("我的电话13912345678")
SEALED = encrypted(GENUINE).body.decode().split("[CDATA[")[2].split("]]>")[0]
# Whatever is made of these lacks the follower.
PARTS = st.sampled_from(
    [
        "<xml>",
        "</xml>",
        "<ToUserName><![CDATA[gh_7f083739789a]]></ToUserName>",
        "<CreateTime>1795334077</CreateTime>",
        "<MsgType><![CDATA[text]]></MsgType>",
        "<Encrypt>",
        "</Encrypt>",
        "&lol;",
        '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>',
        "13912345678",
        "\N{PILE OF POO}",
    ]
)


def _changed(number: int, to: str) -> Sent:
    """The ciphertext with another character somewhere."""
    sent, at = encrypted(GENUINE), number % len(SEALED)
    start = sent.body.index(b"<Encrypt><![CDATA[") + len("<Encrypt><![CDATA[")
    body = sent.body.decode()
    to = to if body[start + at] != to else ("A" if to != "A" else "B")
    return Sent(sent.query, f"{body[: start + at]}{to}{body[start + at + 1 :]}".encode())


def _cut(number: int, wrap: Any) -> Sent:
    sent = wrap(GENUINE)
    return Sent(sent.query, sent.body[: number % len(sent.body)])


def _without(name: str, wrap: Any) -> Sent:
    sent = wrap(GENUINE)
    needed = "signature" if wrap is plain else "msg_signature"
    names = {"timestamp": "timestamp", "nonce": "nonce", "signature": needed}
    return Sent({k: v for k, v in sent.query.items() if k != names[name]}, sent.body)


# Each makes a request when called: encryption is random, and strategies must not be.
Make = Callable[[], Sent]
numbers = st.integers(0, 100_000)
wraps = st.sampled_from([plain, encrypted])
noise = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(str.encode),
    st.lists(PARTS, max_size=8).map(lambda parts: "".join(parts).encode()),
)
queries = st.dictionaries(
    st.sampled_from(["signature", "msg_signature", "timestamp", "nonce", "echostr"]),
    st.text(st.characters(codec="utf-8"), max_size=45),
)


def later(make: Callable[..., Sent], *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Make]:
    """Requests made of such parts."""
    return st.tuples(*parts).map(lambda given: partial(make, *given))


bad = st.one_of(
    later(lambda body: Sent(plain("").query, body), noise),
    later(lambda body: Sent(encrypted(GENUINE).query, body), noise),
    later(Sent, queries, noise),
    later(lambda query: Sent(query, GENUINE.encode()), queries),
    later(_changed, numbers, st.sampled_from("Az09+/= <")),
    later(_cut, numbers, wraps),
    later(_without, st.sampled_from(["timestamp", "nonce", "signature"]), wraps),
    later(lambda token, wrap: wrap(GENUINE, token=token), st.text(max_size=32), wraps),
    later(lambda app: encrypted(GENUINE, app_id=app), st.text(max_size=30)),
    later(lambda at: encrypted(GENUINE, at=at), st.integers(0, 1_700_000_000)),
)


def _ask(sent: Sent) -> tuple[str, str]:
    said: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": PATH,
        "QUERY_STRING": sent.url.partition("?")[2],
        "CONTENT_LENGTH": str(len(sent.body)),
        "wsgi.input": io.BytesIO(sent.body),
    }
    application = with_webhook(lambda *_: [])
    body = b"".join(application(environ, lambda status, headers: said.append(status)))
    return said[0], body.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("account")
@pytest.mark.once
def test_bad_requests_are_refused_and_leave_nothing(caplog: pytest.LogCaptureFixture) -> None:
    @settings(
        max_examples=5_000 // AT_ONCE,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.lists(bad, min_size=AT_ONCE, max_size=AT_ONCE))
    def are_refused(requests: list[Make]) -> None:
        for make in requests:
            sent = make()
            status, sentence = _ask(sent)
            assert status.startswith("4"), (status, sent)
            assert sentence.endswith("。")

    with caplog.at_level(logging.DEBUG):
        are_refused()
    assert not InboundEvent.objects.exists()
    assert not [secret for secret in SECRETS if secret in caplog.text]
