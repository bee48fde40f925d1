"""The holiday calendar of the years that chinesecalendar knows, put in where none is yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from chinese_calendar.constants import holidays, workdays
from django.db import transaction

from campaigns.models import CalendarDay, CalendarYear

SEED_SOURCE = "国务院办公厅放假安排（chinesecalendar）"


def seed_calendar(**_: object) -> None:
    """After ``migrate``: each known year that the table lacks. A year that is there stays."""
    known = {day.year for day in holidays}
    missing = known - set(CalendarYear.objects.values_list("year", flat=True))
    if missing:
        kinds = dict.fromkeys(holidays, CalendarDay.Kind.HOLIDAY)
        kinds |= dict.fromkeys(workdays, CalendarDay.Kind.MAKEUP_WORKDAY)
        replace_years(kinds, years=missing, source=SEED_SOURCE)


def replace_years(kinds: Mapping[date, str], *, years: Iterable[int], source: str) -> None:
    """Define these years wholly by ``kinds``; days of other years are left aside."""
    years = set(years)
    with transaction.atomic():
        CalendarDay.objects.filter(date__year__in=years).delete()
        CalendarDay.objects.bulk_create(
            CalendarDay(date=day, kind=kind) for day, kind in kinds.items() if day.year in years
        )
        for year in years:
            CalendarYear.objects.update_or_create(year=year, defaults={"source": source})
