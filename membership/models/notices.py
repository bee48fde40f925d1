"""Subscription notifications: what followers agreed to receive, and what was sent to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from haitang.kernel.personal import EncryptedField
from membership.models.followers import Follower


class Subscription(models.Model):
    """How many notifications of a template a follower has agreed to and not had yet."""

    follower = models.ForeignKey(
        Follower, models.CASCADE, related_name="subscriptions", verbose_name="粉丝"
    )
    template_id = models.CharField("模板编号", max_length=64)
    number = models.PositiveSmallIntegerField("还可以发几次", default=0)
    changed_at = models.DateTimeField("最近变化")

    class Meta:
        verbose_name = verbose_name_plural = "通知订阅"
        constraints = [
            models.UniqueConstraint(fields=["follower", "template_id"], name="subscription_once")
        ]

    def __str__(self) -> str:
        return f"{self.template_id[:8]} × {self.number}"


class FollowerNotice(models.Model):
    """订阅通知: one that went out, or did not; the row is there before WeChat is called."""

    class State(models.TextChoices):
        SENDING = "sending", "正在发送"
        SENT = "sent", "已发送"
        REFUSED = "refused", "没有发出"
        UNCERTAIN = "uncertain", "结果不明"

    follower = models.ForeignKey(
        Follower, models.PROTECT, related_name="notices", verbose_name="粉丝"
    )
    template_id = models.CharField("模板编号", max_length=64)
    title = models.CharField("通知", max_length=60)
    text = EncryptedField("内容")
    # What a form sends twice is one notification.
    key = models.CharField("幂等键", max_length=64, unique=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.SENDING)
    error = models.CharField("原因", max_length=300, blank=True)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁"
    )

    class Meta:
        verbose_name = verbose_name_plural = "订阅通知"
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"通知 #{self.pk}"
