"""Sending to all: one key is one sending. The key is also WeChat's ``clientmsgid``, so that a
repetition after a lost answer finds the first sending instead of making a second.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import User
from haitang.kernel import audit, jobs, notices
from haitang.kernel.errors import Conflict, Invalid
from haitang.wechat.accounts import current_account
from haitang.wechat.gateway import WeChatClient, WeChatError
from haitang.wechat.models import MassSend
from haitang.wechat.publishing import STREAM, ask_later

State = MassSend.State
TEXT = 600
# WeChat knows a key for 24 hours: later the same key would be sent anew.
KNOWN_FOR = timedelta(hours=23)
STATUSES = {"SEND_FAIL": "微信没有发出去。", "DELETE": "群发之后在公众号后台删除了。"}
_EVENT_FAULTS = {
    "send fail": "微信没有发出去。请到公众号后台查看原因。",
    "err(10001)": "内容涉嫌广告，没有发出去。",
    "err(20001)": "内容涉嫌政治，没有发出去。",
    "err(20004)": "内容涉嫌社会问题，没有发出去。",
    "err(20002)": "内容涉嫌色情，没有发出去。",
    "err(20006)": "内容涉嫌违法犯罪，没有发出去。",
    "err(20008)": "内容涉嫌欺诈，没有发出去。",
    "err(20013)": "内容涉嫌侵权，没有发出去。",
    "err(22000)": "内容涉嫌互推，没有发出去。",
    "err(21000)": "内容涉嫌其他违规，没有发出去。",
    "err(30001)": "原创校验出现错误，没有发出去。",
    "err(30002)": "原创校验判定不能群发，没有发出去。",
    "err(30003)": "原创校验判定为转载，没有发出去。",
    "err(40001)": "管理员拒绝了这次群发。",
    "err(40002)": "管理员 30 分钟内没有确认，没有发出去。",
}


def request_mass_send(
    *,
    title: str,
    kind: str,
    content: str,
    tag_id: int | None,
    key: str,
    by: User,
    now: datetime,
) -> MassSend:
    """Have something sent to all, or to those with a tag, by a job.

    The same key gives back the row that is there. Raises Invalid for content that cannot be,
    Conflict for a key that stands for another content, NotThere without an account.
    """
    if kind not in MassSend.Kind.values:
        raise Invalid("请选群发的种类。")
    if not content.strip():
        raise Invalid("请选一份草稿，或写要群发的文字。")
    if kind == MassSend.Kind.TEXT and len(content) > TEXT:
        raise Invalid(f"群发的文字最多 {TEXT} 个字：请删减。")
    account, rows = current_account(now), MassSend.objects.filter(key=key)
    if known := rows.first():
        return _same(known, kind, content, tag_id)
    try:
        with transaction.atomic():
            sending = MassSend.objects.create(
                account=account,
                key=key,
                title=title.strip()[:200] or content.strip()[:40],
                kind=kind,
                content=content,
                tag_id=tag_id,
                by=by,
                created_at=now,
            )
            audit.record(
                stream=STREAM,
                act="request_mass_send",
                obj=sending,
                by=by,
                now=now,
                details={"title": sending.title, "kind": kind, "tag": tag_id},
            )
            jobs.enqueue(
                kind="wechat_mass_send",
                payload={"mass_send": sending.pk},
                by=by,
                now=now,
                key=f"wechat_mass_send:{sending.pk}",
                max_attempts=5,
            )
    except IntegrityError:  # of one form sent twice the first counts; of two, the draft's first
        if known := rows.first():
            return _same(known, kind, content, tag_id)
        raise Conflict("这份草稿已经在群发：请在群发记录里看它的结果，不要再提交一次。") from None
    return sending


def _same(known: MassSend, kind: str, content: str, tag_id: int | None) -> MassSend:
    if (known.kind, known.content, known.tag_id) != (kind, content, tag_id):
        raise Conflict("这个编号已经用来群发别的内容：请刷新页面，重新填写。")
    return known


def submit_mass_send(
    *, mass_send_id: int, client: WeChatClient, now: datetime, is_last: bool = False
) -> MassSend:
    """Send what waits; repeating is safe for a day, in which WeChat knows the key.

    Raises WeChatError when WeChat is busy or silent, unless ``is_last``: then it is uncertain if
    an answer was lost, and never sent again by itself.
    """
    sending = MassSend.objects.get(pk=mass_send_id)
    rows = MassSend.objects.filter(pk=mass_send_id, state=State.WAITING)
    if sending.state != State.WAITING or give_up(sending, now=now):
        return sending
    rows.filter(submitted_at=None).update(submitted_at=now)
    try:
        done = client.mass.send(
            sending.kind, sending.content, clientmsgid=sending.key, tag_id=sending.tag_id
        )
    except WeChatError as error:
        # Also after a lost answer the job asks again: the key makes it one sending.
        again = error.is_passing and not is_last
        may_be_out = error.uncertain or sending.submitted_at is not None
        failed = State.UNCERTAIN if may_be_out else State.FAILED
        rows.update(
            state=State.WAITING if again else failed,
            error=error.sentence,
            finished_at=None if again or may_be_out else now,
            **({} if may_be_out else {"submitted_at": None}),
        )
        if again:
            raise
    else:
        rows.update(
            state=State.SUBMITTED,
            msg_id=done.msg_id,
            msg_data_id=done.msg_data_id,
            submitted_at=now,
            error="",
        )
        ask_later("mass_send", mass_send_id, attempt=0, now=now)
    sending.refresh_from_db()
    if sending.state in (State.FAILED, State.UNCERTAIN):
        tell(sending, now=now)
    return sending


def give_up(sending: MassSend, *, now: datetime) -> bool:
    """Whether WeChat may have taken it so long ago that its key is forgotten: then it is uncertain.

    Its asker is told; sent once more it would reach all followers twice.
    """
    if sending.submitted_at is None or now - sending.submitted_at < KNOWN_FOR:
        return False
    with transaction.atomic():
        rows = MassSend.objects.filter(pk=sending.pk, state=State.WAITING)
        is_lost = rows.update(state=State.UNCERTAIN, error=_LOST)
        sending.refresh_from_db()
        if is_lost:
            tell(sending, now=now)
    return True


_LOST = "提交到一半时服务中断，不知道微信收到没有，系统不会再发。请到公众号后台核对，再登记结果。"


def settle_uncertain(*, sending: MassSend, is_out: bool, by: User, now: datetime) -> None:
    """A person looked and says whether an uncertain one went out. Raises Conflict for others."""
    with transaction.atomic():
        changed = MassSend.objects.filter(pk=sending.pk, state=State.UNCERTAIN).update(
            state=State.SENT if is_out else State.FAILED,
            error="" if is_out else "核对过公众号后台：没有发出。",
            finished_at=now,
        )
        if not changed:
            raise Conflict("这一次群发现在不是“结果不明”：请刷新页面再看。")
        audit.record(
            stream=STREAM,
            act="settle_mass_send",
            obj=sending,
            by=by,
            now=now,
            details={"title": sending.title, "out": is_out},
        )


def tell(sending: MassSend, *, now: datetime) -> None:
    """Tell whoever asked for it how it ended, once."""
    reached = f"，送达 {sending.sent_count:,} 人" if sending.sent_count is not None else ""
    notices.notify(
        recipients=[sending.by],
        key=f"mass_send:{sending.pk}:{sending.state}",
        text=f"群发“{sending.title}”{sending.get_state_display()}{reached}。{sending.error}",
        url=reverse("wechat-mass"),
        now=now,
    )


def ask_mass_send(*, sending: MassSend, client: WeChatClient, now: datetime) -> bool:
    """Ask WeChat what became of it and keep it; whether it has come to an end."""
    if sending.state == State.SUBMITTED and sending.msg_id:
        status = client.mass.status(sending.msg_id)
        if status == "SEND_SUCCESS":
            _end(sending.msg_id, state=State.SENT, error="", now=now)
        elif status in STATUSES:
            _end(sending.msg_id, state=State.FAILED, error=STATUSES[status], now=now)
        sending.refresh_from_db()
    return sending.state != State.SUBMITTED


def take_result(
    *, msg_id: str, status: str, sent: int | None, total: int | None, now: datetime
) -> int:
    """Keep what MASSSENDJOBFINISH said; how many rows that changed."""
    words = status.strip().lower()
    if words in ("sendsuccess", "send success"):
        return _end(msg_id, state=State.SENT, error="", sent=sent, total=total, now=now)
    error = _EVENT_FAULTS.get(words, f"微信没有发出去（{status[:40]}）。请到公众号后台查看原因。")
    return _end(msg_id, state=State.FAILED, error=error, sent=sent, total=total, now=now)


def _end(
    msg_id: str,
    *,
    state: str,
    error: str,
    now: datetime,
    sent: int | None = None,
    total: int | None = None,
) -> int:
    rows = MassSend.objects.filter(msg_id=msg_id)
    with transaction.atomic():
        changed = rows.filter(state=State.SUBMITTED).update(
            state=state, error=error, sent_count=sent, total_count=total, finished_at=now
        )
        if changed:
            for sending in rows.select_related("by"):
                tell(sending, now=now)
    return changed
