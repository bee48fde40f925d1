"""Until when a deduction can be objected to: three working days after it was shown.

Working days are those of the holiday calendar (docs/rules.md §9): Monday to Friday but for public
holidays, and make-up workdays. A year whose arrangement is not known has plain weekends.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from campaigns.calendar import Calendar, is_weekend
from campaigns.evaluation import calendar_between
from haitang.kernel.clock import business_day

DAYS = 3
# Longer than any run of holidays with the weekends around it.
_REACH = timedelta(days=40)


def is_working_day(day: date, calendar: Calendar) -> bool:
    """Whether the house works on that day."""
    if calendar.is_makeup_workday(day):
        return True
    return not is_weekend(day) and not calendar.is_holiday(day)


def deadline(shown_at: datetime, calendar: Calendar) -> date:
    """The last day on which somebody can object to what was shown at that moment."""
    day, left = business_day(shown_at), DAYS
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day, calendar)
    return day


def calendar_from(first: datetime, last: datetime | None = None) -> Calendar:
    """The calendar that deadlines of things shown between these moments need. Two queries."""
    return calendar_between(business_day(first), business_day(last or first) + _REACH)
