"""Entering campaigns, changing them, moving them through their life; each with its audit record."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from campaigns.articles import articles
from campaigns.entry import CampaignEntry, Misfit, checked_context, entry_of, write_campaign
from campaigns.history import STREAM
from campaigns.models import Campaign
from campaigns.statuses import step, too_early
from haitang.kernel import audit
from haitang.kernel.clock import business_day
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.texts import within

REASON_LENGTH = 200
Status = Campaign.Status
# What decides the uplift: it stands still once the campaign is completed.
SETTLED = ("scale", "kind", "start", "end", "stores", "focus_items")


def enter_campaign(*, entry: CampaignEntry, by: User, now: datetime) -> Campaign:
    """A new campaign, planned; an empty code becomes one made of the first day.

    Raises Misfit (with the field) for what the rules refuse (docs/rules.md §3) and for a code
    that is taken.
    """
    entry = replace(entry, code=entry.code.strip() or free_code(entry.start), status=Status.PLANNED)
    _check_texts(entry)
    try:
        with transaction.atomic():
            context = checked_context(entry)
            if Campaign.objects.filter(code=entry.code).exists():
                raise _taken(entry.code)
            campaign = Campaign(code=entry.code)
            write_campaign(campaign, entry, context)
            _record("add_campaign", campaign, by=by, now=now, details=_shown(entry))
    except IntegrityError:
        raise _taken(entry.code) from None
    return campaign


def change_campaign(
    *, campaign: Campaign, entry: CampaignEntry, seen: str, by: User, now: datetime
) -> bool:
    """Make a campaign as the entry says; code and status stay. Whether anything changed.

    ``seen`` is the ``version`` that the person had before the eyes. Raises Misfit for what the
    rules refuse, Conflict when somebody else changed it meanwhile, when it is cancelled, and when
    it is completed and anything that decides the uplift would change.
    """
    with transaction.atomic():
        row = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
        before = entry_of(row)
        entry = replace(entry, code=row.code, status=row.status)
        if seen != version(row):
            raise Conflict("您打开之后，这场活动已被别人改过：请刷新这一页，看过再改。")
        _check_state(before, entry)
        _check_texts(entry)
        changes = {
            field: {"was": value, "now": _shown(entry)[field]}
            for field, value in _shown(before).items()
            if value != _shown(entry)[field]
        }
        if not changes:
            return False
        write_campaign(row, entry, checked_context(entry))
        _record("change_campaign", row, by=by, now=now, details=changes)
    return True


def set_status(
    *, campaign: Campaign, was: str, to: str, reason: str, by: User, now: datetime
) -> None:
    """Move a campaign from one status to another (campaigns/statuses.py).

    Raises Conflict when it is no longer ``was`` or no step leads there, Invalid before its day
    and without a reason where one is needed.
    """
    way = step(was, to)
    if way is None:
        raise Conflict("这一步走不通：请刷新活动页，看现在可以做什么。")
    if early := "" if way.undoes else too_early(campaign, to, today=business_day(now)):
        raise Invalid(early)
    reason = reason.strip()
    if way.needs_reason and not reason:
        raise Invalid(f"{way.label}要写明原因：它会留在操作记录里。")
    reason = within(reason, name="原因", longest=REASON_LENGTH)
    with transaction.atomic():
        moved = Campaign.objects.filter(pk=campaign.pk, status=was).update(status=to)
        if not moved:
            now_is = Campaign.objects.get(pk=campaign.pk).get_status_display()
            raise Conflict(f"活动的状态已经是“{now_is}”：可能别人先改了，请看过再改。")
        details = {"status": {"was": was, "now": to}, "reason": reason}
        _record("set_campaign_status", campaign, by=by, now=now, details=details)


def link_article(*, campaign: Campaign, article: str, by: User, now: datetime) -> bool:
    """The campaign's article, by code; empty takes the link away. Whether anything changed.

    Raises Misfit for a code that no article has, Conflict for a cancelled campaign.
    """
    code = article.strip()
    with transaction.atomic():
        row = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
        found = articles().filter(code=code).first() if code else None
        if code and found is None:
            raise Misfit("article", f"没有编号为 {code} 的推文：请从列表里选一篇。")
        if row.status == Status.CANCELLED:
            raise Conflict("活动已取消，不能再关联推文：请先恢复活动。")
        was = row.article.code if row.article else ""
        if was == code:
            return False
        row.article = found
        row.save(update_fields=["article"])
        details = {"article": {"was": was, "now": code}}
        _record("link_article", row, by=by, now=now, details=details)
    return True


def version(campaign: Campaign) -> str:
    """A short digest of what may be edited, so that two editors notice one another."""
    text = json.dumps(_shown(entry_of(campaign)), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def free_code(start: date) -> str:
    """A code that nobody has: ``HD20261017``, then ``HD20261017-2``."""
    stem = f"HD{start:%Y%m%d}"
    taken = set(Campaign.objects.filter(code__startswith=stem).values_list("code", flat=True))
    tries = (stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3)))
    return next(code for code in tries if code not in taken)


def _check_state(before: CampaignEntry, entry: CampaignEntry) -> None:
    if before.status == Status.CANCELLED:
        raise Conflict("活动已取消：请先恢复为计划，再修改。")
    if before.status == Status.COMPLETED and any(
        _shown(before)[field] != _shown(entry)[field] for field in SETTLED
    ):
        raise Conflict(
            "活动已完成，规模、类型、日期、门店和主推商品已经用来算增加值："
            "请先在活动页“重新打开”再改；名称和推文可以直接改。"
        )


def _check_texts(entry: CampaignEntry) -> None:
    if not 1 <= len(entry.code) <= 40 or "/" in entry.code or not entry.code.isprintable():
        raise Misfit("code", "活动编号要写 1 到 40 个字，不能有斜杠和换行。")
    if not entry.title.strip() or len(entry.title) > 200:
        raise Misfit("title", "活动名称要写 1 到 200 个字。")


def _taken(code: str) -> Misfit:
    return Misfit("code", f"已经有编号为“{code}”的活动：请换一个编号，或空着由系统编。")


def _shown(entry: CampaignEntry) -> dict[str, Any]:
    """An entry as the audit trail keeps it."""
    return {
        "title": entry.title,
        "scale": str(entry.scale),
        "kind": str(entry.kind),
        "start": entry.start.isoformat(),
        "end": entry.end.isoformat(),
        "stores": "*" if entry.stores is None else sorted(entry.stores),
        "focus_items": list(entry.focus_items),
        "article": entry.article,
    }


def _record(
    act: str, campaign: Campaign, *, by: User, now: datetime, details: dict[str, Any]
) -> None:
    audit.record(
        stream=STREAM,
        act=act,
        obj=campaign,
        by=by,
        now=now,
        details={"code": campaign.code, **details},
    )
