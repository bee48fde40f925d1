"""Rows of the WeChat gateway, one module a part of it."""

from haitang.wechat.models.account import Account
from haitang.wechat.models.event import InboundEvent
from haitang.wechat.models.figures import (
    ArticleDay,
    FollowerDay,
    FollowerTotal,
    SyncCursor,
    UpstreamDay,
)
from haitang.wechat.models.gateway import AccessToken, CallLog, QuotaUse
from haitang.wechat.models.outbound import MassSend, MenuVersion, Publication, StaffBinding

__all__ = [
    "AccessToken",
    "Account",
    "ArticleDay",
    "CallLog",
    "FollowerDay",
    "FollowerTotal",
    "InboundEvent",
    "MassSend",
    "MenuVersion",
    "Publication",
    "QuotaUse",
    "StaffBinding",
    "SyncCursor",
    "UpstreamDay",
]
