"""Changing the holiday calendar: days of a kind, a year as arranged; each with its audit record."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from campaigns.calendar import is_weekend
from campaigns.models import CalendarDay, CalendarYear
from haitang.kernel import audit
from haitang.kernel.clock import days_between
from haitang.kernel.errors import Invalid

STREAM = "calendar"
ORDINARY = "ordinary"
MOST_DAYS = 31
Kind = CalendarDay.Kind


def set_days(*, first: date, last: date, kind: str, by: User | None, now: datetime) -> int:
    """Make the days from first to last (one year, 31 at most) of that kind; how many changed.

    ``kind`` is a ``CalendarDay.Kind`` or ``ordinary``, which takes the mark away. A make-up
    workday is a Saturday or Sunday; Invalid for any other, and for days that cannot be.
    """
    days = _range(first, last)
    if kind not in (*Kind.values, ORDINARY):
        raise Invalid("请选这些日子是什么：法定节假日、调休上班日，或平常。")
    if kind == Kind.MAKEUP_WORKDAY and (wrong := [day for day in days if not is_weekend(day)]):
        raise Invalid(f"{wrong[0]} 不是周六或周日，本来就上班，不能设为调休上班日。")
    with transaction.atomic():
        was = dict(
            CalendarDay.objects.select_for_update()
            .filter(date__in=days)
            .values_list("date", "kind")
        )
        changed = [day for day in days if was.get(day, ORDINARY) != kind]
        if not changed:
            return 0
        CalendarDay.objects.filter(date__in=changed).delete()
        if kind != ORDINARY:
            CalendarDay.objects.bulk_create(CalendarDay(date=day, kind=kind) for day in changed)
        audit.record(
            stream=STREAM,
            act="set_days",
            object_type="campaigns.calendarday",
            object_id=f"{first}" if first == last else f"{first}/{last}",
            object_name=f"{first} 至 {last}",
            by=by,
            now=now,
            details={
                "kind": kind,
                "was": {str(day): was.get(day, ORDINARY) for day in changed},
            },
        )
    return len(changed)


def confirm_year(*, year: int, source: str, by: User | None, now: datetime) -> CalendarYear:
    """Declare a year's calendar arranged, with its source: from now on searches rely on it.

    Invalid without a source, or while the year has no public holiday at all. A year that is
    known already gets the new source.
    """
    source = source.strip()
    if not source or len(source) > 60:
        raise Invalid("请写明安排的来源（1 到 60 个字），例如文号“国办发明电〔2026〕7号”。")
    with transaction.atomic():
        if not CalendarDay.objects.filter(date__year=year, kind=Kind.HOLIDAY).exists():
            raise Invalid(f"{year} 年还没有登记一个法定节假日：请先登记各个节日，再确认。")
        row, _ = CalendarYear.objects.update_or_create(year=year, defaults={"source": source})
        audit.record(
            stream=STREAM, act="confirm_year", obj=row, by=by, now=now, details={"source": source}
        )
    return row


def _range(first: date, last: date) -> list[date]:
    if last < first:
        raise Invalid(f"结束日期 {last} 早于开始日期 {first}：请核对两个日期。")
    if first.year != last.year:
        raise Invalid("一次只能改同一年的日子：跨年的假期请分两次登记。")
    if (last - first).days >= MOST_DAYS:
        raise Invalid(f"一次最多改 {MOST_DAYS} 天：请核对日期，或分几次登记。")
    return days_between(first, last)
