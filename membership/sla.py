"""When an answer is due: minutes counted within the hours in which the inbox is kept. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from haitang.kernel.clock import SHANGHAI


@dataclass(frozen=True)
class Target:
    """An answer within ``minutes`` of opening hours (Asia/Shanghai, every day of the week)."""

    minutes: int
    opens: time
    closes: time


def due_at(since: datetime, target: Target) -> datetime:
    """The moment at which an answer to a message of ``since`` is late.

    A message outside the hours counts from the next opening; the target may reach over days.
    """
    left = timedelta(minutes=target.minutes)
    moment = since.astimezone(SHANGHAI)
    while True:
        opens = datetime.combine(moment.date(), target.opens, SHANGHAI)
        closes = datetime.combine(moment.date(), target.closes, SHANGHAI)
        start = max(moment, opens)
        if start < closes:
            if left <= closes - start:
                return start + left
            left -= closes - start
        moment = opens + timedelta(days=1)


def waited_text(seconds: float) -> str:
    """``5 分钟``, ``3 小时 20 分``, ``2 天 4 小时``; less than a minute is ``不到 1 分钟``."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return "不到 1 分钟"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} 分钟"
    days, rest = divmod(hours, 24)
    if not days:
        return f"{hours} 小时 {minutes} 分" if minutes else f"{hours} 小时"
    return f"{days} 天 {rest} 小时" if rest else f"{days} 天"
