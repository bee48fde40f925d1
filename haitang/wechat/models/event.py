"""What WeChat sent. The row is the queue: a message only wakes a worker."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from haitang.kernel.personal import EncryptedField
from haitang.wechat.models.account import Account


class InboundEvent(models.Model):
    """A message or an event of a follower, stored before it is answered, processed once."""

    class State(models.TextChoices):
        RECEIVED = "received", "待处理"
        DONE = "done", "已处理"
        FAILED = "failed", "失败"

    account = models.ForeignKey(
        Account, models.PROTECT, related_name="events", verbose_name="公众号"
    )
    key = models.CharField("唯一键", max_length=255)
    kind = models.CharField("种类", max_length=64)
    openid = models.CharField("粉丝", max_length=64)
    occurred_at = models.DateTimeField("发生时间")
    received_at = models.DateTimeField("收到时间")
    # The XML after decryption. Followers write phone numbers: nothing of it is stored plain.
    body = EncryptedField("内容")
    state = models.CharField("状态", max_length=10, choices=State, default=State.RECEIVED)
    attempts = models.PositiveIntegerField("已试次数", default=0)
    next_attempt_at = models.DateTimeField("下次处理")
    claimed_by = models.CharField("执行者", max_length=100, blank=True)
    claimed_until = models.DateTimeField("占用到", null=True)
    processed_at = models.DateTimeField("处理时间", null=True)
    error = models.TextField("错误", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "收到的消息"
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="wechat_event_once"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="received"), name="wechat_event_queue"),
            models.Index(fields=["-id"], condition=Q(state="failed"), name="wechat_event_failed"),
            models.Index(fields=["received_at", "id"], name="wechat_event_received"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
