"""Reads for the pages of the account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from haitang.kernel import clock
from haitang.kernel.models import Job
from haitang.wechat.accounts import configured, current_account
from haitang.wechat.capabilities import PROBES, Probe
from haitang.wechat.gateway import quotas
from haitang.wechat.gateway.client import OWN_HOST
from haitang.wechat.gateway.sentences import meaning_of
from haitang.wechat.models import AccessToken, Account, CallLog, SyncCursor
from haitang.wechat.statistics.pulling import TITLES

CALLS = 12
UNDER_WAY = (Job.State.QUEUED, Job.State.RUNNING)


@dataclass(frozen=True)
class Setting:
    """A part of the configuration: its name, what it is for, whether it is there."""

    name: str
    purpose: str
    is_given: bool
    is_needed: bool = True


@dataclass(frozen=True)
class Ability:
    """What the account may do; ``has`` None when nobody has asked yet."""

    probe: Probe
    has: bool | None


@dataclass(frozen=True)
class Sync:
    """One kind of figures and how far its pull has come."""

    name: str
    title: str
    cursor: SyncCursor | None


@dataclass(frozen=True)
class Call:
    """A call of the log in words."""

    log: CallLog
    name: str
    said: str


def shown_account(now: datetime) -> Account | None:
    """The configured account, or None."""
    return current_account(now) if configured() else None


def settings_given() -> list[Setting]:
    """Which parts of the configuration are there; never what they say."""
    return [
        Setting("WECHAT_APP_ID", "公众号的 AppID", bool(settings.WECHAT_APP_ID)),
        Setting("WECHAT_APP_SECRET", "调用微信接口", bool(settings.WECHAT_APP_SECRET)),
        Setting("WECHAT_TOKEN", "接收消息：核对签名", bool(settings.WECHAT_TOKEN)),
        Setting(
            "WECHAT_ENCODING_AES_KEY", "接收消息：解密", bool(settings.WECHAT_ENCODING_AES_KEY)
        ),
        Setting(
            "WECHAT_ENCODING_AES_KEY_PREVIOUS",
            "换密钥期间的旧密钥",
            bool(settings.WECHAT_ENCODING_AES_KEY_PREVIOUS),
            is_needed=False,
        ),
        Setting(
            "WECHAT_API_BASE",
            "微信以外的接口地址（模拟器、代理）",
            settings.WECHAT_API_BASE.rstrip("/") != OWN_HOST,
            is_needed=False,
        ),
    ]


def abilities_of(account: Account) -> list[Ability]:
    """Every ability with its answer."""
    known: Mapping[str, bool] = account.capabilities
    return [Ability(probe, known.get(probe.name)) for probe in PROBES]


def syncs_of(account: Account) -> list[Sync]:
    """Every kind of figures with its cursor. One query."""
    cursors = {each.name: each for each in SyncCursor.objects.filter(account=account)}
    return [Sync(name, title, cursors.get(name)) for name, title in TITLES.items()]


def token_of(account: Account) -> AccessToken | None:
    """When the shared token was fetched and until when it serves; the token stays encrypted."""
    return AccessToken.objects.filter(account=account).defer("token").first()


def last_calls(account: Account) -> list[Call]:
    """The newest calls in words. One query."""
    rows = CallLog.objects.filter(account=account).select_related("by").order_by("-id")[:CALLS]
    return [
        Call(
            row,
            quotas.name_of(row.path),
            meaning_of(row.errcode, row.errmsg).sentence if row.errcode else "",
        )
        for row in rows
    ]


def jobs_under_way(*kinds: str) -> list[Job]:
    """The jobs of these kinds that wait or run. One query."""
    return list(Job.objects.filter(kind__in=kinds, state__in=UNDER_WAY).order_by("pk"))


def used_today(account: Account, now: datetime) -> list[quotas.Used]:
    """What was used of each interface today. One query."""
    return quotas.used_on(account, clock.business_day(now))
