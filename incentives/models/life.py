"""A month's way from draft to closed, what each person gets of it, and its payments."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from incentives.models.ledger import LedgerAccount
from incentives.models.runs import SettlementRun


class Settlement(models.Model):
    """结算: where a month stands. A month without a row is a draft.

    ``run`` is the calculation submitted; approval freezes it with the ledger's head.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        CALCULATED = "calculated", "已计算"
        SUBMITTED = "submitted", "已提交"
        APPROVED = "approved", "已批准"
        PAID = "paid", "已发放"
        CLOSED = "closed", "已关账"

    month = models.CharField("月份", max_length=7, unique=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    run = models.ForeignKey(
        SettlementRun, models.PROTECT, null=True, related_name="+", verbose_name="计算"
    )
    document_number = models.CharField("单据编号", max_length=40, blank=True)
    # How often the month was approved: a reversal lets it be approved anew, under new keys.
    approvals = models.PositiveSmallIntegerField("批准次数", default=0)
    ledger_hash = models.CharField("批准时的账本摘要", max_length=64, blank=True)
    ledger_number = models.PositiveBigIntegerField("批准时的凭证号", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "月度结算"
        ordering = ["-month"]

    def __str__(self) -> str:
        return f"{self.month} {self.get_state_display()}"


class SettlementStep(models.Model):
    """One step of a month: from which state to which, who, when, for whom. Append-only."""

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="steps")
    before = models.CharField("之前", max_length=10, choices=Settlement.State)
    after = models.CharField("之后", max_length=10, choices=Settlement.State)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="代谁"
    )
    run = models.ForeignKey(SettlementRun, models.PROTECT, null=True, related_name="+")
    reason = models.CharField("理由", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "结算步骤"
        ordering = ["settlement", "id"]

    def __str__(self) -> str:
        return f"{self.settlement_id} {self.before} → {self.after}"


class Payout(models.Model):
    """What one payee gets out of an approved month, in fen; frozen at approval.

    payable = earned + adjusted − what is set off; carried_out is still to be set off later:
    ``earned + adjusted − carried_in = payable − carried_out``, payable and carried ones ≥ 0.
    ``username`` "reserve" is the team reserve.
    """

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="payouts")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="payouts"
    )
    username = models.CharField("收款人", max_length=150)
    name = models.CharField("姓名", max_length=60)
    earned_fen = models.BigIntegerField("本月所得（分）")
    adjusted_fen = models.BigIntegerField("往月调整（分）", default=0)
    carried_in_fen = models.PositiveBigIntegerField("上月结转待抵扣（分）", default=0)
    payable_fen = models.PositiveBigIntegerField("应付（分）")
    carried_out_fen = models.PositiveBigIntegerField("结转待抵扣（分）", default=0)
    # A month reversed and approved anew has new payouts; the old ones stay with their number.
    approval = models.PositiveSmallIntegerField("第几次批准", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "应付"
        ordering = ["settlement", "username"]
        constraints = [
            models.UniqueConstraint(
                fields=["settlement", "approval", "username"], name="payout_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    payable_fen=models.F("earned_fen")
                    + models.F("adjusted_fen")
                    - models.F("carried_in_fen")
                    + models.F("carried_out_fen")
                ),
                name="payout_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.settlement_id} {self.username}"


class Adjustment(models.Model):
    """A delta of an approved month, settled in a later one (docs/rules.md §9), in fen.

    ``before`` is what was approved with the earlier deltas, ``after`` what the month's frozen
    policy gives on the data of now.
    """

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="adjustments")
    approval = models.PositiveSmallIntegerField("第几次批准", default=1)
    origin = models.CharField("原月份", max_length=7, db_index=True)
    reason = models.CharField("原因", max_length=500)
    role = models.CharField("岗位", max_length=30)
    username = models.CharField("收款人", max_length=150, blank=True)
    before_fen = models.BigIntegerField("原数（分）")
    after_fen = models.BigIntegerField("现数（分）")
    # What the company keeps changes, too: its own lines have the role "withheld".
    delta_fen = models.BigIntegerField("差额（分）")

    class Meta:
        verbose_name = verbose_name_plural = "调整"
        ordering = ["settlement", "origin", "role", "username"]
        constraints = [
            models.UniqueConstraint(
                fields=["settlement", "approval", "origin", "role", "username"],
                name="adjustment_once",
            ),
            models.CheckConstraint(
                condition=models.Q(delta_fen=models.F("after_fen") - models.F("before_fen")),
                name="adjustment_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin} {self.role} {self.username} {self.delta_fen}"


class Payment(models.Model):
    """One payment to one payee out of one payable account; a failed one is tried by a new row."""

    class State(models.TextChoices):
        WAITING = "waiting", "待付"
        PAID = "paid", "已付"
        FAILED = "failed", "未付成"
        RETURNED = "returned", "已退回"
        # The approval was taken back: nothing of it is out any more.
        VOID = "void", "已作废"

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="payments")
    account = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="payments")
    payee = models.CharField("收款人", max_length=150)
    name = models.CharField("姓名", max_length=100)
    purpose = models.CharField("用途", max_length=100)
    amount_fen = models.PositiveBigIntegerField("金额（分）")
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField("第几次", default=1)
    note = models.CharField("说明", max_length=300, blank=True)
    changed_at = models.DateTimeField("时间")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="经手人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "付款"
        ordering = ["settlement", "payee", "attempt"]
        constraints = [
            models.UniqueConstraint(
                fields=["settlement", "account", "attempt"], name="payment_attempt_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payee} {self.amount_fen}"


class BankLayout(models.Model):
    """How finance's bank wants its payment file: the columns in order, and the text's form."""

    name = models.CharField("名称", max_length=60, unique=True)
    # [{"title": "收款人", "field": "name"}, …]; fields are those of incentives.bank_file.
    columns = models.JSONField("各列")
    encoding = models.CharField("编码", max_length=20, default="gb18030")
    separator = models.CharField("分隔符", max_length=5, default=",")
    with_header = models.BooleanField("有表头", default=True)
    updated_at = models.DateTimeField("更新时间")
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "银行文件格式"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
