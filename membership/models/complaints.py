"""Complaints: about whom, what came of it, and that the complainant was told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Department
from accounts.roles import Role
from campaigns.models import Store
from membership.models.inbox import Conversation, Message


class Complaint(models.Model):
    """投诉: by a customer, out of a conversation, or by a department of the house.

    It cannot be closed before its result was told to the complainant. One about a late reply and
    one by a department about the systems are evidence for deductions (membership.evidence).
    """

    class Kind(models.TextChoices):
        LATE_REPLY = "late_reply", "回复不及时"
        SYSTEM = "system", "系统或技术"
        SERVICE = "service", "服务态度"
        PRODUCT = "product", "商品或价格"
        CONTENT = "content", "发布的内容"
        OTHER = "other", "其他"

    class Channel(models.TextChoices):
        MESSAGE = "message", "公众号留言"
        HOTLINE = "hotline", "客服热线"
        GROUP = "group", "社群"
        STORE = "store", "门店"
        HOUSE = "house", "部门提出"

    class State(models.TextChoices):
        OPEN = "open", "处理中"
        DECIDED = "decided", "有了结果"
        TOLD = "told", "已告知"
        CLOSED = "closed", "已办结"

    class Means(models.TextChoices):
        MESSAGE = "message", "公众号留言"
        PHONE = "phone", "电话"
        STORE = "store", "当面"
        OTHER = "other", "其他"

    conversation = models.ForeignKey(
        Conversation, models.PROTECT, null=True, related_name="complaints", verbose_name="留言"
    )
    messages = models.ManyToManyField(
        Message, blank=True, related_name="complaints", verbose_name="证据"
    )
    # Who complains, when it is the house itself; else a customer does.
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, related_name="+", verbose_name="提出的部门"
    )
    # What a form sends twice is one complaint, and one proposal of a deduction.
    key = models.CharField("幂等键", max_length=64, null=True, unique=True)
    kind = models.CharField("种类", max_length=12, choices=Kind)
    channel = models.CharField("渠道", max_length=10, choices=Channel)
    about_role = models.CharField("关于哪个岗位", max_length=30, choices=Role, blank=True)
    store = models.ForeignKey(
        Store, models.PROTECT, null=True, related_name="+", verbose_name="关于哪家门店"
    )
    # With long numbers masked, here and below.
    text = models.CharField("内容", max_length=500)
    happened_on = models.DateField("哪一天", db_index=True)
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人"
    )
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPEN)
    upheld = models.BooleanField("成立", null=True)
    result = models.CharField("结果", max_length=500, blank=True)
    decided_at = models.DateTimeField("结果时间", null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁"
    )
    told_at = models.DateTimeField("告知时间", null=True)
    told_means = models.CharField("怎样告知", max_length=10, choices=Means, blank=True)
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="告知人"
    )
    closed_at = models.DateTimeField("办结时间", null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="办结人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "投诉"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(told_at__isnull=False),
                name="complaint_is_told_before_closed",
            )
        ]
        indexes = [models.Index(fields=["state", "-id"], name="complaint_list")]

    def __str__(self) -> str:
        return f"投诉 #{self.pk}"
