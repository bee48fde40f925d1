"""The files of participants: recorded, changed, removed, and made of the cards that were logged."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from campaigns.models import Campaign, Store
from haitang.kernel import audit
from haitang.kernel.clock import business_day
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.masking import masked_numbers
from haitang.kernel.personal import Personal
from haitang.kernel.texts import within, written
from membership.archive_selectors import bare_cards, filled_of
from membership.archives import Field
from membership.members import member_by_card
from membership.models import ArchiveSettings, Member, Participant

STREAM = "participants"
AT_ONCE = 2_000
_PHONE = re.compile(r"\+?\d{7,15}")


@dataclass(frozen=True)
class FileFacts:
    """A file as it is filled in; whatever is not known is empty.

    When a file is changed, an empty name, phone or card stays as it was: nobody sees them in full.
    """

    name: str = ""
    phone: str = ""
    card: str = ""
    store: Store | None = None
    source: str = ""
    consented_on: date | None = None
    note: str = ""


def plain_phone(text: str) -> str:
    """The phone without blanks and dashes; Invalid for what is none."""
    phone = re.sub(r"[\s\-–—()（）]", "", text)
    if phone and not _PHONE.fullmatch(phone):
        raise Invalid("电话写得不对：请填 7 到 15 位数字，例如手机号或带区号的座机。")
    return phone


def record_participant(
    *, campaign: Campaign, facts: FileFacts, by: User, now: datetime
) -> Participant:
    """A customer took part in the campaign.

    Raises Invalid for what cannot be or when nothing says who it is, NotThere for a card that
    nobody knows, Conflict when the campaign has a file of that phone or card.
    """
    if not (facts.name.strip() or facts.phone.strip() or facts.card.strip()):
        raise Invalid("请至少填姓名、电话或会员卡中的一样：不然不知道是谁的档案。")
    row = Participant(campaign=campaign, recorded_at=now, recorded_by=by)
    with transaction.atomic():
        _fill(row, facts, now)
        _save(row)
        _record("record_participant", row, by, now)
    return row


def change_participant(
    *, participant: Participant, facts: FileFacts, by: User, now: datetime
) -> None:
    """Fill in or correct a file. Raises as ``record_participant`` does."""
    with transaction.atomic():
        row = Participant.objects.select_for_update().filter(pk=participant.pk).first()
        if row is None:
            raise Conflict("这份档案刚被删除：请回到列表。")
        _fill(row, facts, now)
        row.changed_at, row.changed_by = now, by
        _save(row)
        _record("change_participant", row, by, now)


def remove_participant(*, participant: Participant, reason: str, by: User, now: datetime) -> None:
    """Delete a file that is wrong or that the customer does not want kept, with a reason."""
    reason = written(reason, missing="请写明删除的原因。", name="原因", longest=200)
    with transaction.atomic():
        _record("remove_participant", participant, by, now, reason=masked_numbers(reason))
        participant.delete()


def set_required(*, required: Collection[str], by: User, now: datetime) -> ArchiveSettings:
    """Which fields a file must have, from now on and for months without a proposal yet."""
    fields = [each.value for each in Field if each.value in required]
    if not fields or set(required) - set(fields):
        raise Invalid("请至少选一项必填，并在列出的里面选。")
    with transaction.atomic():
        row = ArchiveSettings.objects.create(required=fields, changed_at=now, changed_by=by)
        audit.record(
            stream=STREAM,
            act="set_archive_required",
            obj=row,
            by=by,
            now=now,
            details={"required": fields},
        )
    return row


def take_up_participations(
    *, campaign: Campaign | None = None, by: User | None = None, now: datetime
) -> int:
    """Make a file for each card logged as taking part that has none; returns how many.

    Set-wise, of one campaign or of all; may be called again and at the same time.
    """
    made = 0
    while some := list(bare_cards(campaign).values_list("campaign_id", "card_id")[:AT_ONCE]):
        with transaction.atomic():
            _make(some, now=now)
            _record_taken(campaign, len(some), by, now)
        made += len(some)
    return made


def _make(some: list[tuple[int, int]], *, now: datetime) -> None:
    """Files of these (campaign, card), with the members that they need."""
    cards = sorted({card for _, card in some})
    Member.objects.bulk_create(
        [Member(card_id=card, created_at=now) for card in cards], ignore_conflicts=True
    )
    members = dict(Member.objects.filter(card__in=cards).values_list("card_id", "pk"))
    Participant.objects.bulk_create(
        [
            Participant(campaign_id=each, member_id=members[card], recorded_at=now)
            for each, card in some
        ],
        ignore_conflicts=True,
    )


def _record_taken(campaign: Campaign | None, files: int, by: User | None, now: datetime) -> None:
    audit.record(
        stream=STREAM,
        act="take_up_participants",
        obj=campaign,
        object_type="" if campaign else "campaigns.participation",
        object_name="" if campaign else "参与的会员卡",
        by=by,
        now=now,
        details={"files": files, **({"code": campaign.code} if campaign else {})},
    )


def _fill(row: Participant, facts: FileFacts, now: datetime) -> None:
    """Put the facts into the row, checked."""
    if facts.source and facts.source not in Participant.Source.values:
        raise Invalid("没有这种来源：请在列出的里面选。")
    if facts.consented_on and facts.consented_on > business_day(now):
        raise Invalid("同意的日期还没有到：请核对。")
    if name := within(facts.name, name="姓名或称呼", longest=40):
        row.name = Personal(name)
    if phone := plain_phone(facts.phone):
        row.phone = Personal(phone)
    if facts.card.strip():
        row.member = member_by_card(number=facts.card, now=now)
    row.store, row.source, row.consented_on = facts.store, facts.source, facts.consented_on
    row.note = masked_numbers(within(facts.note, name="备注", longest=200))


def _save(row: Participant) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(
            "这场活动已经有这个电话或会员卡的档案：请在列表里按电话或卡号找到它，再补充。"
        ) from error


def _record(act: str, row: Participant, by: User, now: datetime, reason: str = "") -> None:
    filled = [each.value for each in Field if each in filled_of(row)]
    details: dict[str, object] = {"code": row.campaign.code, "filled": filled}
    if reason:
        details["reason"] = reason
    audit.record(stream=STREAM, act=act, obj=row, by=by, now=now, details=details)
