"""Conversations with followers: messages, waits, notes, quick replies and the targets."""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models import Campaign
from haitang.kernel.personal import EncryptedField
from membership.models.followers import Follower
from membership.models.replies import ReplyRule


class ConversationTag(models.Model):
    """What conversations are about, in the house's own words."""

    name = models.CharField("名称", max_length=20, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "留言标签"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Conversation(models.Model):
    """留言: what a follower and the house write to each other about one matter, until closed.

    A follower has at most one open one. ``waiting_since`` is when the follower began to wait for
    an answer (empty when nobody waits), ``due_at`` when the answer is late. ``version`` grows
    with every change, so that a page can ask cheaply whether there is anything new.
    """

    class State(models.TextChoices):
        OPEN = "open", "处理中"
        CLOSED = "closed", "已结束"

    class Kind(models.TextChoices):
        ENQUIRY = "enquiry", "咨询"
        COMPLAINT = "complaint", "投诉"
        SERVICE = "service", "服务请求"
        SUGGESTION = "suggestion", "建议"

    class Topic(models.TextChoices):
        CONTENT = "content", "内容"
        PRODUCT = "product", "商品"
        SERVICE = "service", "服务"
        OTHER = "other", "其他"

    follower = models.ForeignKey(
        Follower, models.PROTECT, related_name="conversations", verbose_name="粉丝"
    )
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPEN)
    kind = models.CharField("种类", max_length=12, choices=Kind, default=Kind.ENQUIRY)
    topic = models.CharField("关于", max_length=10, choices=Topic, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="负责人"
    )
    # Of online participants' comments: the campaign that they are about.
    campaign = models.ForeignKey(
        Campaign, models.SET_NULL, null=True, related_name="conversations", verbose_name="活动"
    )
    tags = models.ManyToManyField(ConversationTag, blank=True, verbose_name="标签")
    opened_at = models.DateTimeField("开始时间")
    last_at = models.DateTimeField("最近一条")
    waiting_since = models.DateTimeField("等待开始", null=True)
    due_at = models.DateTimeField("应答时限", null=True)
    closed_at = models.DateTimeField("结束时间", null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="结束人"
    )
    version = models.PositiveIntegerField("版本", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "留言"
        constraints = [
            models.UniqueConstraint(
                fields=["follower"], condition=Q(state="open"), name="conversation_open_once"
            )
        ]
        indexes = [
            models.Index(fields=["state", "waiting_since", "-last_at"], name="conversation_list"),
            models.Index(
                fields=["due_at"],
                condition=Q(state="open", waiting_since__isnull=False),
                name="conversation_due",
            ),
        ]

    def __str__(self) -> str:
        return f"留言 #{self.pk}"


class Wait(models.Model):
    """One stretch in which a follower waited: from the message to the answer.

    ``closed_at`` in place of ``answered_at``: the conversation was ended without an answer.
    """

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="waits", verbose_name="留言"
    )
    since = models.DateTimeField("收到时间")
    due_at = models.DateTimeField("应答时限")
    answered_at = models.DateTimeField("回复时间", null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="回复人"
    )
    closed_at = models.DateTimeField("没有回复就结束", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "等待"
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(answered_at=None, closed_at=None),
                name="wait_open_once",
            )
        ]
        indexes = [models.Index(fields=["since"], name="wait_since")]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.since:%Y-%m-%d %H:%M}"


