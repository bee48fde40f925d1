"""A year's days as the calendar page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from campaigns import selectors
from campaigns.calendar import is_weekend
from campaigns.models import CalendarDay, Campaign
from haitang.kernel.clock import Month, days_between
from haitang.kernel.display import day_text
from haitang.policy.selectors import member_days_of

_MARKS = {"holiday": "休", "makeup_workday": "班"}
_NAMES = {"holiday": "法定节假日", "makeup_workday": "调休上班日"}


@dataclass(frozen=True)
class YearDay:
    """One day: its kind (empty: as its weekday says), member day or not, its campaigns' titles."""

    day: date
    kind: str
    is_member_day: bool
    is_today: bool
    campaigns: tuple[str, ...]

    @property
    def marks(self) -> str:
        """One sign for each thing that is to say of the day."""
        member, campaign = "会" if self.is_member_day else "", "活" if self.campaigns else ""
        return _MARKS.get(self.kind, "") + member + campaign

    @property
    def classes(self) -> str:
        """How the cell looks; each class has its text beside it."""
        names = [self.kind or ("weekend" if is_weekend(self.day) else "")]
        names += ["member"] if self.is_member_day else []
        names += ["campaign"] if self.campaigns else []
        names += ["today"] if self.is_today else []
        return " ".join(name for name in names if name)

    @property
    def sentence(self) -> str:
        """All that is to say of the day."""
        parts = [day_text(self.day, year=self.day.year)]
        parts += [_NAMES[self.kind]] if self.kind else []
        parts += ["会员日"] if self.is_member_day else []
        parts += [f"活动：{title}" for title in self.campaigns]
        return "，".join(parts)

    @property
    def kind_name(self) -> str:
        return _NAMES.get(self.kind, "")


@dataclass(frozen=True)
class YearMonth:
    """One month as weeks of seven cells, Monday first; None where the month has no day."""

    month: Month
    weeks: tuple[tuple[YearDay | None, ...], ...]


def year_days(year: int, *, today: date, stores: frozenset[str] | None) -> list[YearDay]:
    """Every day of the year. Three queries.

    ``stores`` are the codes to whose campaigns the reader is held (None: all).
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    kinds = dict(CalendarDay.objects.filter(date__year=year).values_list("date", "kind"))
    member_days = member_days_of(Month(year, month) for month in range(1, 13))
    titles = _campaigns(first, last, stores)
    return [
        YearDay(
            day=day,
            kind=kinds.get(day, ""),
            is_member_day=day.day in member_days[Month.of(day)],
            is_today=day == today,
            campaigns=tuple(titles.get(day, ())),
        )
        for day in days_between(first, last)
    ]


def year_months(days: Sequence[YearDay]) -> list[YearMonth]:
    """The days of a year laid out in months and weeks."""
    by_month: dict[Month, list[YearDay]] = {}
    for day in days:
        by_month.setdefault(Month.of(day.day), []).append(day)
    return [YearMonth(month, _weeks(of_month)) for month, of_month in by_month.items()]


def _weeks(days: Sequence[YearDay]) -> tuple[tuple[YearDay | None, ...], ...]:
    cells: list[YearDay | None] = [None] * days[0].day.weekday() + list(days)
    cells += [None] * (-len(cells) % 7)
    return tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7))


def _campaigns(first: date, last: date, stores: frozenset[str] | None) -> dict[date, list[str]]:
    """Day → titles of the campaigns on it, cancelled ones aside."""
    rows = (
        selectors.held_to(Campaign.objects.all(), stores)
        .filter(start__lte=last, end__gte=first)
        .exclude(status=Campaign.Status.CANCELLED)
        .order_by("start", "code")
        .values_list("title", "start", "end")
    )
    titles: dict[date, list[str]] = {}
    for title, start, end in rows:
        for day in days_between(max(first, start), min(last, end)):
            titles.setdefault(day, []).append(title)
    return titles
