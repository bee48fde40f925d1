"""Months and business days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from haitang.kernel.clock import Month, business_day, days_between
from haitang.kernel.errors import Invalid


def test_business_day_is_the_shanghai_date() -> None:
    """16:00 UTC is midnight in Shanghai: the next day begins."""
    assert business_day(datetime(2026, 10, 31, 15, 59, tzinfo=UTC)) == date(2026, 10, 31)
    assert business_day(datetime(2026, 10, 31, 16, 0, tzinfo=UTC)) == date(2026, 11, 1)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026", "2026/10", "0000-01", "x", ""])
def test_month_that_is_none_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Invalid, match="请写成 2026-10"):
        Month.parse(text)


def test_month_knows_its_days_and_neighbours() -> None:
    february = Month.parse("2024-02")
    assert (february.first, february.last) == (date(2024, 2, 1), date(2024, 2, 29))
    assert february.day(29) == date(2024, 2, 29)
    assert Month(2026, 2).day(29) is None
    assert Month(2026, 1).plus(-1) == Month(2025, 12)
    assert Month(2026, 12).plus(1) == Month(2027, 1)
    assert str(Month(2026, 3)) == "2026-03"
    assert date(2026, 3, 31) in Month(2026, 3)
    assert date(2025, 3, 31) not in Month(2026, 3)


def test_months_through_another_include_both_ends() -> None:
    months = [str(month) for month in Month(2025, 11).through(Month(2026, 2))]
    assert months == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert list(Month(2026, 2).through(Month(2026, 1))) == []


def test_days_between_include_both_ends() -> None:
    assert days_between(date(2024, 2, 28), date(2024, 3, 1)) == [
        date(2024, 2, 28),
        date(2024, 2, 29),
        date(2024, 3, 1),
    ]
    assert days_between(date(2024, 3, 1), date(2024, 2, 28)) == []
