"""The files of customers who took part in campaigns."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from campaigns.models import Campaign, Store
from haitang.kernel.personal import EncryptedField, HashField
from membership.models.members import Member


class Participant(models.Model):
    """客户档案: one customer who took part in one campaign, as far as is known.

    An empty name or phone is NULL, so that the database can count what is filled. The same phone
    or card is in a campaign once.
    """

    class Source(models.TextChoices):
        ACCOUNT = "account", "公众号"
        STORE = "store", "门店"
        GROUP = "group", "社群"
        FRIEND = "friend", "朋友介绍"
        PHONE = "phone", "电话"
        OTHER = "other", "其他"

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="participants", verbose_name="活动"
    )
    name = EncryptedField("姓名或称呼", max_length=200, null=True)  # type: ignore[misc]
    phone = EncryptedField("电话", max_length=200, null=True)  # type: ignore[misc]
    phone_hash = HashField("电话查找码", of="phone", null=True)  # type: ignore[misc]
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, related_name="files", verbose_name="会员"
    )
    store = models.ForeignKey(
        Store, models.PROTECT, null=True, related_name="+", verbose_name="门店"
    )
    source = models.CharField("怎样来的", max_length=10, choices=Source, blank=True)
    consented_on = models.DateField("哪天同意留资料", null=True)
    # With long numbers masked.
    note = models.CharField("备注", max_length=200, blank=True)
    recorded_at = models.DateTimeField("登记时间")
    # Nobody: made of a card that was logged as taking part.
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="登记人"
    )
    changed_at = models.DateTimeField("修改时间", null=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="修改人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "客户档案"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "phone_hash"], name="participant_phone_once"
            ),
            models.UniqueConstraint(fields=["campaign", "member"], name="participant_member_once"),
        ]

    def __str__(self) -> str:
        return f"客户档案 #{self.pk}"


class ArchiveSettings(models.Model):
    """Which fields a customer's file must have; the newest row counts."""

    required = models.JSONField("必填项")
    changed_at = models.DateTimeField("修改时间")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="修改人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "客户档案必填项"

    def __str__(self) -> str:
        return f"{len(self.required)} 项"
