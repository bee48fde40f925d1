"""Decrypting what WeChat pushes (WeChat's documents: 消息加解密说明).

AES-256-CBC under the EncodingAESKey, the vector being the key's first 16 bytes, padded to blocks
of 32. Inside: 16 random bytes, the length of the message (4 bytes, big-endian), the message, the
app id.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from haitang.wechat.accounts import aes_key
from haitang.wechat.webhook.errors import Forged, Malformed, NotReady

_RANDOM, _LENGTH, _BLOCK = 16, 4, 32
_UNREADABLE = (
    "这条加密消息解不开：请核对公众平台的消息加解密密钥与 WECHAT_ENCODING_AES_KEY 是否一致。"
)
_OTHER_APP = "这条消息是发给另一个公众号的：请核对 WECHAT_APP_ID。"
_NO_KEY = "收到加密消息，但没有配置可用的 WECHAT_ENCODING_AES_KEY。"


def decrypt(ciphertext: str, *, keys: Iterable[str], app_id: str) -> bytes:
    """The message, under the first of these EncodingAESKeys that opens it.

    Raises Malformed when none does, Forged when it is for another app, NotReady without a key.
    """
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(_UNREADABLE) from error
    if not sealed or len(sealed) % 16:
        raise Malformed(_UNREADABLE)
    ciphers = [cipher for cipher in map(_cipher, keys) if cipher]
    if not ciphers:
        raise NotReady(_NO_KEY)
    opened = [found for cipher in ciphers if (found := _open(cipher, sealed))]
    for message, app in opened:
        if app == app_id.encode():
            return message
    raise Forged(_OTHER_APP) if opened else Malformed(_UNREADABLE)


def _open(cipher: Cipher[modes.CBC], sealed: bytes) -> tuple[bytes, bytes] | None:
    """Message and app id; None when it was sealed under another key."""
    decryptor = cipher.decryptor()
    padded = decryptor.update(sealed) + decryptor.finalize()
    padding = padded[-1]
    start = _RANDOM + _LENGTH
    end = start + int.from_bytes(padded[_RANDOM:start], "big")
    stop = len(padded) - padding
    if not 1 <= padding <= _BLOCK or not start <= end <= stop:
        return None
    return padded[start:end], padded[end:stop]


@lru_cache(maxsize=8)
def _cipher(key: str) -> Cipher[modes.CBC] | None:
    found = aes_key(key)
    return Cipher(algorithms.AES256(found), modes.CBC(found[:16])) if found else None
