"""Time: read once at the edge and passed down as ``now``; business days are Asia/Shanghai dates."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from haitang.kernel.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware. Only views, commands and tasks call this."""
    return datetime.now(UTC)


def business_day(moment: datetime) -> date:
    """The Asia/Shanghai date of a moment."""
    return moment.astimezone(SHANGHAI).date()


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month, written ``2026-10``."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """``2026-10`` → Month; raises Invalid with a sentence for anything else."""
        match = re.fullmatch(r"(\d{4})-(\d{1,2})", text.strip())
        if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1:
            raise Invalid(f"月份“{text}”写得不对：请写成 2026-10 这样的年-月。")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.month, self.days)

    @property
    def days(self) -> int:
        return calendar.monthrange(self.year, self.month)[1]

    def plus(self, months: int) -> Month:
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    def through(self, until: Month) -> Iterator[Month]:
        """This month and each following one up to ``until``, inclusive."""
        month = self
        while month <= until:
            yield month
            month = month.plus(1)

    def day(self, number: int) -> date | None:
        """The day of this month with that number, or None when the month lacks it."""
        return date(self.year, self.month, number) if number <= self.days else None

    def __contains__(self, day: date) -> bool:
        return (day.year, day.month) == (self.year, self.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def days_between(first: date, last: date) -> list[date]:
    """Every day from first to last, both included, ascending."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
