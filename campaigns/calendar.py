"""Days as the rules see them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

SATURDAY = 5


@dataclass(frozen=True)
class Calendar:
    """Public holidays and make-up workdays of the years whose arrangement is known."""

    days: Mapping[date, str]
    years: frozenset[int]

    def knows(self, day: date) -> bool:
        return day.year in self.years

    def is_holiday(self, day: date) -> bool:
        return self.days.get(day) == "holiday"

    def is_makeup_workday(self, day: date) -> bool:
        return self.days.get(day) == "makeup_workday"


def is_weekend(day: date) -> bool:
    """Saturday or Sunday, whatever the calendar makes of it."""
    return day.weekday() >= SATURDAY


def misfit(kind: str, day: date, *, calendar: Calendar, member_days: frozenset[int]) -> str:
    """Why a day does not fit a campaign's kind, as a sentence; empty when it does.

    docs/rules.md §3: a weekend campaign only Saturdays and Sundays that are no make-up workday,
    a member-day campaign only member days; a manufacturer campaign takes any day.
    """
    if kind == "weekend" and not is_weekend(day):
        return f"{day} 不是周六或周日，不能做周末活动。"
    if kind == "weekend" and calendar.is_makeup_workday(day):
        return f"{day} 是调休上班日，不能做周末活动。"
    if kind == "member_day" and day.day not in member_days:
        days = "、".join(str(number) for number in sorted(member_days))
        return f"{day} 不是会员日（每月 {days} 日），不能做会员日活动。"
    return ""
