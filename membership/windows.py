"""When and how often the account may write to a follower. Pure; times are aware datetimes.

WeChat's rule for customer messages: after a message of the follower 5 within 48 hours; after a
click on a menu, a follow or a scan 3 within 1 minute. Where two windows are open, the one that
leaves more counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class Contact(Enum):
    """What a follower did that opens a window: (how many messages, for how long)."""

    MESSAGE = (5, timedelta(hours=48))
    TOUCH = (3, timedelta(minutes=1))

    @property
    def most(self) -> int:
        return self.value[0]

    @property
    def span(self) -> timedelta:
        return self.value[1]


@dataclass(frozen=True)
class Allowance:
    """How many messages may still be sent and until when.

    ``reason`` says why none may be sent and what to do; empty while some may. ``until`` is the end
    of the window that counts, or of the last one when it is over; None when there never was one.
    """

    remaining: int
    most: int
    until: datetime | None
    reason: str = ""

    @property
    def is_open(self) -> bool:
        return self.remaining > 0


NEVER = "对方还没有发来过消息：微信只让公众号回复，不能先开口。请等对方发来消息。"
OVER = (
    "超过了可以回复的时间：对方发来消息后 48 小时之内才能回复（关注、扫码、点菜单后只有 1 分钟）。"
    "请等对方再发来消息，或用别的办法联系。"
)
USED = (
    "这段时间里可以发的条数已经用完：对方每发来一次消息，最多回 5 条。"
    "对方再发来消息之后，又可以发 5 条。"
)
LEFT = "对方已经取消关注：微信不会把消息送到。只能等对方重新关注。"


def allowance(
    *,
    message_at: datetime | None,
    touch_at: datetime | None,
    sends: Iterable[datetime],
    now: datetime,
    follows: bool = True,
) -> Allowance:
    """What is left at ``now``: the latest message and the latest touch, and all sends since.

    A send at the very moment of a contact counts against it: WeChat tells contacts in seconds.
    """
    if not follows:
        return Allowance(0, 0, None, LEFT)
    known = list(sends)
    contacts = [(Contact.MESSAGE, message_at), (Contact.TOUCH, touch_at)]
    windows = [_window(kind, at, known) for kind, at in contacts if at is not None]
    if not windows:
        return Allowance(0, 0, None, NEVER)
    live = [each for each in windows if each.until is not None and now < each.until]
    if not live:
        last = max(windows, key=_end)
        return Allowance(0, last.most, last.until, OVER)
    best = max(live, key=lambda each: (each.remaining, _end(each)))
    if best.remaining:
        return best
    return Allowance(0, best.most, best.until, USED)


def _window(kind: Contact, at: datetime, sends: list[datetime]) -> Allowance:
    used = sum(_second(send) >= _second(at) for send in sends)
    return Allowance(max(0, kind.most - used), kind.most, at + kind.span)


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _end(each: Allowance) -> datetime:
    if each.until is None:
        raise ValueError("a window has an end")
    return each.until
