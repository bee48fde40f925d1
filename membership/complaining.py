"""Complaints: recorded with their evidence, decided, told to the complainant, closed.

Each step is claimed on the state before it, so that two colleagues do it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import Department, User
from accounts.roles import Role
from campaigns.models import Store
from haitang.kernel import audit
from haitang.kernel.clock import business_day
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.masking import masked_numbers
from haitang.kernel.texts import written
from membership.following import locked
from membership.models import Complaint, Conversation, Message
from membership.waiting import bump

STREAM = "complaints"
LONGEST = 500
State = Complaint.State


@dataclass(frozen=True)
class Told:
    """A complaint as it is told; ``messages`` are the keys of the messages that show it."""

    kind: str
    text: str
    happened_on: date
    channel: str = Complaint.Channel.MESSAGE
    about_role: str = ""
    store: Store | None = None
    messages: tuple[int, ...] = ()
    key: str | None = None


def record_complaint(
    *,
    told: Told,
    conversation: Conversation | None = None,
    department: Department | None = None,
    by: User,
    now: datetime,
) -> Complaint:
    """Keep a complaint: of a customer, or of ``department``. Long numbers in it are masked.

    The same key gives back the complaint that is there.
    Raises Invalid for what cannot be: an unknown kind, a day to come, messages of somebody else.
    """
    text = written(told.text, missing="请写明投诉的内容。", name="投诉内容", longest=LONGEST)
    if told.kind not in Complaint.Kind.values or told.channel not in Complaint.Channel.values:
        raise Invalid("没有这一种类：请在列出的里面选。")
    if told.about_role and told.about_role not in Role.values:
        raise Invalid("没有这个岗位：请在列出的里面选。")
    if told.happened_on > business_day(now):
        raise Invalid("这一天还没有到：请核对事情发生的日期。")
    evidence = _evidence(told.messages, conversation)
    given: dict[str, object] = {
        "conversation": conversation,
        "department": department,
        "kind": told.kind,
        "channel": told.channel,
        "about_role": told.about_role or _role_of(told.kind, department),
        "store": told.store,
        "text": masked_numbers(text),
        "happened_on": told.happened_on,
        "recorded_at": now,
        "recorded_by": by,
    }
    with transaction.atomic():
        complaint, is_new = _once(told.key, given)
        if is_new:
            complaint.messages.set(evidence)
            if conversation is not None:
                locked(conversation.follower)
                bump(conversation.pk, kind=Conversation.Kind.COMPLAINT)
            _record("record_complaint", complaint, by, now, {"kind": told.kind})
    return complaint


def _once(key: str | None, given: dict[str, object]) -> tuple[Complaint, bool]:
    if key is None:
        return Complaint.objects.create(**given), True
    return Complaint.objects.get_or_create(key=key, defaults=given)


def decide_complaint(
    *, complaint: Complaint, upheld: bool, result: str, by: User, now: datetime
) -> None:
    """Say whether it is right and what was done; once more changes it until it was told."""
    result = written(
        result, missing="请写明处理的结果：做了什么，怎么答复。", name="处理结果", longest=LONGEST
    )
    with transaction.atomic():
        _step(
            complaint,
            (State.OPEN, State.DECIDED),
            state=State.DECIDED,
            upheld=upheld,
            result=masked_numbers(result),
            decided_at=now,
            decided_by=by,
        )
        _record("decide_complaint", complaint, by, now, {"upheld": upheld})


def tell_result(*, complaint: Complaint, means: str, at: datetime, by: User, now: datetime) -> None:
    """Keep that the complainant was told of the result, when and how."""
    if means not in Complaint.Means.values:
        raise Invalid("请选怎样告知的。")
    if at > now:
        raise Invalid("告知的时间还没有到：请核对。")
    if complaint.decided_at is not None and at < complaint.decided_at.replace(
        second=0, microsecond=0
    ):
        raise Invalid("告知的时间早于有结果的时间：请核对。")
    with transaction.atomic():
        _step(
            complaint,
            (State.DECIDED,),
            state=State.TOLD,
            told_at=at,
            told_means=means,
            told_by=by,
        )
        _record("tell_complaint", complaint, by, now, {"means": means})


def close_complaint(*, complaint: Complaint, by: User, now: datetime) -> None:
    """It is done. Conflict unless the result was told (the database refuses it too)."""
    if complaint.state in (State.OPEN, State.DECIDED):
        missing = "还没有处理结果" if complaint.state == State.OPEN else "结果还没有告知对方"
        raise Conflict(f"投诉 #{complaint.pk} 不能办结：{missing}。请先登记，再办结。")
    with transaction.atomic():
        _step(complaint, (State.TOLD,), state=State.CLOSED, closed_at=now, closed_by=by)
        _record("close_complaint", complaint, by, now, {})


def _role_of(kind: str, department: Department | None) -> str:
    """Whose work it is when nobody says so: replies are 客服部's, the systems 信息部's."""
    if kind == Complaint.Kind.LATE_REPLY:
        return Role.CS
    return Role.IT if kind == Complaint.Kind.SYSTEM and department else ""


def _evidence(keys: tuple[int, ...], conversation: Conversation | None) -> list[Message]:
    found = list(Message.objects.filter(pk__in=keys, conversation=conversation)) if keys else []
    if len(found) != len(set(keys)):
        raise Invalid("选作证据的消息不在这次留言里：请刷新页面再选。")
    return found


def _step(complaint: Complaint, before: tuple[str, ...], **fields: object) -> None:
    changed = Complaint.objects.filter(pk=complaint.pk, state__in=before).update(**fields)
    complaint.refresh_from_db()
    if not changed:
        raise Conflict(
            f"投诉 #{complaint.pk} 现在是“{complaint.get_state_display()}”，不能这样做："
            "请刷新页面再看。"
        )


def _record(
    act: str, complaint: Complaint, by: User, now: datetime, details: dict[str, object]
) -> None:
    audit.record(stream=STREAM, act=act, obj=complaint, by=by, now=now, details=details)
