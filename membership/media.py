"""What followers send besides words, and pictures that go out to them: kept as sealed files.

WeChat keeps a follower's picture or voice for three days only, so that it is fetched as soon as it
came. A video comes from WeChat as an address, not as a file: it stays in the back office. What a
follower sent is deleted when ``INBOX_MEDIA_DAYS`` are over: nothing personal is kept for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from haitang.kernel import audit, files, jobs
from haitang.kernel.errors import Conflict, NotThere
from haitang.kernel.models import StoredFile
from haitang.wechat import gateway
from haitang.wechat.pictures import LARGEST, check_picture, suffix_of, type_of
from membership import waiting
from membership.following import locked
from membership.models import Complaint, Message
from membership.outbound import STREAM

JOB = "fetch_media"
KEPT_AT_WECHAT = timedelta(days=3)
# What has not come by then is worth another try.
USUALLY_FETCHED = timedelta(minutes=3)
FETCHED = (Message.Kind.IMAGE, Message.Kind.VOICE)
OVER = "微信只保存 3 天，已经取不到了。"
_AT_ONCE = 200


def fetch_later(message: Message, *, now: datetime, by: User | None = None) -> None:
    """Have the job fetch what came with the message, where there is anything to fetch."""
    if message.kind in FETCHED and message.media_id:
        key = None if by else f"{JOB}:{message.pk}"
        jobs.enqueue(kind=JOB, payload={"message": message.pk}, by=by, now=now, key=key)


def fetch_again(*, message: Message, by: User, now: datetime) -> None:
    """A colleague has it fetched once more. Conflict when it is there, or cannot come any more."""
    if message.file_id is not None:
        raise Conflict("这个文件已经取到了：请刷新页面再看。")
    if message.kind not in FETCHED or not message.media_id:
        raise Conflict("这条消息没有可以取的文件：请到公众号后台查看。")
    if now - message.at > KEPT_AT_WECHAT:
        raise Conflict(f"没有再取：{OVER}")
    with transaction.atomic():
        if _said(message, error=""):
            fetch_later(message, now=now, by=by)


def fetch(message_id: int, *, now: datetime, is_last: bool = True) -> str:
    """Fetch and keep the file of a message; why not, when it did not come.

    What WeChat may give in a while is raised until ``is_last``. Called by the job, in no
    transaction; the same message twice keeps one file.
    """
    message = Message.objects.select_related("follower").filter(pk=message_id).first()
    if message is None or message.file_id is not None:
        return ""
    if now - message.at > KEPT_AT_WECHAT:
        return _ended(message, error=OVER)
    try:
        content = gateway.client().media.download(message.media_id)
    except gateway.WeChatError as error:
        if error.is_passing and not is_last:
            raise
        return _ended(message, error=f"没有取到：{error.sentence}")
    if len(content) > LARGEST:
        return _ended(message, error="文件超过 10 MB，没有保存：请到公众号后台查看。")
    name = f"{message.get_kind_display()} {message.pk}.{suffix_of(type_of(content))}"
    kept = files.store_file(name=name, content=content, by=None, now=now)
    if not _said(message, file=kept):
        files.forget_file(kept, now=now)
    return ""


def keep_picture(*, name: str, content: bytes, by: User, now: datetime) -> StoredFile:
    """Keep a picture that a colleague wants to send. Invalid for what WeChat would not take."""
    check_picture(name, content)
    return files.store_file(name=name, content=content, by=by, now=now)


def opened(message: Message) -> tuple[bytes, str]:
    """The bytes of a message's file and their media type; NotThere when there is none."""
    if message.dropped_at is not None:
        raise NotThere("这个文件已过保存期，已经删除：请联系对方再发一次。")
    if message.file is None:
        raise NotThere("这条消息没有保存下来的文件：请回到留言里再看。")
    with files.open_file(message.file) as stream:
        content = stream.read()
    return content, type_of(content)


def drop_old(*, now: datetime) -> int:
    """Delete what followers sent ``INBOX_MEDIA_DAYS`` ago and earlier; how many files.

    What proves a complaint is kept that long after the complaint was closed. The words of a
    message stay; may be broken off and called again.
    """
    dropped = 0
    while some := list(_over(now)[:_AT_ONCE]):
        for message in some:
            _drop(message, now)
        dropped += len(some)
    if dropped:
        audit.record(
            stream=STREAM,
            act="drop_old_media",
            obj=None,
            object_type="membership.message",
            object_name="粉丝发来的图片和语音",
            by=None,
            now=now,
            details={"files": dropped, "days": settings.INBOX_MEDIA_DAYS},
        )
    return dropped


def _over(now: datetime) -> QuerySet[Message]:
    """Messages with a file that has been kept long enough."""
    before = now - timedelta(days=settings.INBOX_MEDIA_DAYS)
    kept = Complaint.objects.exclude(closed_at__lt=before)
    received = Message.objects.filter(direction=Message.Direction.IN, file__isnull=False)
    return (
        received.filter(at__lt=before)
        .exclude(complaints__in=kept)
        .select_related("file", "follower")
        .order_by("at")
    )


def _drop(message: Message, now: datetime) -> None:
    with transaction.atomic():
        locked(message.follower)
        rows = Message.objects.filter(pk=message.pk, file=message.file)
        if rows.update(file=None, dropped_at=now) and message.file is not None:
            files.forget_file(message.file, now=now)
            if message.conversation_id:
                waiting.bump(message.conversation_id)


def _ended(message: Message, *, error: str) -> str:
    """Keep why it did not come, unless another has brought it meanwhile."""
    return error if _said(message, error=error) else ""


def _said(message: Message, *, file: StoredFile | None = None, error: str = "") -> bool:
    """Keep how it ended, for whoever looks at the thread; False when the file is there already."""
    with transaction.atomic():
        locked(message.follower)
        waits = Message.objects.filter(pk=message.pk, file=None, dropped_at=None)
        if not waits.update(file=file, error=error[:300]):
            return False
        conversation = Message.objects.values_list("conversation", flat=True).get(pk=message.pk)
        if conversation:
            waiting.bump(conversation)
    return True
