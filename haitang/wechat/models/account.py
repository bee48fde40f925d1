"""The official account."""

from __future__ import annotations

from django.db import models


class Account(models.Model):
    """An official account. The environment configures one; its secrets are never in the table."""

    class Kind(models.TextChoices):
        UNKNOWN = "unknown", "未知"
        OFFICIAL = "official", "公众号（原订阅号）"
        SERVICE = "service", "服务号"

    app_id = models.CharField("AppID", max_length=64, unique=True)
    name = models.CharField("名称", max_length=100, blank=True)
    kind = models.CharField("类型", max_length=10, choices=Kind, default=Kind.UNKNOWN)
    # What the account may do, found by asking (haitang.wechat.gateway): name → bool.
    capabilities = models.JSONField("能力", default=dict)
    capabilities_checked_at = models.DateTimeField("能力查询时间", null=True)
    created_at = models.DateTimeField("建立时间")

    class Meta:
        verbose_name = verbose_name_plural = "公众号"

    def __str__(self) -> str:
        return self.name or self.app_id
