"""WeChat's signature: SHA-1 over the sorted parts (WeChat's documents: 消息推送·接入指引)."""

from __future__ import annotations

import hashlib
import hmac


def signature_of(*parts: str) -> str:
    """40 hexadecimal digits over token, timestamp, nonce and, where encrypted, the ciphertext."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324  (WeChat's choice)


def is_signed(given: str, *parts: str) -> bool:
    """Whether the signature is right, in a time that does not depend on where it is wrong."""
    return hmac.compare_digest(given.encode(), signature_of(*parts).encode())
