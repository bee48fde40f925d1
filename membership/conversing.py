"""What colleagues do with a conversation besides answering it: own, note, sort, link, close."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rules import standing
from campaigns.models import Campaign
from haitang.kernel import audit, jobs
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.masking import masked_numbers
from haitang.kernel.texts import written
from haitang.wechat import gateway
from haitang.wechat.accounts import configured
from membership import waiting
from membership.following import locked
from membership.members import member_by_card
from membership.models import Conversation, ConversationTag, Follower, Member, Note
from membership.outbound import STREAM, UNDER_WAY
from membership.rules import may_answer

State = Conversation.State
MOST_TAGS = 6
REMARK_JOB = "tell_remark"
# Each other remark has a job of its own besides.
MOST_TELLINGS = 5
# WeChat takes fewer than 30.
LONGEST_REMARK = 29


def assign(
    *, conversation: Conversation, to: User | None, seen: int | None, by: User, now: datetime
) -> None:
    """Make somebody who may answer the owner (None: nobody). Invalid for anybody else.

    ``seen`` is the key of the owner whom the page showed: when a colleague was faster, Conflict.
    """
    if to is not None and not may_answer(to):
        names = standing(to).names or "没有任职"
        raise Invalid(f"{to}（{names}）不能回复留言：请交给客服部对接人或代理人。")
    with transaction.atomic():
        locked(conversation.follower)
        conversation.refresh_from_db(fields=["owner"])
        if conversation.owner_id not in (seen, to.pk if to else None):
            raise Conflict(f"刚由{conversation.owner}负责了：请先和对方说好，再交接。")
        waiting.bump(conversation.pk, owner=to)
        _record("assign_conversation", conversation, by, now, {"to": str(to) if to else ""})


def close(*, conversation: Conversation, seen: int | None, by: User, now: datetime) -> None:
    """The matter is done. Conflict when it is closed already, or an answer is still on its way.

    Also when the follower wrote since ``seen``, the newest message that the page showed.
    """
    with transaction.atomic():
        locked(conversation.follower)
        conversation.refresh_from_db()
        if conversation.state == State.CLOSED:
            raise Conflict("这次留言已经结束：请刷新页面再看。")
        if conversation.messages.filter(state__in=UNDER_WAY).exists():
            raise Conflict("还有一条回复正在发送：请等它发出之后再结束。")
        since = conversation.messages.filter(asks=True, pk__gt=seen) if seen is not None else None
        if since is not None and since.exists():
            raise Conflict("没有结束：对方刚发来新的消息。请看过、回复之后再结束。")
        if conversation.waiting_since is not None:
            waiting.given_up(conversation.pk, at=now)
        waiting.bump(conversation.pk, state=State.CLOSED, closed_at=now, closed_by=by)
        _record("close_conversation", conversation, by, now, {})


def reopen(*, conversation: Conversation, by: User, now: datetime) -> None:
    """Go on with it. Conflict when it is open, or the follower has another open one."""
    with transaction.atomic():
        locked(conversation.follower)
        conversation.refresh_from_db()
        if conversation.state == State.OPEN:
            raise Conflict("这次留言没有结束：可以直接回复。")
        other = Conversation.objects.filter(follower=conversation.follower, state=State.OPEN)
        if other.exists():
            raise Conflict("对方已经有一次新的留言：请到那里继续。")
        waiting.bump(conversation.pk, state=State.OPEN, closed_at=None, closed_by=None)
        _record("reopen_conversation", conversation, by, now, {})


def add_note(*, conversation: Conversation, text: str, by: User, now: datetime) -> Note:
    """A note for colleagues; long numbers in it are masked."""
    text = written(text, missing="还没有写备注的内容。", name="备注", longest=500)
    with transaction.atomic():
        locked(conversation.follower)
        note = Note.objects.create(
            conversation=conversation, text=masked_numbers(text), at=now, by=by
        )
        waiting.bump(conversation.pk)
    return note


def sort(
    *,
    conversation: Conversation,
    kind: str,
    topic: str,
    tags: Sequence[str],
    campaign: Campaign | None = None,
    by: User,
) -> None:
    """What it is about: kind, topic, tags (made when absent), campaign; else Invalid."""
    if kind not in Conversation.Kind.values or topic not in ("", *Conversation.Topic.values):
        raise Invalid("没有这一种类：请在列出的里面选。")
    names = list(dict.fromkeys(masked_numbers(name.strip()) for name in tags if name.strip()))
    if len(names) > MOST_TAGS:
        raise Invalid(f"标签太多：一次留言最多 {MOST_TAGS} 个。")
    if any(len(name) > 20 for name in names):
        raise Invalid("标签太长：最多 20 个字。")
    with transaction.atomic():
        locked(conversation.follower)
        ConversationTag.objects.bulk_create(
            [ConversationTag(name=name) for name in names], ignore_conflicts=True
        )
        conversation.tags.set(ConversationTag.objects.filter(name__in=names))
        waiting.bump(conversation.pk, kind=kind, topic=topic, campaign=campaign)


def link_member(*, follower: Follower, number: str, by: User, now: datetime) -> Member:
    """Say which member the follower is, by card number; raises as ``member_by_card`` does."""
    with transaction.atomic():
        member = member_by_card(number=number, now=now)
        _set_member("link_member", follower, member, by, now)
    return member


def unlink_member(*, follower: Follower, by: User, now: datetime) -> None:
    """The follower is not that member, or nobody knows."""
    with transaction.atomic():
        _set_member("unlink_member", follower, None, by, now)


def set_remark(*, follower: Follower, remark: str, by: User, now: datetime) -> None:
    """What staff call the follower, with long numbers masked; a job tells WeChat."""
    remark = remark.strip()
    if len(remark) > LONGEST_REMARK:
        raise Invalid(f"备注名太长：最多 {LONGEST_REMARK} 个字。")
    with transaction.atomic():
        locked(follower)
        Follower.objects.filter(pk=follower.pk).update(
            remark=masked_numbers(remark), remark_pending=configured() is not None, remark_error=""
        )
        _bump_all(follower)
        if configured():
            jobs.enqueue(kind=REMARK_JOB, payload={"follower": follower.pk}, by=by, now=now)


def tell_remark(follower_id: int, *, by: User | None, is_last: bool = True) -> str:
    """Tell WeChat what the follower is called now; why not, when it did not take it.

    Told anew when a colleague wrote another remark meanwhile. What may succeed in a while is
    raised until ``is_last``. Called by the job, in no transaction.
    """
    follower, error = Follower.objects.get(pk=follower_id), ""
    for _ in range(MOST_TELLINGS):
        error = _told(follower, by=by, is_last=is_last)
        same = Follower.objects.filter(pk=follower_id, remark=follower.remark)
        if same.update(remark_pending=False, remark_error=error):
            break
        follower.refresh_from_db()
    return error


def _told(follower: Follower, *, by: User | None, is_last: bool) -> str:
    try:
        gateway.client(by=by).followers.set_remark(follower.openid, follower.remark)
    except gateway.WeChatError as refusal:
        if refusal.is_passing and not is_last:
            raise
        return refusal.sentence[:300]
    return ""


def _set_member(
    act: str, follower: Follower, member: Member | None, by: User, now: datetime
) -> None:
    locked(follower)
    Follower.objects.filter(pk=follower.pk).update(member=member)
    audit.record(
        stream=STREAM,
        act=act,
        obj=follower,
        by=by,
        now=now,
        details={"member": member.pk} if member else {},
    )
    _bump_all(follower)


def _bump_all(follower: Follower) -> None:
    for pk in follower.conversations.filter(state=State.OPEN).values_list("pk", flat=True):
        waiting.bump(pk)


def _record(
    act: str, conversation: Conversation, by: User, now: datetime, details: dict[str, object]
) -> None:
    audit.record(stream=STREAM, act=act, obj=conversation, by=by, now=now, details=details)
