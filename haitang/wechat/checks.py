"""Misconfiguration of the official account, told with its cure."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from haitang.wechat.accounts import aes_key


@register("wechat")
def check_keys(**kwargs: Any) -> list[CheckMessage]:
    """The keys have the form that WeChat gives them."""
    found: list[CheckMessage] = []
    for name in ("WECHAT_ENCODING_AES_KEY", "WECHAT_ENCODING_AES_KEY_PREVIOUS"):
        text = getattr(settings, name)
        if text and aes_key(text) is None:
            found.append(
                Error(
                    f"{name} 不是微信后台给出的 43 个字母和数字。",
                    hint="在公众平台“设置与开发·基本配置”里复制消息加解密密钥，完整地填进来。",
                    id="wechat.E001",
                )
            )
    if settings.WECHAT_APP_ID and not settings.WECHAT_TOKEN:
        found.append(
            Warning(
                "配置了 WECHAT_APP_ID，却没有 WECHAT_TOKEN：收不到粉丝的消息。",
                hint="把公众平台“基本配置”里的令牌（Token）填进环境变量 WECHAT_TOKEN。",
                id="wechat.W001",
            )
        )
    return found
