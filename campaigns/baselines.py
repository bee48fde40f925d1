"""Which days a campaign day is compared with. Pure (docs/rules.md §3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from campaigns.calendar import Calendar, is_weekend
from haitang.kernel.clock import Month
from haitang.policy.document import Comparator, Policy

Reason = Literal[
    "no_sales",
    "in_campaign",
    "holiday",
    "makeup_workday",
    "weekend",
    "member_day",
    "overlapping_campaigns",
]


@dataclass(frozen=True)
class Skip:
    """A day that was passed over, and why."""

    day: date
    reason: Reason


@dataclass(frozen=True)
class Pick:
    """The baseline days of one store and campaign day, nearest first, and those passed over."""

    days: tuple[date, ...]
    skipped: tuple[Skip, ...]
    needed: int
    calendar_missing: bool

    @property
    def insufficient(self) -> bool:
        return len(self.days) < self.needed


@dataclass(frozen=True)
class Facts:
    """What is known about stores and days. ``traded`` and ``took_part`` hold (store, date)."""

    traded: frozenset[tuple[str, date]]
    took_part: frozenset[tuple[str, date]]
    calendar: Calendar


def candidates(comparator: Comparator, day: date, policy: Policy) -> tuple[list[date], int]:
    """The days that may serve as baseline of ``day``, nearest first, and how many are needed."""
    if comparator == "weekend_average":
        return _weekends(day, policy)
    if comparator == "member_day_average":
        return _member_days(day, policy)
    if comparator == "ordinary_day_average":
        back = range(1, policy.ordinary_day.reach + 1)
        return [day - timedelta(days=n) for n in back], policy.ordinary_day.needed
    return [year_before(day, policy)], 1


def pick(comparator: Comparator, *, store: str, day: date, policy: Policy, facts: Facts) -> Pick:
    """The nearest eligible candidates of an averaging comparator (not year on year)."""
    days, needed = candidates(comparator, day, policy)
    own_test = _OWN_TESTS[comparator]
    picked: list[date] = []
    skipped: list[Skip] = []
    calendar_missing = False
    for candidate in days:
        reason: Reason | None = None
        if (store, candidate) not in facts.traded:
            reason = "no_sales"
        elif policy.options["skip_ineligible"]:
            if (store, candidate) in facts.took_part:
                reason = "in_campaign"
            else:
                reason = own_test(candidate, facts.calendar, policy)
        if policy.options["skip_ineligible"] and comparator in _ASKS_CALENDAR:
            calendar_missing |= not facts.calendar.knows(candidate)
        if reason:
            skipped.append(Skip(candidate, reason))
        else:
            picked.append(candidate)
            if len(picked) == needed:
                break
    return Pick(tuple(picked), tuple(skipped), needed, calendar_missing)


def year_before(day: date, policy: Policy) -> date:
    """d′ of a campaign day: the same date a year before, or 364 days before."""
    if policy.options["year_on_year"] == "same_weekday":
        return day - timedelta(days=364)
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)


def _weekends(day: date, policy: Policy) -> tuple[list[date], int]:
    search = policy.weekend
    weeks = range(1, search.reach + 1)
    if policy.options["weekend_days"] == "same_weekday":
        return [day - timedelta(weeks=n) for n in weeks], search.needed
    monday = day - timedelta(days=day.weekday())
    sundays = [monday - timedelta(days=7 * n - 6) for n in weeks]
    both = [each for sunday in sundays for each in (sunday, sunday - timedelta(days=1))]
    return both, 2 * search.needed


def _member_days(day: date, policy: Policy) -> tuple[list[date], int]:
    month, needed = Month.of(day), policy.member_day.needed
    option = policy.options["member_day_months"]
    if option == "march":
        march = Month(day.year if day.month > 3 else day.year - 1, 3)
        months, needed = [march], 1
    elif option == "first_half":
        year = day.year if day.month > 6 else day.year - 1
        months = [Month(year, number) for number in range(6, 0, -1)]
    else:
        months = [month.plus(-n) for n in range(1, policy.member_day.reach + 1)]
    same_days = (each.day(day.day) for each in months)
    return [each for each in same_days if each], needed


def _weekend_test(day: date, calendar: Calendar, policy: Policy) -> Reason | None:
    if calendar.is_holiday(day):
        return "holiday"
    return "makeup_workday" if calendar.is_makeup_workday(day) else None


def _no_test(day: date, calendar: Calendar, policy: Policy) -> Reason | None:
    return None


def _ordinary_test(day: date, calendar: Calendar, policy: Policy) -> Reason | None:
    if calendar.is_holiday(day):
        return "holiday"
    if is_weekend(day) and not calendar.is_makeup_workday(day):
        return "weekend"
    return "member_day" if day.day in policy.member_days else None


_OWN_TESTS: dict[Comparator, Callable[[date, Calendar, Policy], Reason | None]] = {
    "weekend_average": _weekend_test,
    "member_day_average": _no_test,
    "ordinary_day_average": _ordinary_test,
}
_ASKS_CALENDAR: frozenset[Comparator] = frozenset({"weekend_average", "ordinary_day_average"})
