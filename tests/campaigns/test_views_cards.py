"""A member card: masked by default, revealed with a reason, and the act is recorded."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

from accounts.models import User
from campaigns.cards import card_ids
from haitang.kernel.models import AuditEntry

pytestmark = pytest.mark.django_db
PHONE = "13912345678"


@pytest.fixture
def address() -> str:
    return f"/cards/{card_ids([PHONE])[PHONE]}/"


def test_card_page_shows_the_mask_only(client: Client, cs: User, address: str) -> None:
    client.force_login(cs)
    page = client.get(address)
    assert page.status_code == 200
    assert "*******5678" in page.content.decode()
    assert PHONE not in page.content.decode()


def test_reason_shows_the_number_once_and_is_recorded(
    client: Client, cs: User, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(cs)
    with caplog.at_level(logging.DEBUG):
        page = client.post(address, {"reason": "会员来电核对积分"})
    assert PHONE in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    entry = AuditEntry.objects.get(act="personal.reveal")
    assert (entry.actor, entry.details["reason"]) == (cs, "会员来电核对积分")
    assert PHONE not in caplog.text
    assert PHONE not in client.get(address).content.decode()


def test_without_a_reason_nothing_is_shown_nor_recorded(
    client: Client, cs: User, address: str
) -> None:
    client.force_login(cs)
    page = client.post(address, {"reason": " "})
    assert page.status_code == 400
    assert "理由" in page.content.decode()
    assert PHONE not in page.content.decode()
    assert not AuditEntry.objects.filter(act="personal.reveal").exists()


def test_colleague_may_not(client: Client, ops: User, address: str) -> None:
    client.force_login(ops)
    assert client.get(address).status_code == 403
    assert client.post(address, {"reason": "好奇"}).status_code == 403


def test_stranger_is_sent_to_the_log_in(client: Client, address: str) -> None:
    assert client.get(address).status_code == 302


def test_unknown_card_is_not_there(client: Client, cs: User) -> None:
    client.force_login(cs)
    assert client.get("/cards/987654/").status_code == 404