class Message(models.Model):
    """One message, in or out. The row of one going out is the queue.

    ``state`` of one going out: queued → sending → sent, refused (WeChat or a window said no;
    nothing went out) or uncertain (the process ended while it was being sent: nobody knows, and
    it is never sent again by itself). One that was written after another that is still on its
    way is held until that one has come to an end.
    """

    class Direction(models.TextChoices):
        IN = "in", "收到"
        OUT = "out", "发出"

    class State(models.TextChoices):
        RECEIVED = "received", "收到"
        QUEUED = "queued", "等待发送"
        HELD = "held", "等前一条发出"
        SENDING = "sending", "正在发送"
        SENT = "sent", "已发送"
        REFUSED = "refused", "没有发出"
        UNCERTAIN = "uncertain", "结果不明"

    class Kind(models.TextChoices):
        TEXT = "text", "文字"
        IMAGE = "image", "图片"
        VOICE = "voice", "语音"
        VIDEO = "video", "视频"
        LOCATION = "location", "位置"
        LINK = "link", "链接"
        NEWS = "news", "图文"
        EVENT = "event", "动作"

    follower = models.ForeignKey(
        Follower, models.PROTECT, related_name="messages", verbose_name="粉丝"
    )
    # Empty for what the account answered by itself while no conversation was open.
    conversation = models.ForeignKey(
        Conversation, models.PROTECT, null=True, related_name="messages", verbose_name="留言"
    )
    direction = models.CharField("方向", max_length=3, choices=Direction)
    kind = models.CharField("种类", max_length=10, choices=Kind)
    text = EncryptedField("内容")
    media_id = models.CharField("素材编号", max_length=128, blank=True)
    # What WeChat keeps for three days only, and a picture that goes out.
    file = models.ForeignKey(
        "kernel.StoredFile", models.PROTECT, null=True, related_name="+", verbose_name="文件"
    )
    # The file was deleted: it had been kept long enough (membership.media.drop_old).
    dropped_at = models.DateTimeField("过保存期删除", null=True)
    article = models.JSONField("图文", default=dict, blank=True)
    # Of one that came in: a person is to answer it, no rule did.
    asks = models.BooleanField("要人回复", default=False)
    # Of the inbound event, so that one event makes one message.
    event = models.PositiveBigIntegerField("消息编号", null=True, unique=True)
    # What a form sends twice is one message.
    key = models.CharField("幂等键", max_length=64, null=True, unique=True)
    rule = models.ForeignKey(
        ReplyRule, models.SET_NULL, null=True, related_name="+", verbose_name="自动回复"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁"
    )
    at = models.DateTimeField("时间")
    state = models.CharField("状态", max_length=10, choices=State)
    attempts = models.PositiveSmallIntegerField("已试次数", default=0)
    claimed_at = models.DateTimeField("开始发送", null=True)
    # The job that is sending it; another one that meets it leaves it alone.
    job = models.PositiveBigIntegerField("发送的任务", null=True)
    sent_at = models.DateTimeField("发出时间", null=True)
    error = models.CharField("原因", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["conversation", "at", "id"], name="message_thread"),
            models.Index(fields=["follower", "direction", "at"], name="message_follower"),
            models.Index(
                fields=["state"],
                condition=Q(state__in=("queued", "held", "sending", "refused", "uncertain")),
                name="message_unsent",
            ),
            models.Index(
                fields=["at"],
                condition=Q(direction="in", file__isnull=False),
                name="message_kept",
            ),
        ]

    def __str__(self) -> str:
        return f"消息 #{self.pk}"


class Note(models.Model):
    """What colleagues note about a conversation; the follower never sees it."""

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="notes", verbose_name="留言"
    )
    # With long numbers masked: the message itself has them, for who may see them.
    text = models.CharField("内容", max_length=500)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁"
    )

    class Meta:
        verbose_name = verbose_name_plural = "内部备注"
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"备注 #{self.pk}"


class QuickReply(models.Model):
    """A sentence that is often written."""

    title = models.CharField("简称", max_length=20, unique=True)
    text = models.CharField("内容", max_length=600)
    place = models.PositiveSmallIntegerField("次序", default=100)

    class Meta:
        verbose_name = verbose_name_plural = "常用回复"
        ordering = ["place", "id"]

    def __str__(self) -> str:
        return self.title


class InboxSettings(models.Model):
    """The targets of the inbox; there is one row, the newest counts."""

    reply_minutes = models.PositiveIntegerField("多少分钟内回复", default=60)
    opens = models.TimeField("每天从", default=time(8, 30))
    closes = models.TimeField("每天到", default=time(20, 30))
    changed_at = models.DateTimeField("修改时间")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="修改人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "留言时限"

    def __str__(self) -> str:
        return f"{self.reply_minutes} 分钟"
