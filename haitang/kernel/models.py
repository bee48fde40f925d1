"""Rows of the kernel: jobs, leases, the audit trail, notices and files. No business here."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Job(models.Model):
    """A piece of work to do. The row is the queue; a broker message only wakes a worker."""

    class State(models.TextChoices):
        QUEUED = "queued", "等待"
        RUNNING = "running", "进行中"
        DONE = "done", "完成"
        FAILED = "failed", "失败"

    kind = models.CharField("种类", max_length=60)
    payload = models.JSONField("参数", default=dict)
    key = models.CharField("幂等键", max_length=200, unique=True, null=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.QUEUED)
    run_after = models.DateTimeField("最早开始")
    attempts = models.PositiveIntegerField("已试次数", default=0)
    max_attempts = models.PositiveIntegerField("最多次数", default=3)
    worker = models.CharField("执行者", max_length=100, blank=True)
    lease_until = models.DateTimeField("占用到", null=True)
    progress_done = models.BigIntegerField("已完成", default=0)
    progress_total = models.BigIntegerField("共计", default=0)
    progress_note = models.CharField("进度说明", max_length=200, blank=True)
    result = models.JSONField("结果", default=dict)
    error = models.TextField("错误", blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="发起人",
    )
    created_at = models.DateTimeField("建立时间")
    started_at = models.DateTimeField("开始时间", null=True)
    finished_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "任务"
        indexes = [
            models.Index(fields=["state", "run_after"], name="job_due"),
            models.Index(fields=["kind", "-id"], name="job_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Lease(models.Model):
    """Who may do something that only one process at a time may do, and until when."""

    name = models.CharField("名称", max_length=100, primary_key=True)
    holder = models.CharField("持有者", max_length=100, blank=True)
    until = models.DateTimeField("有效到")

    class Meta:
        verbose_name = verbose_name_plural = "租约"

    def __str__(self) -> str:
        return self.name


class AuditStream(models.Model):
    """The head of an audit stream. Whoever appends locks it, so that the chain never forks."""

    name = models.CharField("流", max_length=40, primary_key=True)
    number = models.PositiveBigIntegerField("最后序号", default=0)
    hash = models.CharField("最后摘要", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "操作记录流"

    def __str__(self) -> str:
        return self.name


class AuditEntry(models.Model):
    """Who did what to which object. Append-only, hash-chained within its stream."""

    stream = models.CharField("流", max_length=40)
    number = models.PositiveBigIntegerField("序号")
    at = models.DateTimeField("时间")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="操作人"
    )
    actor_name = models.CharField("操作人姓名", max_length=150)
    act = models.CharField("操作", max_length=60)
    object_type = models.CharField("对象类型", max_length=60)
    object_id = models.CharField("对象编号", max_length=100)
    object_name = models.CharField("对象名称", max_length=200)
    details = models.JSONField("内容", default=dict)
    previous_hash = models.CharField("前一条摘要", max_length=64)
    hash = models.CharField("摘要", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "操作记录"
        constraints = [
            models.UniqueConstraint(fields=["stream", "number"], name="audit_stream_number"),
            models.UniqueConstraint(fields=["stream", "previous_hash"], name="audit_no_fork"),
        ]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
            # With the tie-break of the list, so that its last page is read like its first.
            models.Index(fields=["-at", "-id"], name="audit_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.stream}/{self.number}"


class Notice(models.Model):
    """A sentence for one person, with a way on."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name="收件人"
    )
    key = models.CharField("幂等键", max_length=200)
    text = models.CharField("内容", max_length=500)
    url = models.CharField("链接", max_length=300, blank=True)
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        constraints = [
            models.UniqueConstraint(fields=["recipient", "key"], name="notice_once"),
        ]
        indexes = [
            models.Index(
                fields=["recipient", "-id"], condition=Q(read_at=None), name="notice_unread"
            )
        ]

    def __str__(self) -> str:
        return self.text


class StoredFile(models.Model):
    """A file that somebody gave or the system made; its bytes lie under MEDIA_ROOT by digest."""

    name = models.CharField("文件名", max_length=255)
    digest = models.CharField("SHA-256", max_length=64)
    size = models.BigIntegerField("字节数")
    created_at = models.DateTimeField("时间")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="上传人",
    )

    class Meta:
        verbose_name = verbose_name_plural = "文件"
        indexes = [models.Index(fields=["digest"], name="file_digest")]

    def __str__(self) -> str:
        return self.name
