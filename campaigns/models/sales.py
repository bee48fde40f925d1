"""Sales facts: imports, the store-days they hold and the lines of these.

Amounts are integer fen and quantities integer thousandths: SQLite adds a DECIMAL column as
floating point, and these columns are summed in SQL.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models.store import Store
from haitang.kernel.personal import EncryptedField, HashField


class SourceMapping(models.Model):
    """Which column of an export is which field, saved per source (docs/imports.md)."""

    name = models.CharField("名称", max_length=60, unique=True)
    document = models.JSONField("映射")
    updated_at = models.DateTimeField("更新时间")
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="更新人",
    )

    class Meta:
        verbose_name = verbose_name_plural = "列映射"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ItemCost(models.Model):
    """What one unit of an item costs from a day on, for exports without a cost column."""

    item = models.CharField("商品编码", max_length=60)
    valid_from = models.DateField("生效日期")
    cost = models.DecimalField("单位成本（元）", max_digits=14, decimal_places=4)

    class Meta:
        verbose_name = verbose_name_plural = "商品成本"
        constraints = [models.UniqueConstraint(fields=["item", "valid_from"], name="itemcost_once")]

    def __str__(self) -> str:
        return f"{self.item}（{self.valid_from} 起）{self.cost}"


class MemberCard(models.Model):
    """A member card as sale lines and participants name it. The number is personal data."""

    number = EncryptedField("卡号", max_length=60)
    number_hash = HashField("卡号查找码", of="number")

    class Meta:
        verbose_name = verbose_name_plural = "会员卡"
        # Not unique=True: on PostgreSQL that makes a second index, for LIKE.
        constraints = [models.UniqueConstraint(fields=["number_hash"], name="card_once")]

    def __str__(self) -> str:
        return str(self.number)


class SalesImport(models.Model):
    """One sales file, taken in whole. Its store-days count while they are active."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待导入"
        LOADING = "loading", "正在导入"
        DONE = "done", "已生效"
        FAILED = "failed", "未成功"
        WITHDRAWN = "withdrawn", "已撤回"

    file_name = models.CharField("文件名", max_length=255)
    file = models.ForeignKey(
        "kernel.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name="文件"
    )
    digest = models.CharField("文件与映射的摘要", max_length=64, db_index=True)
    source = models.CharField("来源", max_length=60, help_text="映射的名称，或 标准")
    mapping = models.JSONField("所用映射", default=dict)
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)
    # The order in which imports took effect: a later one supersedes an earlier one's store-days.
    effect_number = models.PositiveBigIntegerField("生效次序", null=True, unique=True)
    lines_read = models.PositiveBigIntegerField("读到行数", default=0)
    lines_accepted = models.PositiveBigIntegerField("接受行数", default=0)
    lines_refused = models.PositiveBigIntegerField("拒收行数", default=0)
    lines_ignored = models.PositiveBigIntegerField("合计行与空行", default=0)
    store_days = models.PositiveIntegerField("门店日数", default=0)
    first_date = models.DateField("最早销售日", null=True)
    last_date = models.DateField("最晚销售日", null=True)
    amount_fen = models.BigIntegerField("销售额（分）", default=0)
    error = models.TextField("错误", blank=True)
    created_at = models.DateTimeField("建立时间")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="导入人",
    )
    effective_at = models.DateTimeField("生效时间", null=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="撤回人",
    )
    withdrawn_reason = models.CharField("撤回原因", max_length=200, blank=True)
    purged_at = models.DateTimeField("明细清除时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "销售导入"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.file_name}"


class StoreDay(models.Model):
    """What one store sold on one day according to one import, with its roll-up.

    At most one version of a store-day is active, and only active ones count: the database
    refuses a second (``storeday_counts_once``).
    """

    # No indexes of their own: the two constraints below have them in front.
    sales_import = models.ForeignKey(
        SalesImport, models.CASCADE, related_name="days", db_index=False, verbose_name="导入"
    )
    store = models.ForeignKey(
        Store, models.PROTECT, related_name="days", db_index=False, verbose_name="门店"
    )
    date = models.DateField("日期")
    is_active = models.BooleanField("计入", default=False)
    lines = models.PositiveIntegerField("行数", default=0)
    customers = models.PositiveIntegerField("进店客户数", default=0)
    units_milli = models.BigIntegerField("销量（千分之一）", default=0)
    amount_fen = models.BigIntegerField("销售额（分）", default=0)
    cost_fen = models.BigIntegerField("成本（分）", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "门店日"
        constraints = [
            models.UniqueConstraint(
                fields=["store", "date"], condition=Q(is_active=True), name="storeday_counts_once"
            ),
            models.UniqueConstraint(
                fields=["sales_import", "store", "date"], name="storeday_once_an_import"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.store_id} {self.date}"


class SaleLine(models.Model):
    """One line of a receipt. A return has negative quantity and amount."""

    # One index for the key and for the lines of a store-day: an import fills half as many.
    pk = models.CompositePrimaryKey("store_day_id", "line_no")
    # No constraint: PostgreSQL would check it line by line, at half the speed of an import, and
    # only campaigns.imports writes lines, under store-days that it made itself.
    store_day = models.ForeignKey(
        StoreDay, models.CASCADE, related_name="sale_lines", db_constraint=False, db_index=False
    )
    line_no = models.PositiveIntegerField("文件行号")
    receipt = models.CharField("小票号", max_length=60)
    item = models.CharField("商品编码", max_length=60)
    quantity_milli = models.BigIntegerField("数量（千分之一）")
    amount_fen = models.BigIntegerField("金额（分）")
    cost_fen = models.BigIntegerField("成本（分）")
    # No index: a card's lines are found through the participants' store-days.
    card = models.ForeignKey(
        MemberCard, models.PROTECT, null=True, db_index=False, db_constraint=False
    )

    class Meta:
        verbose_name = verbose_name_plural = "销售明细"

    def __str__(self) -> str:
        return f"{self.store_day_id} {self.receipt} {self.item}"


class BadRow(models.Model):
    """A row of a sales file that was not taken, and why."""

    sales_import = models.ForeignKey(
        SalesImport, models.CASCADE, related_name="bad_rows", verbose_name="导入"
    )
    line_no = models.PositiveIntegerField("文件行号")
    column = models.CharField("列", max_length=100)
    value = models.CharField("值", max_length=200)
    reason = models.CharField("原因", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "拒收行"
        ordering = ["line_no", "id"]

    def __str__(self) -> str:
        return f"第{self.line_no}行 {self.column}：{self.reason}"
