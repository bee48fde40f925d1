"""KPI events, what their assessors decided, and the objections of those they cost money."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from haitang.kernel.fields import FractionField


class KpiEvent(models.Model):
    """A deduction event: month, rule, quantity, evidence, who recorded and who confirmed it."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待确认"
        CONFIRMED = "confirmed", "已确认"
        WAIVED = "waived", "已免除"

    class Source(models.TextChoices):
        FILE = "file", "数据包"
        PERSON = "person", "人工登记"
        SYSTEM = "system", "系统发现"

    month = models.CharField("月份", max_length=7, db_index=True)
    rule = models.CharField("规则", max_length=60)
    quantity = FractionField("数量")
    note = models.CharField("说明", max_length=500, blank=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.PROPOSED)
    source = models.CharField("来源", max_length=10, choices=Source, default=Source.PERSON)
    evidence = models.CharField("证据", max_length=500, blank=True)
    evidence_url = models.CharField("证据链接", max_length=300, blank=True)
    # One event once, whoever tells of it again: the same file, the same evidence.
    key = models.CharField("幂等键", max_length=200, unique=True)
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="登记人"
    )
    confirmed_at = models.DateTimeField("确认时间", null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="确认人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "考核事件"
        ordering = ["month", "rule", "id"]

    def __str__(self) -> str:
        return f"{self.month} {self.rule} × {self.quantity}"


class KpiDecision(models.Model):
    """One step in the life of an event: proposed, confirmed, changed, waived. Append-only."""

    class Act(models.TextChoices):
        PROPOSE = "propose", "提出"
        CONFIRM = "confirm", "确认"
        CHANGE = "change", "更改"
        WAIVE = "waive", "免除"

    event = models.ForeignKey(KpiEvent, models.PROTECT, related_name="decisions")
    act = models.CharField("决定", max_length=10, choices=Act)
    before = FractionField("之前的数量", default="0")
    quantity = FractionField("数量")
    reason = models.CharField("理由", max_length=500, blank=True)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁"
    )
    # As whose deputy (docs/permissions.md, 代理).
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="代谁"
    )

    class Meta:
        verbose_name = verbose_name_plural = "考核决定"
        ordering = ["event", "id"]

    def __str__(self) -> str:
        return f"{self.event_id} {self.get_act_display()}"


class Objection(models.Model):
    """异议: a person's written objection to a line of the own payslip, and the answer.

    ``line`` names the line as the payslip does: ``event:12`` a deduction event, ``share`` the
    person's share of the role, ``shortfall`` the reads, ``uplift`` the month's uplift.
    """

    class State(models.TextChoices):
        OPEN = "open", "待答复"
        CHANGED = "changed", "已更改"
        KEPT = "kept", "维持原判"
        WITHDRAWN = "withdrawn", "已撤回"

    month = models.CharField("月份", max_length=7, db_index=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="异议人"
    )
    role = models.CharField("岗位", max_length=30)
    line = models.CharField("对哪一行", max_length=60)
    event = models.ForeignKey(KpiEvent, models.PROTECT, null=True, related_name="objections")
    text = models.CharField("异议", max_length=1000)
    raised_at = models.DateTimeField("提出时间")
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPEN)
    answer = models.CharField("答复", max_length=1000, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="答复人"
    )
    # The change that the objection led to.
    decision = models.ForeignKey(KpiDecision, models.PROTECT, null=True, related_name="objections")

    class Meta:
        verbose_name = verbose_name_plural = "异议"
        ordering = ["month", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["month", "person", "line"],
                condition=Q(state="open"),
                name="objection_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.person} {self.line}"
