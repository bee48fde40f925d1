"""Delivering what was queued: claimed before WeChat is called, and nothing is sent twice.

The claim (→ sending) is committed before the call: a process that dies in between leaves a row of
which nobody knows whether it went out, and it becomes 结果不明 instead of being sent again. The
claim is one job's: another job that meets the message leaves it alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from haitang.kernel import audit, files, jobs
from haitang.kernel.errors import Conflict, Refusal
from haitang.kernel.failpoints import fail_point
from haitang.wechat.gateway.errors import WeChatError
from membership import waiting
from membership.following import locked
from membership.models import Message
from membership.outbound import JOB, STREAM, UNDER_WAY, allowance_of, enqueue

# A message that WeChat could not take just now is tried again this often, after these pauses.
PAUSES = (timedelta(seconds=5), timedelta(seconds=30))
# So long a message waits for one that was written before it.
LONGEST_BEHIND = timedelta(minutes=10)
State = Message.State
UNCERTAIN = (
    "发送的时候断了，不知道对方收到没有，系统不会自动再发。请到公众号后台的消息记录里核对，"
    "再选“对方收到了”或“没有收到”。"
)


def settle_uncertain(*, message: Message, went_out: bool, by: User, now: datetime) -> None:
    """A colleague looked whether an uncertain message went out. Conflict when it is not one."""
    with transaction.atomic():
        locked(message.follower)
        to = State.SENT if went_out else State.REFUSED
        settled = Message.objects.filter(pk=message.pk, state=State.UNCERTAIN).update(
            state=to,
            sent_at=message.claimed_at if went_out else None,
            error="" if went_out else "核对过：对方没有收到。",
        )
        if not settled:
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
        changed(message, now=now)


def deliver(message_id: int, *, now: datetime, job: int | None = None) -> str:
    """Send one queued message; the state in which it ends. Called by the ``job``, in no
    transaction.

    One that a dead process left in the middle becomes uncertain and is not sent.
    """
    message = _claimed(message_id, now, job)
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
        # WeChat took it: so it is out, even if it was thought uncertain meanwhile.
        if _end(message, State.SENT, since=(State.SENDING, State.UNCERTAIN), sent_at=now):
            waiting.answered(message, now=now)
            changed(message, now=now)
    return message.state


def _claimed(message_id: int, now: datetime, job: int | None) -> Message | None:
    """The message, claimed for this job; None when there is nothing to send."""
    rows = Message.objects.select_related("follower", "file", "by")
    message = rows.filter(pk=message_id).first()
    if message is None:
        return None
    with transaction.atomic():
        follower = locked(message.follower)
        message.refresh_from_db()
        if message.state == State.SENDING and message.job == job:
            _move(message, State.UNCERTAIN, error=UNCERTAIN)
            changed(message, now=now)
            return None
        if message.state not in (State.QUEUED, State.HELD):
            return None
        if _is_behind(message, now):
            _hold(message, now)
            return None
        left = allowance_of(follower, now=now, besides=message.pk)
        if not left.is_open:
            _move(message, State.REFUSED, error=left.reason)
            waiting.unanswered(message, now=now)
            changed(message, now=now)
            return None
        _move(message, State.SENDING, claimed_at=now, job=job, attempts=message.attempts + 1)
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
        state__in=UNDER_WAY,
    )
    return before.exists()


def _hold(message: Message, now: datetime) -> None:
    """The end of the one before wakes this one (``changed``); failing that, its own patience."""
    if message.state == State.HELD:
        return
    _move(message, State.HELD, error="")
    jobs.enqueue(
        kind=JOB,
        payload={"message": message.pk},
        by=message.by,
        now=now,
        key=f"{JOB}:{message.pk}:patience",
        run_after=message.at + LONGEST_BEHIND,
    )
    changed(message, now=now)


def _not_sent(message: Message, error: Refusal, now: datetime, *, may_be_out: bool) -> str:
    """WeChat did not take it: uncertain, tried again later, or refused with its sentence.

    Nothing of it when somebody has decided meanwhile what became of the message.
    """
    is_passing = isinstance(error, WeChatError) and not error.permanent
    is_again = is_passing and not may_be_out and message.attempts <= len(PAUSES)
    state = State.UNCERTAIN if may_be_out else State.QUEUED if is_again else State.REFUSED
    said = UNCERTAIN if may_be_out else error.sentence[:300]
    with transaction.atomic():
        locked(message.follower)
        if not _end(message, state, since=(State.SENDING,), error=said):
            return message.state
        if is_again:
            enqueue(message, now=now, after=now + PAUSES[message.attempts - 1])
        elif not may_be_out:
            waiting.unanswered(message, now=now)
        changed(message, now=now)
    return message.state


def _end(message: Message, state: str, *, since: tuple[str, ...], **fields: object) -> bool:
    """Let the claim end in that state, if it is still this claim's to end."""
    mine = Message.objects.filter(pk=message.pk, job=message.job, attempts=message.attempts)
    is_mine = bool(mine.filter(state__in=since).update(state=state, **{"error": ""} | fields))
    message.refresh_from_db(fields=["state", "error", "sent_at"])
    return is_mine


def _move(message: Message, state: str, **fields: object) -> None:
    """The caller has read the state under the follower's lock and still holds it."""
    Message.objects.filter(pk=message.pk).update(state=state, **fields)
    message.state = state
    for name, value in fields.items():
        setattr(message, name, value)


def changed(message: Message, *, now: datetime) -> None:
    """The caller holds the follower's lock; what waits for an end of this one goes on."""
    if message.conversation_id:
        waiting.bump(message.conversation_id)
    if message.state in UNDER_WAY:
        return
    behind = Message.objects.filter(
        follower=message.follower_id, pk__gt=message.pk, state=State.HELD
    )
    following = behind.order_by("pk").first()
    if following is not None:
        key = f"{JOB}:{following.pk}:after:{message.pk}"
        payload = {"message": following.pk}
        jobs.enqueue(kind=JOB, payload=payload, by=following.by, now=now, key=key)
