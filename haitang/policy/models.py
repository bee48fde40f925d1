"""Versions of the policy (制度). A published version is read-only; a change is a new one."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class PolicyVersion(models.Model):
    """One published policy document, in force from ``valid_from`` until the next one."""

    code = models.CharField("代号", max_length=60)
    valid_from = models.DateField("生效日期")
    document = models.JSONField("内容", help_text="policy.json 的全部字段，已与默认制度合并")
    recorded_at = models.DateTimeField("发布时间")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="发布人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "制度版本"
        ordering = ["valid_from", "id"]

    def __str__(self) -> str:
        return f"{self.code}（{self.valid_from} 起）"
