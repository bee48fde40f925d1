"""Personal data: encrypted at rest, found by hash, masked, revealed with a reason only."""

from __future__ import annotations

import base64
import logging
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from campaigns.cards import card_ids
from campaigns.models import MemberCard
from haitang.kernel import audit
from haitang.kernel.errors import Invalid
from haitang.kernel.models import AuditEntry
from haitang.kernel.personal import Personal, decrypt, encrypt, keyed_hash, masked, reveal

PHONE = "13912345678"


def new_key(letter: str) -> str:
    return base64.urlsafe_b64encode(letter.encode() * 32).decode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [(PHONE, "*******5678"), ("1234", "**34"), ("7", "*"), ("", ""), ("60000001", "****0001")],
)
def test_mask_shows_the_last_four_and_never_more_than_half(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_personal_text_prints_its_mask_everywhere(caplog: pytest.LogCaptureFixture) -> None:
    value = Personal(PHONE)
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("card %s %r", value, [value])
    assert PHONE not in f"{value} {value!r} {caplog.text}"
    assert value.for_computing() == PHONE


def test_encryption_differs_each_time_and_decrypts() -> None:
    first, second = encrypt(PHONE), encrypt(PHONE)
    assert first != second
    assert decrypt(first) == decrypt(second) == PHONE


def test_damaged_ciphertext_is_refused() -> None:
    stored = bytearray(encrypt(PHONE))
    stored[-1] ^= 1
    with pytest.raises(ImproperlyConfigured, match="损坏"):
        decrypt(bytes(stored))


def test_key_that_is_gone_is_named_as_the_cause(settings: object) -> None:
    stored = encrypt(PHONE)
    settings.PERSONAL_DATA_KEYS = [new_key("b")]  # type: ignore[attr-defined]
    with pytest.raises(ImproperlyConfigured, match="另一把密钥"):
        decrypt(stored)


@pytest.mark.parametrize("bad", ["", "short", "not base64 at all!"])
def test_bad_key_is_refused_with_the_cure(settings: object, bad: str) -> None:
    settings.PERSONAL_DATA_KEYS = [bad]  # type: ignore[attr-defined]
    with pytest.raises(ImproperlyConfigured, match="32 字节"):
        encrypt(PHONE)


@pytest.mark.django_db
def test_card_is_found_by_hash_and_kept_encrypted() -> None:
    pk = card_ids([PHONE])[PHONE]
    assert card_ids([PHONE, PHONE]) == {PHONE: pk}
    card = MemberCard.objects.get(number_hash=keyed_hash(PHONE))
    assert card.number == Personal(PHONE)
    assert str(card) == "*******5678"
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, number_hash FROM campaigns_membercard")
        number, hashed = cursor.fetchone()
    assert PHONE.encode() not in bytes(number)
    assert PHONE not in hashed


@pytest.mark.django_db
def test_lookup_by_the_encrypted_column_is_an_error() -> None:
    with pytest.raises(FieldError, match="HashField"):
        MemberCard.objects.filter(number=PHONE).first()


@pytest.mark.django_db
def test_reveal_needs_a_reason_and_is_recorded_without_the_text(
    administrator: User, now: datetime
) -> None:
    card = MemberCard.objects.get(pk=card_ids([PHONE])[PHONE])
    with pytest.raises(Invalid, match="理由"):
        reveal(obj=card, field="number", reason="  ", by=administrator, now=now)
    assert not AuditEntry.objects.exists()
    shown = reveal(obj=card, field="number", reason="会员来电核对", by=administrator, now=now)
    assert shown == PHONE
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.actor, entry.details["reason"]) == (
        "personal.reveal",
        administrator,
        "会员来电核对",
    )
    assert PHONE not in f"{entry.object_name} {entry.object_id} {entry.details}"
    assert not list(audit.verify())


@pytest.mark.django_db
def test_rotation_brings_every_row_under_the_new_key(settings: object) -> None:
    old = settings.PERSONAL_DATA_KEYS  # type: ignore[attr-defined]
    pk = card_ids([PHONE])[PHONE]
    settings.PERSONAL_DATA_KEYS = [new_key("n"), *old]  # type: ignore[attr-defined]
    out = StringIO()
    call_command("rotate_personal_keys", stdout=out)
    assert "重新加密 1 条" in out.getvalue()
    settings.PERSONAL_DATA_KEYS = [new_key("n")]  # type: ignore[attr-defined]
    assert MemberCard.objects.get(pk=pk).number == Personal(PHONE)
    assert card_ids([PHONE]) == {PHONE: pk}  # the hash key is another one
    out = StringIO()
    call_command("rotate_personal_keys", stdout=out)
    assert "重新加密 0 条" in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_planted_number_stands_in_no_database_file() -> None:
    card_ids([PHONE])
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT campaigns_membercard::text FROM campaigns_membercard")
            assert PHONE not in str(cursor.fetchall())
            assert PHONE.encode().hex() not in str(cursor.fetchall())
        return
    path = Path(str(connection.settings_dict["NAME"]))
    files = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))]
    contents = b"".join(file.read_bytes() for file in files if file.exists())
    assert b"campaigns_membercard" in contents
    assert PHONE.encode() not in contents
