"""The official account that the environment configures."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from haitang.kernel import clock
from haitang.kernel.errors import NotThere
from haitang.wechat.models import Account

NOT_CONFIGURED = (
    "还没有接入公众号：请在环境变量 WECHAT_APP_ID、WECHAT_APP_SECRET、WECHAT_TOKEN 和 "
    "WECHAT_ENCODING_AES_KEY 里填写公众平台“基本配置”的内容，然后重启。"
)
_AES_KEY_LENGTH = 43


@dataclass(frozen=True)
class Credentials:
    """What the environment says of the account; a part that is not given is empty."""

    app_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    previous_aes_key: str = field(repr=False)
    api_base: str


def configured() -> Credentials | None:
    """The account of the environment; None without WECHAT_APP_ID."""
    if not settings.WECHAT_APP_ID:
        return None
    return Credentials(
        app_id=settings.WECHAT_APP_ID,
        secret=settings.WECHAT_APP_SECRET,
        token=settings.WECHAT_TOKEN,
        aes_key=settings.WECHAT_ENCODING_AES_KEY,
        previous_aes_key=settings.WECHAT_ENCODING_AES_KEY_PREVIOUS,
        api_base=settings.WECHAT_API_BASE.rstrip("/"),
    )


def current_account(now: datetime | None = None) -> Account:
    """The row of the account of the environment, made on demand; NotThere when there is none."""
    credentials = configured()
    if credentials is None:
        raise NotThere(NOT_CONFIGURED)
    account, _ = Account.objects.get_or_create(
        app_id=credentials.app_id, defaults={"created_at": now or clock.now()}
    )
    return account


def aes_key(text: str) -> bytes | None:
    """The 32 bytes of an EncodingAESKey (43 characters of base64); None when it is none."""
    if len(text) != _AES_KEY_LENGTH:
        return None
    try:
        return base64.b64decode(text + "=", validate=True)
    except (binascii.Error, ValueError):
        return None
