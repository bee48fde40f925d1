"""The State Council's arrangement of holidays, as data."""

from __future__ import annotations

from django.db import models


class CalendarYear(models.Model):
    """A year whose arrangement is known; a search that reaches any other year says so."""

    year = models.PositiveSmallIntegerField("年份", primary_key=True)
    source = models.CharField("来源", max_length=60)

    class Meta:
        verbose_name = verbose_name_plural = "日历年份"
        ordering = ["year"]

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(models.Model):
    """A day that is not what its weekday says: a public holiday or a make-up workday."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", "法定节假日"
        MAKEUP_WORKDAY = "makeup_workday", "调休上班日"

    date = models.DateField("日期", primary_key=True)
    kind = models.CharField("种类", max_length=20, choices=Kind)

    class Meta:
        verbose_name = verbose_name_plural = "节假日与调休"
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}"
