"""Versions of the policy (制度). A published version is read-only; a change is a new one.

A change is prepared in a draft (``PolicyDraft``); the database refuses to change or delete what
was published, and a publication that is taken back stays with its withdrawal.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


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


class PolicyWithdrawal(models.Model):
    """A publication taken back before its month began: the version never holds."""

    version = models.OneToOneField(
        PolicyVersion, models.PROTECT, related_name="withdrawal", verbose_name="制度版本"
    )
    at = models.DateTimeField("撤回时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="撤回人"
    )
    reason = models.CharField("理由", max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = "制度撤回"

    def __str__(self) -> str:
        return f"撤回 {self.version_id}"


class PolicyDraft(models.Model):
    """A policy in preparation. Its document is kept as typed, faults and all."""

    class State(models.TextChoices):
        OPEN = "open", "起草中"
        PUBLISHED = "published", "已发布"
        DISCARDED = "discarded", "已作废"

    name = models.CharField("代号", max_length=60)
    # None: a copy of the plan's own text.
    based_on = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, related_name="+", verbose_name="照着哪一版"
    )
    document = models.JSONField("内容")
    # Grows with every save: a save that saw an older one would undo somebody's work.
    revision = models.PositiveIntegerField("第几次保存", default=1)
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPEN)
    published = models.OneToOneField(
        PolicyVersion, models.PROTECT, null=True, related_name="draft", verbose_name="发布为"
    )
    created_at = models.DateTimeField("建立时间")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="起草人"
    )
    changed_at = models.DateTimeField("修改时间")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="最后修改人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "制度草稿"
        ordering = ["-changed_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="published", published__isnull=False)
                | (~Q(state="published") & Q(published=None)),
                name="policy_draft_published_as",
            ),
        ]

    def __str__(self) -> str:
        return self.name
