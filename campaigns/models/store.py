"""Stores."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q


class StoreQuerySet(models.QuerySet["Store"]):
    def open_on(self, day: date) -> StoreQuerySet:
        """Those open on that day; ``closed_on`` is the last open day."""
        return self.filter(Q(closed_on=None) | Q(closed_on__gte=day), opened_on__lte=day)


class Store(models.Model):
    """A store (门店) of the chain."""

    code = models.CharField("编码", max_length=30, unique=True)
    name = models.CharField("名称", max_length=100)
    opened_on = models.DateField("开业日期")
    closed_on = models.DateField("停业日期", null=True, blank=True, help_text="最后营业的一天")

    objects = StoreQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "门店"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on")),
                name="store_closes_after_opening",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
