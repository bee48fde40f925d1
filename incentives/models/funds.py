"""The money beside the pool: expenses of the reserve, article fees, opening balances."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from haitang.kernel.personal import EncryptedField


class ReserveExpense(models.Model):
    """An expense out of the team reserve: a paid network service or a team expense."""

    class Kind(models.TextChoices):
        PAID_SERVICE = "paid_service", "付费网络服务"
        TEAM = "team", "团队公费"

    class State(models.TextChoices):
        REQUESTED = "requested", "待批准"
        APPROVED = "approved", "已批准"
        REFUSED = "refused", "未批准"

    date = models.DateField("日期", db_index=True)
    kind = models.CharField("种类", max_length=20, choices=Kind)
    amount = models.DecimalField("金额", max_digits=14, decimal_places=2)
    note = models.CharField("说明", max_length=500, blank=True)
    payee = models.CharField("收款人", max_length=100, blank=True)
    voucher = models.ForeignKey(
        "kernel.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name="凭证"
    )
    # Only approved ones are settled; those of a data pack were approved before the product was.
    state = models.CharField("状态", max_length=10, choices=State, default=State.APPROVED)
    decided_at = models.DateTimeField("批准时间", null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="批准人"
    )
    decision = models.CharField("批语", max_length=500, blank=True)
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


class ArticleFee(models.Model):
    """稿费: what an adopted manuscript earns its author; booked once, at adoption.

    ``amount`` is the policy's fee for that kind of author at the time of adoption.
    """

    class Tax(models.TextChoices):
        ROYALTY = "royalty", "稿酬所得"
        WAGES = "wages", "工资、薪金所得"
        SERVICE = "service", "劳务报酬所得"

    manuscript = models.CharField("稿件编号", max_length=40, unique=True)
    title = models.CharField("标题", max_length=200, blank=True)
    kind = models.CharField("投稿人类别", max_length=20)
    author_name = models.CharField("作者", max_length=100, blank=True)
    # Of a pharmacist or physician: without it on file the fee is not paid.
    licence = EncryptedField("执业证书编号", max_length=60, null=True)  # type: ignore[misc]
    adopted_on = models.DateField("录用日期", db_index=True)
    amount = models.DecimalField("稿费", max_digits=14, decimal_places=2)
    tax = models.CharField("所得类别", max_length=10, choices=Tax, default=Tax.ROYALTY)
    taken_up_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "稿费"
        ordering = ["adopted_on", "manuscript"]

    def __str__(self) -> str:
        return f"{self.manuscript} {self.amount}"


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
