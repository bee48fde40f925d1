"""KPI events, the money that comes in and goes out beside the pool, and settlement runs."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from haitang.kernel.fields import FractionField


class KpiEvent(models.Model):
    """A deduction event: month, rule, quantity, evidence, who recorded and who confirmed it."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待确认"
        CONFIRMED = "confirmed", "已确认"
        WAIVED = "waived", "已免除"

    month = models.CharField("月份", max_length=7, db_index=True)
    rule = models.CharField("规则", max_length=60)
    quantity = FractionField("数量")
    note = models.CharField("说明", max_length=500, blank=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.PROPOSED)
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


class ReserveExpense(models.Model):
    """An expense out of the team reserve: a paid network service or a team expense."""

    class Kind(models.TextChoices):
        PAID_SERVICE = "paid_service", "付费网络服务"
        TEAM = "team", "团队公费"

    date = models.DateField("日期", db_index=True)
    kind = models.CharField("种类", max_length=20, choices=Kind)
    amount = models.DecimalField("金额", max_digits=14, decimal_places=2)
    note = models.CharField("说明", max_length=500, blank=True)
    key = models.CharField("幂等键", max_length=200, unique=True)
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="登记人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "公费支出"
        ordering = ["date", "id"]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()} {self.amount}"


class OpeningBalance(models.Model):
    """The funds as the chain moved in: before the credit of that month."""

    month = models.CharField("月份", max_length=7, unique=True)
    maintenance = models.DecimalField("日常维持资金", max_digits=14, decimal_places=2)
    reserve = models.DecimalField("团队公费", max_digits=14, decimal_places=2)
    recorded_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "期初余额"

    def __str__(self) -> str:
        return self.month


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
    calculated_at = models.DateTimeField("计算时间")
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
