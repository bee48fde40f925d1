"""What waits in the inbox: followers for an answer, messages of which nobody knows, complaints."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from accounts.models import User
from accounts.roles import Role
from accounts.rules import has_role
from haitang.kernel.addresses import address
from haitang.kernel.clock import business_day
from haitang.kernel.prepared import prepared
from haitang.kernel.workbench import Urgency, WorkItem
from membership import sla
from membership.models import Complaint, Conversation, Message, SceneCode

answers = has_role(Role.CS)
supervises = has_role(Role.SUPERVISOR)
makes_codes = has_role(Role.OPS)
# A complaint that is not closed after so long is named to whoever supervises.
SLOW = timedelta(days=3)
State = Complaint.State
# How many followers wait, how many of them too long, since when the first.
Waits = tuple[int, int, Any]
NOTHING: Waits = (0, 0, None)


def workbench_items(user: User, now: datetime) -> list[WorkItem]:
    """At most three queries for customer service, two for the supervisor, one for 运营部."""
    items: list[WorkItem] = []
    if answers(user):
        items += [*_waiting(user, now), *_uncertain(), *_complaints(now, slow=False)]
    if supervises(user):
        items += [*_late(now), *_complaints(now, slow=True)]
    if makes_codes(user):
        items += _codes()
    return items


def _waiting(user: User, now: datetime) -> list[WorkItem]:
    number, late, since = _mine_or_nobodys.first(user=user.pk, now=now) or NOTHING
    if not number:
        return []
    oldest = sla.waited_text((now - since).total_seconds())
    gap = " " if oldest[0].isdigit() else ""
    said = f"，其中 {late} 位已经超过时限" if late else ""
    return [
        WorkItem(
            kind="inbox_waiting",
            title=f"有 {number} 位粉丝在等回复{said}，最久的等了{gap}{oldest}。",
            url=f"{address('inbox')}?show={'overdue' if late else 'waiting'}",
            action="去回复",
            urgency=Urgency.NOW if late else Urgency.SOON,
            since=business_day(since),
            count=number,
        )
    ]


def _late(now: datetime) -> list[WorkItem]:
    _, late, since = _anybodys.first(now=now) or NOTHING
    if not late:
        return []
    return [
        WorkItem(
            kind="inbox_overdue",
            title=f"有 {late} 位粉丝的留言超过时限还没有回复：请督促客服部对接人。",
            url=f"{address('inbox')}?show=overdue",
            action="去看",
            urgency=Urgency.SOON,
            since=business_day(since),
            count=late,
        )
    ]


@prepared
def _mine_or_nobodys(*, user: Any, now: Any) -> QuerySet[Conversation, Waits]:
    return _waits(Q(owner=user) | Q(owner=None), now)


@prepared
def _anybodys(*, now: Any) -> QuerySet[Conversation, Waits]:
    return _waits(Q(), now)


def _waits(whose: Q, now: Any) -> QuerySet[Conversation, Waits]:
    """How many wait, how many of them too long, and since when the first."""
    waits = Conversation.objects.filter(
        whose, state=Conversation.State.OPEN, waiting_since__isnull=False
    )
    found: QuerySet[Conversation, Waits] = (
        waits.order_by()
        .values("state")
        .annotate(number=Count("pk"), late=Count("pk", filter=Q(due_at__lte=now)))
        .values_list("number", "late", Min("waiting_since"))
    )
    return found


def _uncertain() -> list[WorkItem]:
    rows = Message.objects.filter(state=Message.State.UNCERTAIN, conversation__state="open")
    found = rows.aggregate(number=Count("pk"), first=Min("conversation"), since=Min("at"))
    if not found["number"]:
        return []
    return [
        WorkItem(
            kind="message_uncertain",
            title=f"有 {found['number']} 条回复不知道对方收到没有，系统不会自动再发："
            "请到公众号后台核对。",
            url=address("conversation", found["first"]),
            action="去核对",
            urgency=Urgency.NOW,
            since=business_day(found["since"]),
            count=found["number"],
        )
    ]


def _complaints(now: datetime, *, slow: bool) -> list[WorkItem]:
    before = now - SLOW if slow else now
    counted = _not_closed(before=before)  # one row a state
    if not counted:
        return []
    number = sum(each for each, _ in counted)
    said = f"超过 {SLOW.days} 天" if slow else ""
    return [
        WorkItem(
            kind="complaint_slow" if slow else "complaint_open",
            title=f"有 {number} 件投诉{said}还没有办结：有了结果、告知对方之后才能办结。",
            url=address("complaints"),
            action="去看" if slow else "去处理",
            urgency=Urgency.SOON,
            since=business_day(min(since for _, since in counted)),
            count=number,
        )
    ]


@prepared
def _not_closed(*, before: Any) -> QuerySet[Complaint, tuple[int, datetime]]:
    rows = Complaint.objects.exclude(state=State.CLOSED).filter(recorded_at__lte=before)
    counted = rows.order_by().values("state").annotate(number=Count("pk"))
    found: QuerySet[Complaint, tuple[int, datetime]]
    found = counted.values_list("number", Min("recorded_at"))
    return found


def _codes() -> list[WorkItem]:
    rows = SceneCode.objects.filter(ticket="", retired_at=None)
    found = rows.aggregate(number=Count("pk"), first=Min("pk"), since=Min("made_at"))
    if not found["number"]:
        return []
    return [
        WorkItem(
            kind="scene_missing",
            title=f"有 {found['number']} 个渠道二维码没有从微信取到。",
            url=address("scene", found["first"]),
            action="再取一次",
            since=business_day(found["since"]),
            count=found["number"],
        )
    ]
