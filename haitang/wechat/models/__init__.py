"""Rows of the WeChat gateway, one module a part of it."""

from haitang.wechat.models.account import Account
from haitang.wechat.models.event import InboundEvent

__all__ = ["Account", "InboundEvent"]
