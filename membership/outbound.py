"""What is to be sent to a follower: the window is checked and a row is left, which is the queue.

After commit a job delivers it (membership.delivering).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from haitang.kernel import jobs
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.models import StoredFile
from membership import waiting
from membership.following import locked
from membership.models import Conversation, Follower, Message, ReplyRule
from membership.windows import Allowance, allowance

STREAM = "inbox"
LONGEST_BYTES = 2048
JOB = "send_message"
State = Message.State
# These will come to an end by themselves.
UNDER_WAY = (State.QUEUED, State.HELD, State.SENDING)
# These have used, or may have used, one of the messages that the window allows.
COUNTED = (*UNDER_WAY, State.SENT, State.UNCERTAIN)


@dataclass(frozen=True)
class Content:
    """What is sent; ``article`` has title, description, url and picurl.

    A picture is WeChat's material ``media_id``, or a kept ``file``, uploaded when it goes out.
    """

    kind: str = Message.Kind.TEXT
    text: str = ""
    media_id: str = ""
    article: dict[str, str] = field(default_factory=dict)
    file: StoredFile | None = None


def allowance_of(follower: Follower, *, now: datetime, besides: int | None = None) -> Allowance:
    """What may still be sent to this follower; ``besides`` leaves one message out. One query."""
    contacts = [each for each in (follower.last_message_at, follower.last_touch_at) if each]
    sends: list[datetime] = []
    if contacts:
        rows = Message.objects.filter(
            follower=follower,
            direction=Message.Direction.OUT,
            state__in=COUNTED,
            at__gte=min(contacts) - timedelta(seconds=1),
        )
        if besides is not None:
            rows = rows.exclude(pk=besides)
        sends = [sent_at or at for sent_at, at in rows.values_list("sent_at", "at")]
    gone = (Follower.State.LEFT, Follower.State.GONE)
    return allowance(
        message_at=follower.last_message_at,
        touch_at=follower.last_touch_at,
        sends=sends,
        now=now,
        follows=follower.state not in gone,
    )


def content_of(rule: ReplyRule) -> Content:
    """What an automatic reply says."""
    return Content(
        kind=rule.answer, text=rule.text, media_id=rule.media_id, article=dict(rule.article)
    )


def send_answer(
    *, conversation: Conversation, content: Content, key: str, by: User, now: datetime
) -> Message:
    """A colleague's answer, queued; the same ``key`` gives back the message that is there.

    Raises Invalid for content that cannot be sent, Conflict when the conversation is closed or the
    window does not allow it: then nothing is kept. Whoever answers first becomes the owner.
    """
    check_content(content)
    with transaction.atomic():
        follower = locked(conversation.follower)
        conversation.refresh_from_db()
        known = Message.objects.filter(key=key, conversation=conversation).first()
        if known is not None:
            return known
        if conversation.state != Conversation.State.OPEN:
            raise Conflict("这次留言已经结束：请先点“重新打开”，再回复。")
        left = allowance_of(follower, now=now)
        if not left.is_open:
            raise Conflict(f"没有发送。{left.reason}")
        message = _queued(
            follower, content, conversation=conversation, key=key, by=by, rule=None, now=now
        )
        Conversation.objects.filter(pk=conversation.pk, owner=None).update(owner=by)
        waiting.touch(conversation, at=now)
    return message


def send_automatically(
    *, follower: Follower, rule: ReplyRule, conversation: Conversation | None, now: datetime
) -> Message:
    """The answer of a rule, queued; refused, with the reason kept, when the window is shut.

    The caller holds the follower's lock.
    """
    left = allowance_of(follower, now=now)
    if left.is_open:
        return _queued(
            follower,
            content_of(rule),
            conversation=conversation,
            key=None,
            by=None,
            rule=rule,
            now=now,
        )
    message = _new(follower, content_of(rule), conversation, rule, now)
    message.state, message.error = State.REFUSED, left.reason
    message.save()
    return message


def check_content(content: Content) -> None:
    """Raises Invalid for what WeChat would not take."""
    if content.kind == Message.Kind.TEXT:
        if not content.text.strip():
            raise Invalid("还没有写内容：请写好再发。")
        over = len(content.text.encode()) - LONGEST_BYTES
        if over > 0:
            raise Invalid(
                f"太长了，微信不收：最多 {LONGEST_BYTES} 个字节（约 680 个汉字），"
                f"现在多了 {over} 个字节。请分成几条。"
            )
    elif content.kind == Message.Kind.IMAGE and not (content.media_id or content.file):
        raise Invalid("没有图片：请选一张图片。")
    elif content.kind == Message.Kind.NEWS and not (
        content.article.get("title") and content.article.get("url")
    ):
        raise Invalid("图文要有标题和链接：请补上。")


def _queued(
    follower: Follower,
    content: Content,
    *,
    conversation: Conversation | None,
    key: str | None,
    by: User | None,
    rule: ReplyRule | None,
    now: datetime,
) -> Message:
    message = _new(follower, content, conversation, rule, now)
    message.key, message.by, message.state = key, by, State.QUEUED
    message.save()
    enqueue(message, now=now, after=now)
    return message


def _new(
    follower: Follower,
    content: Content,
    conversation: Conversation | None,
    rule: ReplyRule | None,
    now: datetime,
) -> Message:
    return Message(
        follower=follower,
        conversation=conversation,
        direction=Message.Direction.OUT,
        kind=content.kind,
        text=content.text,
        media_id=content.media_id,
        file=content.file,
        article=content.article,
        rule=rule,
        at=now,
    )


def enqueue(message: Message, *, now: datetime, after: datetime) -> None:
    """Have a job deliver the message; one job a try."""
    jobs.enqueue(
        kind=JOB,
        payload={"message": message.pk},
        by=message.by,
        now=now,
        key=f"{JOB}:{message.pk}:{message.attempts}",
        run_after=after,
    )
