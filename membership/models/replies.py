"""Automatic replies: what the account answers by itself."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from membership.models.scenes import SceneCode


class ReplyRule(models.Model):
    """自动回复: when it applies, and the answer.

    A keyword rule looks at a text; a welcome at a follow (of one code, when ``scene`` is given); a
    menu rule at a click whose key is among the words. The smaller ``priority``, the earlier.
    """

    class Trigger(models.TextChoices):
        KEYWORD = "keyword", "收到的文字"
        FOLLOW = "follow", "关注"
        SCAN = "scan", "扫码（已关注）"
        MENU = "menu", "点菜单"
        OTHER = "other", "没有别的回复时（新留言）"

    class Match(models.TextChoices):
        EXACT = "exact", "全部相同"
        CONTAINS = "contains", "包含"
        REGEX = "regex", "正则表达式"

    class Answer(models.TextChoices):
        TEXT = "text", "文字"
        IMAGE = "image", "图片"
        NEWS = "news", "图文"

    name = models.CharField("名称", max_length=60, unique=True)
    trigger = models.CharField("什么时候", max_length=10, choices=Trigger, default=Trigger.KEYWORD)
    match = models.CharField("怎样算符合", max_length=10, choices=Match, default=Match.CONTAINS)
    words = models.TextField("关键词", blank=True, help_text="一行一个；点菜单时写菜单的 KEY")
    scene = models.ForeignKey(
        SceneCode,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name="只对这个二维码",
    )
    priority = models.PositiveSmallIntegerField("次序", default=100)
    is_active = models.BooleanField("启用", default=True)
    first_day = models.DateField("从哪天起", null=True, blank=True)
    last_day = models.DateField("到哪天止", null=True, blank=True)
    from_time = models.TimeField("每天从", null=True, blank=True)
    to_time = models.TimeField("每天到", null=True, blank=True)
    answer = models.CharField("回复", max_length=10, choices=Answer, default=Answer.TEXT)
    text = models.TextField("文字", blank=True)
    media_id = models.CharField("图片素材编号", max_length=128, blank=True)
    # title, description, url, picurl
    article = models.JSONField("图文", default=dict, blank=True)
    changed_at = models.DateTimeField("修改时间")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="修改人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "自动回复"
        ordering = ["priority", "id"]

    def __str__(self) -> str:
        return self.name
