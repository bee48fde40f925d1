"""What waits for the IT department: messages that could not be processed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet

from accounts.models import User
from haitang.kernel.addresses import address
from haitang.kernel.clock import business_day
from haitang.kernel.prepared import prepared
from haitang.kernel.workbench import Urgency, WorkItem
from haitang.wechat.models import InboundEvent
from haitang.wechat.rules import may_replay_events


def workbench_items(user: User, now: datetime) -> list[WorkItem]:
    """Failed events as one item. One query."""
    if not may_replay_events(user):
        return []
    failed = _failed.first()
    if failed is None:
        return []
    count, since = failed
    return [
        WorkItem(
            kind="wechat_failed",
            title=f"{count} 条微信消息处理失败：请看原因，排除后重新处理。",
            url=f"{address('wechat-events')}?state=failed",
            action="去处理",
            urgency=Urgency.NOW,
            since=business_day(since),
            count=count,
        )
    ]


@prepared
def _failed() -> QuerySet[Any, tuple[int, datetime]]:
    """One row, for all have the same state; none when nothing failed."""
    failed = InboundEvent.objects.filter(state=InboundEvent.State.FAILED).order_by()
    counted = failed.values("state").annotate(count=Count("id"), since=Min("received_at"))
    return counted.values_list("count", "since")
