"""Calculations of a month and the problems that a manager let pass."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from incentives.calculation.summaries import summary_of


class ProblemOverride(models.Model):
    """A problem that the general or vice general manager lets pass, with the written reason."""

    month = models.CharField("月份", max_length=7)
    code = models.CharField("问题", max_length=40)
    campaign = models.CharField("活动", max_length=40, blank=True)
    store = models.CharField("门店", max_length=30, blank=True)
    subject = models.CharField("角色或推文", max_length=60, blank=True)
    reason = models.CharField("理由", max_length=500)
    overridden_at = models.DateTimeField("时间")
    overridden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="批准人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "问题放行"
        constraints = [
            models.UniqueConstraint(
                fields=["month", "code", "campaign", "store", "subject"], name="override_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.code}"


class SettlementRun(models.Model):
    """One calculation of a month: a snapshot that later changes of the data do not touch."""

    month = models.CharField("月份", max_length=7)
    number = models.PositiveIntegerField("次序")
    policy_code = models.CharField("制度", max_length=60)
    policy = models.JSONField("制度全文")
    digest = models.CharField("输入摘要", max_length=64)
    pool = models.DecimalField("提成池", max_digits=14, decimal_places=2)
    margin_uplift = models.DecimalField("毛利增加值", max_digits=14, decimal_places=2)
    open_problems = models.PositiveIntegerField("未解决的问题", default=0)
    document = models.JSONField("结算单")
    trace = models.JSONField("计算过程")
    summary = models.JSONField("摘要", default=dict, editable=False)
    calculated_at = models.DateTimeField("计算时间")
    # When it was last calculated again and nothing had changed.
    checked_at = models.DateTimeField("核对时间", null=True, editable=False)
    calculated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="计算人",
    )

    class Meta:
        verbose_name = verbose_name_plural = "结算计算"
        ordering = ["-month", "-number"]
        constraints = [models.UniqueConstraint(fields=["month", "number"], name="run_number_once")]

    def __str__(self) -> str:
        return f"{self.month} 第 {self.number} 次"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new run is kept with its summary."""
        if self._state.adding:
            self.summary = summary_of(self.document, self.trace)
        super().save(*args, **kwargs)

    @property
    def as_of(self) -> datetime:
        """Since when changes of the data may make it another one."""
        return self.checked_at or self.calculated_at
