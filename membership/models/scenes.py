"""Codes with a scene: who scans one says which store or campaign brought him."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models import Campaign, Store
from haitang.kernel.models import StoredFile

if TYPE_CHECKING:
    from datetime import datetime


class SceneCode(models.Model):
    """A QR code of the account for a store, a campaign, or a campaign in a store.

    ``ticket`` and ``url`` come from WeChat; while they are empty the code cannot be scanned yet,
    and ``error`` says why. A code without ``expires_at`` is permanent.
    """

    account = models.ForeignKey("wechat.Account", models.PROTECT, verbose_name="公众号")
    # What WeChat hands back with a scan; short, of our own making, never a name.
    scene_str = models.CharField("场景值", max_length=64)
    name = models.CharField("用途", max_length=60)
    store = models.ForeignKey(
        Store, models.PROTECT, null=True, blank=True, related_name="scenes", verbose_name="门店"
    )
    campaign = models.ForeignKey(
        Campaign,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="scenes",
        verbose_name="活动",
    )
    ticket = models.CharField("二维码凭据", max_length=255, blank=True)
    url = models.CharField("二维码内容", max_length=255, blank=True)
    expires_at = models.DateTimeField("有效期到", null=True, blank=True)
    picture = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, related_name="+", verbose_name="图片"
    )
    error = models.CharField("没有取到的原因", max_length=300, blank=True)
    made_at = models.DateTimeField("建立时间")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="建立人"
    )
    retired_at = models.DateTimeField("停用时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "渠道二维码"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "scene_str"], name="scene_once"),
            models.CheckConstraint(
                condition=Q(store__isnull=False) | Q(campaign__isnull=False),
                name="scene_is_of_something",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ready(self) -> bool:
        """Whether there is a code to scan."""
        return bool(self.ticket)

    def has_expired(self, now: datetime) -> bool:
        """Whether a temporary code has run out."""
        return self.expires_at is not None and self.expires_at <= now
