"""The double-entry ledger. Rows of journals and entries are never changed (docs/accounting.md)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class LedgerAccount(models.Model):
    """科目: an account; ``balance_fen`` is its balance on its normal side.

    The database refuses a negative balance unless ``may_go_negative``.
    """

    class Side(models.IntegerChoices):
        DEBIT = 1, "借"
        CREDIT = -1, "贷"

    code = models.CharField("科目编码", max_length=120, primary_key=True)
    name = models.CharField("科目", max_length=120)
    group = models.CharField("类别", max_length=30, db_index=True)
    side = models.SmallIntegerField("余额方向", choices=Side)
    may_go_negative = models.BooleanField("可以为负", default=False)
    balance_fen = models.BigIntegerField("余额（分）", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "科目"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(may_go_negative=True) | Q(balance_fen__gte=0),
                name="ledger_account_not_negative",
            )
        ]

    def __str__(self) -> str:
        return self.name


class LedgerHead(models.Model):
    """The last journal. Whoever posts locks it: the chain never forks, accounts never race."""

    name = models.CharField("流", max_length=20, primary_key=True)
    number = models.PositiveBigIntegerField("最后凭证号", default=0)
    hash = models.CharField("最后摘要", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "账本末尾"

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class Journal(models.Model):
    """凭证: a posting whose entries sum to zero. Written after its entries, which it closes.

    ``effective_on`` is when it holds, ``posted_at`` when it was recorded. ``payload_hash`` tells
    the same posting under the same key from another one.
    """

    class Kind(models.TextChoices):
        OPENING = "opening", "期初"
        FUNDING = "funding", "日常维持资金拨付"
        LAPSE = "lapse", "未用资金收回"
        ANNUAL_FEE = "annual_fee", "账号年费"
        FEE_ADOPTED = "fee_adopted", "稿件录用"
        FEE_FUNDED = "fee_funded", "稿费落实"
        EXPENSE = "expense", "团队公费支出"
        POOL = "pool", "提成池计提"
        DISTRIBUTION = "distribution", "提成分配"
        ADJUSTMENT = "adjustment", "调整"
        SET_OFF = "set_off", "抵扣"
        PAYMENT = "payment", "付款"
        PAYMENT_RETURN = "payment_return", "退款"
        REVERSAL = "reversal", "冲销"

    number = models.PositiveBigIntegerField("凭证号", primary_key=True)
    kind = models.CharField("种类", max_length=20, choices=Kind)
    month = models.CharField("所属月份", max_length=7, db_index=True)
    effective_on = models.DateField("生效日期")
    posted_at = models.DateTimeField("记账时间")
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="记账人"
    )
    memo = models.CharField("摘要", max_length=300)
    key = models.CharField("幂等键", max_length=200, unique=True)
    payload_hash = models.CharField("内容摘要", max_length=64)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="reversed_by", verbose_name="冲销凭证"
    )
    previous_hash = models.CharField("前一张摘要", max_length=64, unique=True)
    hash = models.CharField("链摘要", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "凭证"
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.memo}"


class Entry(models.Model):
    """分录: so much on one account, debit positive, credit negative, in fen."""

    journal = models.ForeignKey(Journal, models.PROTECT, related_name="entries")
    line = models.PositiveSmallIntegerField("行")
    account = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="entries")
    amount_fen = models.BigIntegerField("金额（分，借正贷负）")

    class Meta:
        verbose_name = verbose_name_plural = "分录"
        ordering = ["journal", "line"]
        constraints = [
            models.UniqueConstraint(fields=["journal", "line"], name="ledger_entry_line_once"),
            models.CheckConstraint(condition=~Q(amount_fen=0), name="ledger_entry_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.journal_id}.{self.line} {self.account_id} {self.amount_fen}"

    @property
    def credit_fen(self) -> int:
        """贷方: what the entry credits, 0 for a debit."""
        return max(0, -self.amount_fen)
