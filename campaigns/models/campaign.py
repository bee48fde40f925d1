"""Campaigns, who took part in them, and what they brought."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from campaigns.models.sales import MemberCard
from campaigns.models.store import Store


class Campaign(models.Model):
    """活动: some stores, some days, a scale and a kind, which together name its comparator."""

    class Scale(models.TextChoices):
        SMALL = "small", "小型（单店）"
        MEDIUM = "medium", "中型（多店）"
        LARGE = "large", "大型（全连锁多日）"

    class Kind(models.TextChoices):
        WEEKEND = "weekend", "周末活动"
        MEMBER_DAY = "member_day", "会员日活动"
        MANUFACTURER = "manufacturer", "厂家活动"

    class Status(models.TextChoices):
        PLANNED = "planned", "计划中"
        RUNNING = "running", "进行中"
        COMPLETED = "completed", "已完成"
        CANCELLED = "cancelled", "已取消"

    code = models.CharField("编号", max_length=40, unique=True)
    title = models.CharField("名称", max_length=200)
    scale = models.CharField("规模", max_length=10, choices=Scale)
    kind = models.CharField("类型", max_length=20, choices=Kind)
    start = models.DateField("开始日期")
    end = models.DateField("结束日期", db_index=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.PLANNED)
    all_stores = models.BooleanField("全部门店", default=False, help_text="首日营业的所有门店")
    stores = models.ManyToManyField(
        Store, related_name="campaigns", blank=True, verbose_name="门店"
    )
    focus_items = models.JSONField("主推商品编码", default=list, blank=True)
    article = models.ForeignKey(
        "content.Article",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="campaigns",
        verbose_name="推文",
    )

    class Meta:
        verbose_name = verbose_name_plural = "活动"
        ordering = ["-start", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gte=F("start")), name="campaign_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Participation(models.Model):
    """A member card that took part in a campaign, as logged; its purchases can be singled out."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="participations")
    card = models.ForeignKey(MemberCard, models.PROTECT, related_name="participations")

    class Meta:
        verbose_name = verbose_name_plural = "活动参与"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "card"], name="participation_once")
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.card_id}"


class CampaignResult(models.Model):
    """A campaign's uplift as last computed, with every day used and skipped (a snapshot)."""

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="result")
    policy_code = models.CharField("制度", max_length=60)
    digest = models.CharField("输入摘要", max_length=64)
    margin_uplift = models.DecimalField("毛利增加值", max_digits=14, decimal_places=2)
    document = models.JSONField("计算过程")
    problems = models.JSONField("问题", default=list)
    computed_at = models.DateTimeField("计算时间")

    class Meta:
        verbose_name = verbose_name_plural = "活动增量"

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.margin_uplift}"
