"""What is published, sent to all and put into the menu: the row first, then WeChat."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from haitang.wechat.models.account import Account


class Publication(models.Model):
    """发布 of a draft, or one done by hand that is on record here."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待提交"
        SUBMITTING = "submitting", "正在提交"
        SUBMITTED = "submitted", "微信处理中"
        PUBLISHED = "published", "已发布"
        FAILED = "failed", "没有发布"
        UNCERTAIN = "uncertain", "结果不明"
        DELETED = "deleted", "已删除"

    account = models.ForeignKey(
        Account, models.PROTECT, null=True, related_name="+", verbose_name="公众号"
    )
    key = models.CharField("幂等键", max_length=64, unique=True)
    title = models.CharField("标题", max_length=200)
    by_hand = models.BooleanField("在公众号后台手工发布", default=False)
    draft_media_id = models.CharField("草稿", max_length=200, blank=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)
    publish_id = models.CharField("发布编号", max_length=40, blank=True, db_index=True)
    # datacube's msgid is this, an underscore and the article's place.
    msg_data_id = models.CharField("图文编号", max_length=40, blank=True)
    article_id = models.CharField("文章编号", max_length=200, blank=True)
    urls = models.JSONField("网址", default=list)
    published_on = models.DateField("发布日期", null=True)
    error = models.TextField("原因", blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="操作人"
    )
    created_at = models.DateTimeField("登记时间")
    submitted_at = models.DateTimeField("提交时间", null=True)
    finished_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "发布"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "draft_media_id"],
                condition=Q(state__in=("waiting", "submitting", "submitted", "uncertain"))
                & ~Q(draft_media_id=""),
                name="wechat_publication_under_way_once",
            )
        ]

    def __str__(self) -> str:
        return self.title


class MassSend(models.Model):
    """群发: one key is one sending, whatever happens in between."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待提交"
        SUBMITTED = "submitted", "微信处理中"
        SENT = "sent", "已群发"
        FAILED = "failed", "没有发出"
        UNCERTAIN = "uncertain", "结果不明"

    class Kind(models.TextChoices):
        ARTICLE = "mpnews", "图文"
        TEXT = "text", "文字"

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name="公众号")
    # Also WeChat's clientmsgid: a second sending with it is refused there too.
    key = models.CharField("幂等键", max_length=64, unique=True)
    title = models.CharField("标题", max_length=200)
    kind = models.CharField("种类", max_length=10, choices=Kind)
    content = models.TextField("草稿编号或文字")
    tag_id = models.IntegerField("标签", null=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)
    msg_id = models.CharField("群发编号", max_length=40, blank=True, db_index=True)
    msg_data_id = models.CharField("图文编号", max_length=40, blank=True)
    sent_count = models.PositiveIntegerField("送达人数", null=True)
    total_count = models.PositiveIntegerField("应送人数", null=True)
    error = models.TextField("原因", blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="操作人"
    )
    created_at = models.DateTimeField("登记时间")
    # While it waits: when WeChat was first asked, and may have taken it.
    submitted_at = models.DateTimeField("提交时间", null=True)
    finished_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "群发"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "content"],
                condition=Q(
                    kind="mpnews", tag_id=None, state__in=("waiting", "submitted", "uncertain")
                ),
                name="wechat_mass_to_all_once",
            ),
            models.UniqueConstraint(
                fields=["account", "content", "tag_id"],
                condition=Q(kind="mpnews", state__in=("waiting", "submitted", "uncertain")),
                name="wechat_mass_to_tag_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class MenuVersion(models.Model):
    """A menu as it was saved; at most one of an account is live."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name="公众号")
    buttons = models.JSONField("按钮")
    is_live = models.BooleanField("现用", default=False)
    error = models.TextField("没有推送成功的原因", blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="操作人"
    )
    created_at = models.DateTimeField("保存时间")
    pushed_at = models.DateTimeField("推送时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "菜单"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(is_live=True), name="wechat_menu_one_live"
            )
        ]

    def __str__(self) -> str:
        return f"菜单 #{self.pk}"


class StaffBinding(models.Model):
    """Whose own WeChat this is: staff log in by it (网页授权, snsapi_base)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name="公众号")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="wechat_binding",
        verbose_name="人员",
    )
    openid = models.CharField("openid", max_length=64)
    bound_at = models.DateTimeField("绑定时间")
    last_used_at = models.DateTimeField("上次登录", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "员工微信"
        constraints = [
            models.UniqueConstraint(fields=["account", "openid"], name="wechat_binding_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} 的微信"
