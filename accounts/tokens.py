"""API tokens: made once and shown once, found by digest, revoked for good."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.models import ApiToken, ApiTokenQuerySet, User
from haitang.kernel import audit
from haitang.kernel.clock import business_day
from haitang.kernel.display import day_text
from haitang.kernel.errors import Conflict, Invalid, NotThere

PREFIX = "ht_"
STREAM = "people"
# A program that asks every second must not make every read a write.
_USE_KEPT_EVERY = timedelta(minutes=1)


def create_token(
    *, user: User, name: str, by: User | None, now: datetime, last_day: date | None = None
) -> tuple[ApiToken, str]:
    """A new token of a person with its text, which nobody can read again.

    It works up to ``last_day`` with that day included, or until it is revoked. Raises Invalid
    without a name, with one above 60 characters or for a last day that is over, and Conflict for a
    disabled person or when the person has a token of that name in force.
    """
    name, today = name.strip(), business_day(now)
    if last_day is not None and last_day < today:
        raise Invalid(f"令牌的最后一天 {day_text(last_day)}已经过了：请写今天或以后的日子。")
    if not 1 <= len(name) <= 60:
        raise Invalid("请写明令牌的用途：1 到 60 个字，例如“收银系统”。")
    if not user.may_enter(today):
        raise Conflict(f"{user.username} 的账号已停用或已到期：请先启用，再建立令牌。")
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two of the same name wait here
        if tokens_of(user).in_force(today).filter(name=name).exists():
            raise Conflict(
                f"{user.username} 已有名为“{name}”的令牌：请换一个名称，或先作废原来的。"
            )
        token = ApiToken.objects.create(
            user=user, name=name, digest=digest_of(text), created_at=now, last_day=last_day
        )
        audit.record(
            stream=STREAM,
            act="create_token",
            obj=token,
            by=by,
            now=now,
            details={"last_day": last_day},
        )
    return token, text


def revoke_token(*, token: ApiToken, by: User | None, now: datetime) -> None:
    """Revoke a token; NotThere when it is revoked already."""
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
            raise NotThere(f"令牌“{token.name}”已经作废。")
        audit.record(stream=STREAM, act="revoke_token", obj=token, by=by, now=now)


def tokens_of(user: User | None) -> ApiTokenQuerySet:
    """A person's tokens (None: everybody's), newest first, revoked ones included."""
    found = ApiToken.objects.select_related("user")
    return found if user is None else found.filter(user=user)


def token_in_force(user: User, *, key: int | None = None, name: str | None = None) -> ApiToken:
    """A person's token of that number or name; NotThere when there is none in force."""
    wanted = Q(pk=key) if key is not None else Q(name=name)
    token = tokens_of(user).filter(wanted, revoked_at=None).first()
    if token is None:
        raise NotThere(f"{user.username} 没有这个令牌，或它已经作废：请核对名称。")
    return token


def find_token(text: str, *, now: datetime) -> ApiToken | None:
    """The token of that text with its person, if both are in force; its use is noted.

    The note is written at most once a minute.
    """
    today = business_day(now)
    token = tokens_of(None).in_force(today).filter(digest=digest_of(text)).first()
    if token is None or not token.user.may_enter(today):
        return None
    if _is_stale(token, now):
        before = Q(last_used_at=None) | Q(last_used_at__lte=now - _USE_KEPT_EVERY)
        ApiToken.objects.filter(before, pk=token.pk).update(last_used_at=now)
    return token


def digest_of(text: str) -> str:
    """SHA-256 (hex) of a token."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _is_stale(token: ApiToken, now: datetime) -> bool:
    return token.last_used_at is None or token.last_used_at <= now - _USE_KEPT_EVERY
