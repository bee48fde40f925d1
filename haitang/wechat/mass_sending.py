"""Sending to all: one key is one sending. The key is also WeChat's ``clientmsgid``, so that a
repetition after a lost answer finds the first sending instead of making a second.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
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
    account = current_account(now)
    with transaction.atomic():
        known = MassSend.objects.filter(key=key).first()
        if known:
            if (known.kind, known.content, known.tag_id) != (kind, content, tag_id):
                raise Conflict("这个编号已经用来群发别的内容：请刷新页面，重新填写。")
            return known
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
    return sending


def submit_mass_send(
    *, mass_send_id: int, client: WeChatClient, now: datetime, is_last: bool = False
) -> MassSend:
    """Send what waits; repeating is safe, since WeChat knows the key for a day.

    Raises WeChatError when WeChat is busy or silent, unless ``is_last``.
    """
    sending = MassSend.objects.get(pk=mass_send_id)
    if sending.state != State.WAITING:
        return sending
    rows = MassSend.objects.filter(pk=mass_send_id, state=State.WAITING)
    try:
        done = client.mass.send(
            sending.kind, sending.content, clientmsgid=sending.key, tag_id=sending.tag_id
        )
    except WeChatError as error:
        # Also after a lost answer the job asks again: the key makes it one sending.
        again = error.is_passing and not is_last
        rows.update(
            state=State.WAITING if again else State.FAILED,
            error=error.sentence,
            finished_at=None if again else now,
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
    if sending.state == State.FAILED:
        tell(sending, now=now)
    return sending


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
    changed = rows.filter(state=State.SUBMITTED).update(
        state=state, error=error, sent_count=sent, total_count=total, finished_at=now
    )
    if changed:
        for sending in rows.select_related("by"):
            tell(sending, now=now)
    return changed
