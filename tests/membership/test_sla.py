"""When an answer is late: minutes of opening hours."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from haitang.kernel.clock import SHANGHAI
from membership.sla import Target, due_at, waited_text

TARGET = Target(minutes=60, opens=time(8, 30), closes=time(20, 30))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("since", "due"),
    [
        (at(3, 10), at(3, 11)),
        (at(3, 7), at(3, 9, 30)),
        (at(3, 22), at(4, 9, 30)),
        (at(3, 20), at(4, 9)),
        (at(3, 20, 30), at(4, 9, 30)),
        (at(3, 19, 30), at(3, 20, 30)),
    ],
)
def test_minutes_count_within_the_hours_only(since: datetime, due: datetime) -> None:
    assert due_at(since, TARGET) == due


def test_target_longer_than_a_day_reaches_over_days() -> None:
    assert due_at(at(3, 10), Target(24 * 60, time(8), time(20))) == at(5, 10)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (20, "不到 1 分钟"),
        (300, "5 分钟"),
        (3600, "1 小时"),
        (12_000, "3 小时 20 分"),
        (200_000, "2 天 7 小时"),
        (172_800, "2 天"),
    ],
)
def test_waiting_is_told_in_words(seconds: int, text: str) -> None:
    assert waited_text(seconds) == text
