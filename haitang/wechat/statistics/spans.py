"""Which days may be asked for, and in which pieces. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit

from haitang.kernel.clock import SHANGHAI

# WeChat counts a day until the next morning.
READY_AT = time(8, 0)
_DAY = timedelta(days=1)


def newest_day(now: datetime) -> date:
    """The last day with figures: yesterday after 08:00 in Shanghai, else the day before."""
    local = now.astimezone(SHANGHAI)
    return local.date() - (_DAY if local.time() >= READY_AT else 2 * _DAY)


def pieces(first: date, last: date, days: int) -> Iterator[tuple[date, date]]:
    """From first to last, both included, in pieces of at most that many days; none if reversed."""
    while first <= last:
        end = min(first + (days - 1) * _DAY, last)
        yield first, end
        first = end + _DAY


def msgid_of(url: str) -> str:
    """``…/s?__biz=…&mid=2247490098&idx=1…`` → ``2247490098_1``; empty for a short address."""
    query = parse_qs(urlsplit(url.replace("&amp;", "&")).query)
    mid, idx = query.get("mid", [""])[0], query.get("idx", [""])[0]
    return f"{mid}_{idx}" if mid.isdecimal() and idx.isdecimal() else ""


def is_msgid(text: str) -> bool:
    """Whether it has the form msg_data_id_index."""
    return re.fullmatch(r"\d{1,30}_\d{1,2}", text) is not None
