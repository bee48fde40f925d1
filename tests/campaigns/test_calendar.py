"""Days as the rules see them, and the calendar that comes with the product."""

from __future__ import annotations

from datetime import date

import pytest

from campaigns.calendar import is_weekend, misfit
from campaigns.models import CalendarDay, CalendarYear
from campaigns.seeding import SEED_SOURCE, replace_years, seed_calendar
from tests.factories.rules import make_calendar

MEMBER_DAYS = frozenset({8, 18, 28})
SATURDAY, SUNDAY, MONDAY = date(2026, 10, 17), date(2026, 10, 18), date(2026, 10, 19)


@pytest.mark.parametrize(
    ("kind", "day", "words"),
    [
        ("weekend", SATURDAY, ""),
        ("weekend", SUNDAY, ""),
        ("weekend", MONDAY, "不是周六或周日"),
        ("member_day", date(2026, 10, 28), ""),
        ("member_day", date(2026, 10, 27), "不是会员日（每月 8、18、28 日）"),
        ("manufacturer", MONDAY, ""),
        ("manufacturer", SATURDAY, ""),
    ],
)
def test_campaign_day_must_fit_its_kind(kind: str, day: date, words: str) -> None:
    found = misfit(kind, day, calendar=make_calendar(), member_days=MEMBER_DAYS)
    assert (words in found) if words else found == ""


def test_weekend_campaign_on_a_makeup_workday_does_not_fit_but_on_a_holiday_does() -> None:
    calendar = make_calendar(makeup=[SATURDAY], holidays=[SUNDAY])
    assert "调休上班日" in misfit("weekend", SATURDAY, calendar=calendar, member_days=MEMBER_DAYS)
    assert misfit("weekend", SUNDAY, calendar=calendar, member_days=MEMBER_DAYS) == ""


def test_makeup_workday_does_not_spoil_the_other_kinds() -> None:
    calendar = make_calendar(makeup=[SUNDAY])
    for kind in ("member_day", "manufacturer"):
        assert misfit(kind, SUNDAY, calendar=calendar, member_days=MEMBER_DAYS) == ""


def test_weekend_is_what_the_weekday_says() -> None:
    assert [is_weekend(day) for day in (SATURDAY, SUNDAY, MONDAY)] == [True, True, False]


def test_calendar_asks_by_year_and_kind() -> None:
    calendar = make_calendar(holidays=[SUNDAY], makeup=[SATURDAY], years=[2026])
    assert calendar.knows(SUNDAY)
    assert not calendar.knows(date(2027, 1, 1))
    assert calendar.is_holiday(SUNDAY)
    assert not calendar.is_holiday(SATURDAY)
    assert calendar.is_makeup_workday(SATURDAY)
    assert not calendar.is_makeup_workday(SUNDAY)


@pytest.mark.django_db
def test_calendar_comes_with_the_years_2004_to_2026() -> None:
    """National Day 2018: holidays 1–7 October, make-up workdays 29 and 30 September."""
    years = set(CalendarYear.objects.values_list("year", flat=True))
    assert years >= set(range(2004, 2027))
    around = CalendarDay.objects.filter(date__range=(date(2018, 9, 28), date(2018, 10, 9)))
    kinds = dict(around.values_list("date", "kind"))
    expected = {date(2018, 10, day): "holiday" for day in range(1, 8)}
    expected |= {date(2018, 9, day): "makeup_workday" for day in (29, 30)}
    assert kinds == expected


@pytest.mark.django_db
def test_replaced_year_is_wholly_defined_and_others_stay() -> None:
    before = CalendarDay.objects.filter(date__year=2025).count()
    replace_years({SUNDAY: "holiday", date(2025, 1, 9): "holiday"}, years=[2026], source="测试")
    assert list(CalendarDay.objects.filter(date__year=2026).values_list("date", "kind")) == [
        (SUNDAY, "holiday")
    ]
    assert CalendarDay.objects.filter(date__year=2025).count() == before
    assert CalendarYear.objects.get(year=2026).source == "测试"


@pytest.mark.django_db
def test_seeding_again_leaves_an_edited_year_alone_and_brings_back_a_missing_one() -> None:
    replace_years({SUNDAY: "holiday"}, years=[2026], source="测试")
    CalendarDay.objects.filter(date__year=2018).delete()
    CalendarYear.objects.filter(year=2018).delete()
    seed_calendar()
    assert CalendarDay.objects.filter(date__year=2026).count() == 1
    assert CalendarDay.objects.filter(date__year=2018, kind="holiday").exists()
    assert CalendarYear.objects.get(year=2018).source == SEED_SOURCE
