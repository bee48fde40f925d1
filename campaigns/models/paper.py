"""What is written about a campaign: its plan, its detailed rules, its summaries."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models.campaign import Campaign


class CampaignPaper(models.Model):
    """书面材料: one version of one paper; a later one does not take the earlier one away."""

    class Kind(models.TextChoices):
        PLAN = "plan", "活动方案"
        RULES = "rules", "执行细则"
        SUMMARY = "summary", "活动总结"
        FEEDBACK = "feedback", "客户反馈总结"

    class State(models.TextChoices):
        SUBMITTED = "submitted", "已提交"
        APPROVED = "approved", "已批准"
        RETURNED = "returned", "已退回"

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="papers")
    kind = models.CharField("种类", max_length=10, choices=Kind)
    text = models.TextField("内容", max_length=10_000)
    state = models.CharField("状态", max_length=10, choices=State, default=State.SUBMITTED)
    submitted_at = models.DateTimeField("提交时间")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="提交人"
    )
    decided_at = models.DateTimeField("决定时间", null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="决定人"
    )
    decision = models.CharField("批语", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "活动书面材料"
        ordering = ["campaign", "kind", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="submitted", decided_by=None)
                | (~Q(state="submitted") & Q(decided_by__isnull=False)),
                name="campaign_paper_decided_by",
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.get_kind_display()}"
