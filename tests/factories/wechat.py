"""Stored events of an official account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from haitang.kernel.clock import SHANGHAI
from haitang.wechat.models import Account, InboundEvent
from haitang.wechat.webhook.keying import key_of, kind_of
from haitang.wechat.webhook.parsing import leaves
from tests.wechat.sender import APP_ID, text_message

RECEIVED = datetime(2026, 11, 3, 10, 0, tzinfo=SHANGHAI)


def make_account() -> Account:
    """The account of the tests."""
    account, _ = Account.objects.get_or_create(app_id=APP_ID, defaults={"created_at": RECEIVED})
    return account


def make_event(xml: str = "", **fields: Any) -> InboundEvent:
    """An event as the webhook stores it; its XML is a text message unless given."""
    count = InboundEvent.objects.count()
    xml = xml or text_message(number=count + 1, at=int(RECEIVED.timestamp()))
    parts = leaves(xml.encode())
    kind = kind_of(parts)
    given = {
        "account": make_account(),
        "key": key_of(parts, kind, xml.encode()),
        "kind": kind,
        "openid": parts["FromUserName"],
        "occurred_at": RECEIVED,
        "received_at": RECEIVED,
        "next_attempt_at": RECEIVED,
        "body": xml,
    }
    return InboundEvent.objects.create(**given | fields)
