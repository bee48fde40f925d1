"""The invented official account that the simulator plays."""

from __future__ import annotations

import base64
import os
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass

ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class SimulatedAccount:
    """What both sides know of an account: the developer's settings page of 公众平台.

    ``aes_key`` is an EncodingAESKey: 43 characters, base64 of 32 bytes without the last ``=``.
    ``original_id`` is the ``gh_…`` name that stands in ToUserName.
    """

    app_id: str
    secret: str
    token: str
    aes_key: str
    original_id: str = "gh_haitang00001"

    @property
    def key(self) -> bytes:
        """The 32 bytes of the AES key."""
        return base64.b64decode(self.aes_key + "=")

    def environment(self, api_base: str) -> dict[str, str]:
        """The ``WECHAT_*`` variables with which the product uses this account."""
        return {
            "WECHAT_APP_ID": self.app_id,
            "WECHAT_APP_SECRET": self.secret,
            "WECHAT_TOKEN": self.token,
            "WECHAT_ENCODING_AES_KEY": self.aes_key,
            "WECHAT_API_BASE": api_base,
        }


def invented_account() -> SimulatedAccount:
    """A new account with random secrets."""
    return SimulatedAccount(
        app_id="wx" + secrets.token_hex(8),
        secret=secrets.token_hex(16),
        token=_word(24),
        aes_key=_aes_key(),
    )


def account_of_environment(environment: Mapping[str, str] = os.environ) -> SimulatedAccount | None:
    """The account that the ``WECHAT_*`` variables name, or None when they name none."""
    names = ("WECHAT_APP_ID", "WECHAT_APP_SECRET", "WECHAT_TOKEN", "WECHAT_ENCODING_AES_KEY")
    app_id, secret, token, aes_key = (environment.get(name, "") for name in names)
    if not app_id:
        return None
    return SimulatedAccount(app_id=app_id, secret=secret, token=token, aes_key=aes_key)


def _word(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _aes_key() -> str:
    """43 letters and digits that decode strictly: the last one carries four bits only."""
    return base64.b64encode(os.urandom(32)).decode().rstrip("=").replace("+", "A").replace("/", "B")
