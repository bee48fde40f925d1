"""Sending to a follower: the row is the queue, and nothing is sent twice.

``queue_message`` checks the window and leaves a row; after commit a job sends it. The claim (→
sending) is committed before WeChat is called: a process that dies in between leaves a row of
which nobody knows whether it went out, and it becomes 结果不明 instead of being sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from haitang.kernel import audit, files, jobs
from haitang.kernel.errors import Conflict, Invalid, Refusal
from haitang.kernel.failpoints import fail_point
from haitang.kernel.models import StoredFile
from haitang.wechat.gateway.errors import WeChatError
from membership import waiting
from membership.following import locked
from membership.models import Conversation, Follower, Message, ReplyRule
from membership.windows import Allowance, allowance

STREAM = "inbox"
LONGEST_BYTES = 2048
JOB = "send_message"
# A message that WeChat could not take just now is tried again this often, after these pauses.
PAUSES = (timedelta(seconds=5), timedelta(seconds=30))
# So long a message waits for one that was written before it.
LONGEST_BEHIND = timedelta(minutes=10)
State = Message.State
# These have used, or may have used, one of the messages that the window allows.
COUNTED = (State.QUEUED, State.SENDING, State.SENT, State.UNCERTAIN)


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


def settle_uncertain(*, message: Message, went_out: bool, by: User, now: datetime) -> None:
    """A colleague looked whether an uncertain message went out. Conflict when it is not one."""
    with transaction.atomic():
        locked(message.follower)
        to = State.SENT if went_out else State.REFUSED
        changed = Message.objects.filter(pk=message.pk, state=State.UNCERTAIN).update(
            state=to,
            sent_at=message.claimed_at if went_out else None,
            error="" if went_out else "核对过：对方没有收到。",
        )
        if not changed:
            raise Conflict("这条消息的结果已经明确：请刷新页面再看。")
        audit.record(
            stream=STREAM,
            act="settle_message",
            obj=message,
            by=by,
            now=now,
            details={"went_out": went_out},
        )
        message.refresh_from_db()
        if went_out:
            waiting.answered(message, now=message.sent_at or now)
        _changed(message, now=now)


def deliver(message_id: int, *, now: datetime) -> str:
    """Send one queued message; the state in which it ends. Called by the job, in no transaction.

    One that a dead process left in the middle becomes uncertain and is not sent.
    """
    message = _claimed(message_id, now)
    if message is None:
        return ""
    fail_point("message-claimed")
    try:
        _upload(message)
    except Refusal as refusal:
        return _not_sent(message, refusal, now, may_be_out=False)
    try:
        _hand_over(message)
    except WeChatError as error:
        return _not_sent(message, error, now, may_be_out=error.uncertain)
    fail_point("message-handed-over")
    with transaction.atomic():
        locked(message.follower)
        _move(message, State.SENT, sent_at=now, error="")
        waiting.answered(message, now=now)
        _changed(message, now=now)
    return message.state


def _claimed(message_id: int, now: datetime) -> Message | None:
    """The message, claimed for this process; None when there is nothing to send."""
    rows = Message.objects.select_related("follower", "file", "by")
    message = rows.filter(pk=message_id).first()
    if message is None:
        return None
    with transaction.atomic():
        follower = locked(message.follower)
        message.refresh_from_db()
        if message.state == State.SENDING:
            _move(message, State.UNCERTAIN, error=UNCERTAIN)
            _changed(message, now=now)
            return None
        if message.state != State.QUEUED:
            return None
        if _is_behind(message, now):
            _hold(message, now)
            return None
        left = allowance_of(follower, now=now, besides=message.pk)
        if not left.is_open:
            _move(message, State.REFUSED, error=left.reason)
            waiting.unanswered(message, now=now)
            _changed(message, now=now)
            return None
        _move(message, State.SENDING, claimed_at=now, attempts=message.attempts + 1)
    return message


def _upload(message: Message) -> None:
    """Give WeChat the kept picture, which it keeps for three days; nothing has gone out yet."""
    from haitang.wechat import gateway

    if message.file is None or message.media_id:
        return
    with files.open_file(message.file) as stream:
        content = stream.read()
    media_id = gateway.client(by=message.by).media.upload_temporary(
        "image", content, message.file.name
    )
    message.media_id = media_id[:128]
    Message.objects.filter(pk=message.pk).update(media_id=message.media_id)


def _hand_over(message: Message) -> None:
    from haitang.wechat import gateway
    from haitang.wechat.gateway.api.custom import News

    custom, openid = gateway.client().custom, message.follower.openid
    if message.kind == Message.Kind.IMAGE:
        custom.send_image(openid, message.media_id)
    elif message.kind == Message.Kind.NEWS:
        article = message.article
        custom.send_news(
            openid,
            News(
                title=article.get("title", ""),
                description=article.get("description", ""),
                url=article.get("url", ""),
                picture_url=article.get("picurl", ""),
            ),
        )
    else:
        custom.send_text(openid, message.text.for_computing())


def _is_behind(message: Message, now: datetime) -> bool:
    """Whether something written before is still on its way: followers read in the order written."""
    if now - message.at >= LONGEST_BEHIND:
        return False
    before = Message.objects.filter(
        follower=message.follower_id,
        pk__lt=message.pk,
        at__gte=message.at - LONGEST_BEHIND,
        state__in=(State.QUEUED, State.SENDING),
    )
    return before.exists()


def _hold(message: Message, now: datetime) -> None:
    """The end of the one before wakes this one (``_changed``); failing that, its own patience."""
    _move(message, State.QUEUED, error=BEHIND)
    jobs.enqueue(
        kind=JOB,
        payload={"message": message.pk},
        by=message.by,
        now=now,
        key=f"{JOB}:{message.pk}:patience",
        run_after=message.at + LONGEST_BEHIND,
    )


def _not_sent(message: Message, error: Refusal, now: datetime, *, may_be_out: bool) -> str:
    """WeChat did not take it: uncertain, tried again later, or refused with its sentence."""
    is_passing = isinstance(error, WeChatError) and not error.permanent
    with transaction.atomic():
        locked(message.follower)
        if may_be_out:
            _move(message, State.UNCERTAIN, error=UNCERTAIN)
        elif is_passing and message.attempts <= len(PAUSES):
            _move(message, State.QUEUED, error=error.sentence[:300])
            _enqueue(message, now=now, after=now + PAUSES[message.attempts - 1])
        else:
            _move(message, State.REFUSED, error=error.sentence[:300])
            waiting.unanswered(message, now=now)
        _changed(message, now=now)
    return message.state


BEHIND = "等前一条发出之后再发。"
UNCERTAIN = (
    "发送的时候断了，不知道对方收到没有，系统不会自动再发。请到公众号后台的消息记录里核对，"
    "再选“对方收到了”或“没有收到”。"
)


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
    _enqueue(message, now=now, after=now)
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


def _enqueue(message: Message, *, now: datetime, after: datetime) -> None:
    jobs.enqueue(
        kind=JOB,
        payload={"message": message.pk},
        by=message.by,
        now=now,
        key=f"{JOB}:{message.pk}:{message.attempts}",
        run_after=after,
    )


def _move(message: Message, state: str, **fields: object) -> None:
    """The caller holds the follower's lock, so that the state is what was read."""
    Message.objects.filter(pk=message.pk).update(state=state, **fields)
    message.state = state
    for name, value in fields.items():
        setattr(message, name, value)


def _changed(message: Message, *, now: datetime) -> None:
    """The caller holds the follower's lock; what waits for an end of this one goes on."""
    if message.conversation_id:
        waiting.bump(message.conversation_id)
    if message.state in (State.QUEUED, State.SENDING):
        return
    behind = Message.objects.filter(
        follower=message.follower_id, pk__gt=message.pk, state=State.QUEUED, error=BEHIND
    )
    following = behind.order_by("pk").first()
    if following is not None:
        key = f"{JOB}:{following.pk}:after:{message.pk}"
        payload = {"message": following.pk}
        jobs.enqueue(kind=JOB, payload=payload, by=following.by, now=now, key=key)
