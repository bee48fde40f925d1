"""What waits for a person: one item of the workbench, and the notices as items.

Every app that has something for people to do offers ``workbench_items(user, now)`` in its module
``workbench``; ``haitang.web.workbench`` collects them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet

from haitang.kernel.addresses import address
from haitang.kernel.clock import business_day
from haitang.kernel.models import Notice
from haitang.kernel.prepared import prepared

NOTICES_SHOWN = 10


class Urgency(IntEnum):
    """How soon something has to be done; the smaller, the sooner."""

    NOW = 1
    SOON = 2
    LATER = 3

    @property
    def label(self) -> str:
        """The urgency in words, as the badge says it."""
        return {1: "要紧", 2: "待办", 3: "有空时"}[self.value]

    @property
    def tone(self) -> str:
        """The badge's class."""
        return {1: "bad", 2: "warn", 3: "plain"}[self.value]


@dataclass(frozen=True)
class WorkItem:
    """One thing that waits: a sentence, and the address where it is done (``action`` says how).

    ``since`` orders items of the same urgency, the longest waiting first. ``count`` is how many
    things the sentence stands for. ``dismiss`` is an address to POST to when the item only wants
    to be read.
    """

    kind: str
    title: str
    url: str
    action: str
    urgency: Urgency = Urgency.SOON
    since: date | None = None
    count: int = 1
    dismiss: str = ""

    @property
    def order(self) -> tuple[int, date]:
        return int(self.urgency), self.since or date.max


Items = Callable[[Any, datetime], Sequence[WorkItem]]


def workbench_items(user: AbstractBaseUser, now: datetime) -> list[WorkItem]:
    """The person's unread notices, newest first. Two queries."""
    shown = _unread(recipient=user.pk)
    items = [
        WorkItem(
            kind="notice",
            title=notice.text,
            url=notice.url,
            action="去看" if notice.url else "",
            since=business_day(notice.created_at),
            dismiss=address("notice-read", notice.pk),
        )
        for notice in shown
    ]
    more = 0
    if len(shown) == NOTICES_SHOWN:
        more = Notice.objects.filter(recipient_id=user.pk, read_at=None).count() - NOTICES_SHOWN
    if more:
        items.append(
            WorkItem(
                kind="notice",
                title=f"还有 {more} 条更早的通知没有看：看过上面的之后会依次出现。",
                url="",
                action="",
                urgency=Urgency.LATER,
                count=more,
            )
        )
    return items


@prepared
def _unread(*, recipient: Any) -> QuerySet[Notice]:
    return Notice.objects.filter(recipient_id=recipient, read_at=None).order_by("-pk")[
        :NOTICES_SHOWN
    ]
