"""Codes for stores and campaigns: made at WeChat, kept with their picture, retired."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from campaigns.models import Campaign, Store
from haitang.kernel import audit, files
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.texts import written
from haitang.wechat import gateway
from haitang.wechat.accounts import current_account
from membership.models import SceneCode

STREAM = "scenes"
# 41 bits of chance: the account has at most 100,000 permanent codes.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 8
MOST_DAYS = 30


def make_scene(
    *,
    name: str,
    store: Store | None,
    campaign: Campaign | None,
    days: int | None,
    by: User,
    now: datetime,
) -> SceneCode:
    """A code for a store, a campaign, or both; ``days`` None makes it permanent.

    The row is there before WeChat is asked; when WeChat does not answer, the row says why and
    ``fetch_code`` asks again. Raises Invalid for what cannot be, NotThere without an account.
    """
    name = written(name, missing="请写这个二维码的用途。", name="用途", longest=60)
    if store is None and campaign is None:
        raise Invalid("请选门店或活动（也可以两个都选）：扫码的人就记在它名下。")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise Invalid(f"临时二维码最多 {MOST_DAYS} 天：要更久请选永久。")
    with transaction.atomic():
        code = SceneCode.objects.create(
            account=current_account(now),
            scene_str="".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)),
            name=name,
            store=store,
            campaign=campaign,
            expires_at=now + timedelta(days=days) if days else None,
            made_at=now,
            made_by=by,
        )
        audit.record(stream=STREAM, act="make_scene", obj=code, by=by, now=now)
    fetch_code(code=code, by=by, now=now)
    return code


def fetch_code(*, code: SceneCode, by: User, now: datetime) -> None:
    """Ask WeChat for the code and its picture; what goes wrong is kept as a sentence.

    Called in no transaction. Conflict when the code is there already or has expired.
    """
    if code.is_ready:
        raise Conflict(f"“{code.name}”的二维码已经有了。")
    if code.has_expired(now):
        raise Conflict(f"“{code.name}”的有效期已过：请另建一个。")
    try:
        client = gateway.client(by=by)
        if code.expires_at is None:
            made = client.qr.permanent(code.scene_str)
        else:
            seconds = max(60, int((code.expires_at - now).total_seconds()))
            made = client.qr.temporary(code.scene_str, seconds)
        picture = client.qr.png(made.ticket)
    except gateway.WeChatError as error:
        code.error = error.sentence[:300]
        code.save(update_fields=["error"])
        return
    code.picture = files.store_file(name=f"{code.name}.png", content=picture, by=by, now=now)
    code.ticket, code.url, code.error = made.ticket, made.url, ""
    code.save(update_fields=["ticket", "url", "picture", "error"])


def retire_scene(*, code: SceneCode, by: User, now: datetime) -> None:
    """Out of use: it leaves the lists; who still scans it is counted all the same."""
    with transaction.atomic():
        if not SceneCode.objects.filter(pk=code.pk, retired_at=None).update(retired_at=now):
            raise Conflict(f"“{code.name}”已经停用。")
        audit.record(stream=STREAM, act="retire_scene", obj=code, by=by, now=now)
