"""Personal data: encrypted at rest, found by keyed hash, masked wherever it is shown.

A value is a ``Personal``: whatever prints it, a template, a log line or a traceback, prints the
mask. Its text comes out by ``reveal`` only, an act with a reason in the audit trail, or by
``for_computing`` where a program needs it and nobody sees it.

Encryption is AES-256-GCM; keys come from ``PERSONAL_DATA_KEYS`` (the first one encrypts, all of
them decrypt), the hash key from ``PERSONAL_DATA_HASH_KEY``. ``manage.py rotate_personal_keys``
brings every row under the first key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models, transaction

from haitang.kernel import audit
from haitang.kernel.errors import Invalid
from haitang.kernel.masking import masked, masked_numbers

__all__ = [
    "STREAM",
    "EncryptedField",
    "HashField",
    "Personal",
    "decrypt",
    "decrypt_bytes",
    "encrypt",
    "encrypt_bytes",
    "encrypted_fields",
    "is_current",
    "keyed_hash",
    "masked",
    "masked_numbers",
    "reveal",
]

_KEY_ID, _NONCE = 4, 12
STREAM = "personal"


class Personal:
    """A personal text. ``str()`` and ``repr()`` are its mask; equal when the texts are."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def for_computing(self) -> str:
        """The text, for a calculation or a message that no person of the house reads."""
        return self._text

    def __str__(self) -> str:
        return masked(self._text)

    def __repr__(self) -> str:
        return f"Personal({masked(self._text)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and hmac.compare_digest(
            self._text.encode(), other._text.encode()
        )

    def __hash__(self) -> int:
        return hash((Personal, self._text))

    def __bool__(self) -> bool:
        return bool(self._text)


def keyed_hash(text: str) -> str:
    """What a personal text is looked up by: HMAC-SHA-256, 64 hexadecimal digits."""
    return hmac.digest(_hash_key(), text.encode(), "sha256").hex()


def encrypt(text: str) -> bytes:
    """Under the first key: key id, nonce, ciphertext with tag."""
    return encrypt_bytes(text.encode())


def decrypt(stored: bytes) -> str:
    """The text. Raises ImproperlyConfigured when its key is not among the keys configured."""
    return decrypt_bytes(stored).decode()


def encrypt_bytes(plain: bytes) -> bytes:
    """As ``encrypt``, of bytes: 32 bytes more than they are."""
    key = _keys()[0]
    nonce = os.urandom(_NONCE)
    return _identity(key) + nonce + AESGCM(key).encrypt(nonce, plain, None)


def decrypt_bytes(stored: bytes) -> bytes:
    """As ``decrypt``, of bytes."""
    for key in _keys():
        if _identity(key) == stored[:_KEY_ID]:
            nonce = stored[_KEY_ID : _KEY_ID + _NONCE]
            try:
                return AESGCM(key).decrypt(nonce, stored[_KEY_ID + _NONCE :], None)
            except InvalidTag as error:
                raise ImproperlyConfigured("个人信息的密文已损坏：请从备份恢复。") from error
    raise ImproperlyConfigured(
        "个人信息是用另一把密钥加密的：请把原来的密钥加进 PERSONAL_DATA_KEYS。"
    )


def is_current(stored: bytes) -> bool:
    """Whether it is encrypted under the first key."""
    return stored[:_KEY_ID] == _identity(_keys()[0])


def reveal(
    *, obj: models.Model, field: str, reason: str, by: AbstractBaseUser, now: datetime
) -> str:
    """The text of a personal field, for a person who gave a reason; recorded in the audit trail.

    The caller has checked that the person may. Raises Invalid without a reason; a card or a phone
    in the reason is masked.
    """
    if not reason.strip():
        raise Invalid("请写明查看的理由：它会留在操作记录里。")
    value: Personal = getattr(obj, field)
    with transaction.atomic():
        audit.record(
            stream=STREAM,
            act="personal.reveal",
            obj=obj,
            by=by,
            now=now,
            details={"field": field, "reason": masked_numbers(reason.strip())},
        )
    return value.for_computing()


if TYPE_CHECKING:
    _Bytes = models.BinaryField[Personal | str, Personal]
    _Text = models.CharField[str, str]
else:
    _Bytes, _Text = models.BinaryField, models.CharField


class EncryptedField(_Bytes):
    """A ``Personal`` text, encrypted at rest. Look rows up by its ``HashField``."""

    def from_db_value(self, value: bytes | None, *_: object) -> Personal | None:
        return None if value is None else Personal(decrypt(bytes(value)))

    def to_python(self, value: object) -> Personal | None:
        return Personal(value) if isinstance(value, str) else value  # type: ignore[return-value]

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, Personal):
            value = value.for_computing()
        stored = encrypt(value) if isinstance(value, str) else value
        return super().get_db_prep_value(stored, connection, prepared)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: look it up by its HashField")
        return super().get_lookup(lookup_name)


class HashField(_Text):
    """The keyed hash of the ``EncryptedField`` named ``of``, kept by itself.

    With ``null=True`` an empty value has none, so that many rows may be without.
    """

    def __init__(self, *args: Any, of: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 64)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)
        self.of = of

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, arguments, keywords = super().deconstruct()
        return name, path, arguments, {**keywords, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        value = getattr(model_instance, self.of)
        text = value.for_computing() if isinstance(value, Personal) else value
        hashed = None if self.null and not text else keyed_hash(text)
        setattr(model_instance, self.attname, hashed)
        return hashed


def encrypted_fields(all_models: Iterable[type[models.Model]]) -> list[EncryptedField]:
    """Every encrypted field of these models."""
    return [
        field
        for model in all_models
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedField)
    ]


def _keys() -> list[bytes]:
    return _decoded(tuple(settings.PERSONAL_DATA_KEYS))


def _hash_key() -> bytes:
    return _decoded((settings.PERSONAL_DATA_HASH_KEY,))[0]


@lru_cache(maxsize=8)
def _decoded(texts: tuple[str, ...]) -> list[bytes]:
    try:
        keys = [base64.urlsafe_b64decode(text) for text in texts]
    except (binascii.Error, ValueError) as error:
        raise ImproperlyConfigured(_BAD_KEY) from error
    if not keys or any(len(key) != 32 for key in keys):
        raise ImproperlyConfigured(_BAD_KEY)
    return keys


@lru_cache(maxsize=8)
def _identity(key: bytes) -> bytes:
    return hashlib.sha256(b"haitang personal data" + key).digest()[:_KEY_ID]


_BAD_KEY = (
    "PERSONAL_DATA_KEYS 和 PERSONAL_DATA_HASH_KEY 里的每把密钥都是 32 字节的 base64："
    '可用 python -c "import base64, os; '
    'print(base64.urlsafe_b64encode(os.urandom(32)).decode())" 生成。'
)
