"""Signing and encrypting as WeChat does it (消息加解密说明), written against the document.

Deliberately without the product's own library: a stand-in that shared it could not find its
mistakes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class Undecipherable(Exception):
    """What came back is not an encrypted message of this account; the text says why."""


def signature(*parts: str) -> str:
    """The SHA-1 over the sorted parts: token, timestamp, nonce and, encrypted, the cipher text."""
    text = "".join(sorted(parts))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def encrypt(text: str, *, key: bytes, app_id: str) -> str:
    """Base64 of AES-256-CBC over 16 random bytes, the length, the text and the app id."""
    content = text.encode()
    plain = os.urandom(16) + struct.pack(">I", len(content)) + content + app_id.encode()
    padding = BLOCK - len(plain) % BLOCK
    plain += bytes([padding]) * padding
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def decrypt(cipher_text: str, *, key: bytes, app_id: str) -> str:
    """The text inside; raises Undecipherable, also for the message of another app id."""
    try:
        data = base64.b64decode(cipher_text, validate=True)
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        plain = decryptor.update(data) + decryptor.finalize()
        if not 1 <= plain[-1] <= BLOCK:
            raise Undecipherable("填充不对")
        plain = plain[: -plain[-1]]
        length = struct.unpack(">I", plain[16:20])[0]
        text = plain[20 : 20 + length].decode()
        owner = plain[20 + length :].decode()
    except (ValueError, IndexError, struct.error) as error:
        raise Undecipherable(f"解密失败：{type(error).__name__}") from error
    if owner != app_id:
        raise Undecipherable("AppID 不对")
    return text
