"""Which months the demonstration covers, and what the calendar says of their days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from chinese_calendar.constants import Holiday, holidays, workdays

from campaigns.calendar import Calendar, is_weekend
from haitang.kernel.clock import Month, days_between
from haitang.kernel.errors import Invalid

MONTHS = 16
SETTLED = 11
MEMBER_DAYS = frozenset({8, 18, 28})
# What chinesecalendar knows.
FIRST_YEAR, LAST_YEAR = 2004, 2026


@dataclass(frozen=True)
class Span:
    """Sixteen months that end with ``last``; other months are named by their distance from it."""

    last: Month

    def __post_init__(self) -> None:
        if self.first.year < FIRST_YEAR or self.planned.year > LAST_YEAR:
            earliest = Month(FIRST_YEAR, 1).plus(MONTHS - 1)
            raise Invalid(
                f"演示数据不能以 {self.last} 结束：只知道 {FIRST_YEAR}–{LAST_YEAR} 年的节假日安排。"
                f"请选 {earliest} 至 {LAST_YEAR}-11 之间的月份。"
            )

    @property
    def first(self) -> Month:
        return self.last.plus(1 - MONTHS)

    @property
    def settled_from(self) -> Month:
        """The first month that the house settled with the product: with the last one, a year."""
        return self.last.plus(-SETTLED)

    @property
    def planned(self) -> Month:
        """The coming month, for which a campaign is planned."""
        return self.last.plus(1)

    @property
    def days(self) -> list[date]:
        return days_between(self.first.first, self.last.last)

    @cached_property
    def calendar(self) -> Calendar:
        """Holidays and make-up workdays of every year touched, whole."""
        years = frozenset(range(self.first.year, self.planned.year + 1))
        kinds = {
            day: kind
            for kind, days in (("holiday", holidays), ("makeup_workday", workdays))
            for day in days
            if day.year in years
        }
        return Calendar(days=kinds, years=years)

    def is_spring_festival(self, day: date) -> bool:
        return bool(holidays.get(day) == Holiday.spring_festival.value)

    def is_rest_day(self, day: date) -> bool:
        """A day off work: a weekend that is no make-up workday, or a public holiday."""
        calendar = self.calendar
        weekend = is_weekend(day) and not calendar.is_makeup_workday(day)
        return weekend or calendar.is_holiday(day)

    def first_day(self, month: Month, *, start: int, fits: Callable[[date], bool]) -> date:
        """The first day of the month from day ``start`` on that fits, else the last one before."""
        days = days_between(month.first, month.last)
        ordered = days[start - 1 :] + days[start - 2 :: -1]
        return next(day for day in ordered if fits(day))
