"""What WeChat sent, for people who look after it: searching, reading masked, replaying."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Count, QuerySet

from accounts.models import User
from haitang.kernel import audit
from haitang.kernel.clock import SHANGHAI
from haitang.kernel.errors import Conflict, Invalid, NotThere
from haitang.kernel.masking import masked_numbers
from haitang.wechat import waking
from haitang.wechat.models import InboundEvent
from haitang.wechat.webhook.errors import Malformed
from haitang.wechat.webhook.parsing import leaves

STREAM = "wechat"
State = InboundEvent.State
MESSAGES = {
    "text": "文字",
    "image": "图片",
    "voice": "语音",
    "video": "视频",
    "shortvideo": "小视频",
    "location": "位置",
    "link": "链接",
}
EVENTS = {
    "event.subscribe": "关注",
    "event.unsubscribe": "取消关注",
    "event.scan": "扫码",
    "event.click": "点菜单",
    "event.view": "点菜单链接",
    "event.location": "上报位置",
    "event.publishjobfinish": "发布结果",
    "event.masssendjobfinish": "群发结果",
    "event.templatesendjobfinish": "模板消息结果",
}
KINDS = {**MESSAGES, **EVENTS}
# Fields in which nobody writes anything personal; of all others only the length is shown.
_SHOWN = frozenset(
    {"ToUserName", "CreateTime", "MsgType", "MsgId", "MsgID", "Event", "EventKey", "Status"}
)


@dataclass(frozen=True)
class EventSearch:
    """Filters; empty ones narrow nothing. Days are Asia/Shanghai dates of receipt."""

    state: str = ""
    kind: str = ""
    openid: str = ""
    first: date | None = None
    last: date | None = None


def events_found(search: EventSearch) -> QuerySet[InboundEvent]:
    """The events that fit, the latest first, without their content."""
    found = InboundEvent.objects.defer("body").order_by("-id")
    if search.state:
        found = found.filter(state=search.state)
    if search.kind:
        found = found.filter(kind=search.kind)
    if search.openid:
        found = found.filter(openid=search.openid)
    if search.first:
        found = found.filter(received_at__gte=_midnight(search.first))
    if search.last:
        found = found.filter(received_at__lt=_midnight(search.last + timedelta(days=1)))
    return found


def waiting_counts() -> dict[str, int]:
    """How many events are not processed, by state."""
    rows = InboundEvent.objects.filter(state__in=[State.RECEIVED, State.FAILED])
    counts = rows.values_list("state").order_by("state").annotate(count=Count("id"))
    return dict(counts)


def found_event(pk: int) -> InboundEvent:
    """The event; NotThere when there is none."""
    event = InboundEvent.objects.select_related("account").defer("body").filter(pk=pk).first()
    if event is None:
        raise NotThere(f"没有编号为 {pk} 的微信消息：请从列表里打开。")
    return event


def masked_fields(event: InboundEvent) -> list[tuple[str, str]]:
    """The content with everything that might be personal masked: path and what is shown."""
    try:
        fields = leaves(event.body.for_computing().encode())
    except (Malformed, ImproperlyConfigured):
        return [("", "内容读不出来：请核对 PERSONAL_DATA_KEYS 里是否还有当时的密钥。")]
    return [(path, _shown(path, text)) for path, text in fields.items()]


def kind_name(kind: str) -> str:
    """What people call the kind; its own name where it has none."""
    return KINDS.get(kind, kind)


def replay_event(*, event: InboundEvent, reason: str, by: User, now: datetime) -> None:
    """Have a failed event processed once more, with all its tries; recorded with the reason.

    Raises Invalid without a reason, Conflict when it is not failed (any more).
    """
    if not reason.strip():
        raise Invalid("请写明重新处理的理由：它会留在操作记录里。")
    with transaction.atomic():
        changed = InboundEvent.objects.filter(pk=event.pk, state=State.FAILED).update(
            state=State.RECEIVED, attempts=0, next_attempt_at=now, processed_at=None, error=""
        )
        if not changed:
            raise Conflict(f"消息 #{event.pk} 不是失败状态，不用重新处理。请刷新页面再看。")
        audit.record(
            stream=STREAM,
            act="replay_event",
            obj=event,
            by=by,
            now=now,
            details={"reason": masked_numbers(reason.strip()[:500]), "error": event.error},
        )
        transaction.on_commit(waking.wake)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _shown(path: str, text: str) -> str:
    if path in _SHOWN:
        return masked_numbers(text, least=14)[:200]
    return f"（{len(text)} 个字，不在这里显示）" if text else "（空）"
