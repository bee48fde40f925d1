"""Rows of the WeChat gateway, one module a part of it."""

from haitang.wechat.models.account import Account
from haitang.wechat.models.event import InboundEvent
from haitang.wechat.models.gateway import AccessToken, CallLog, QuotaUse

__all__ = ["AccessToken", "Account", "CallLog", "InboundEvent", "QuotaUse"]
