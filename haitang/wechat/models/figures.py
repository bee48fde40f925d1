"""WeChat's statistics in tables of our own, and how far each pull has come."""

from __future__ import annotations

from django.db import models

from haitang.wechat.models.account import Account


class SyncCursor(models.Model):
    """How far something that is pulled page by page or day by day has come."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name="公众号")
    name = models.CharField("名称", max_length=60)
    # Where to go on: an openid, or the last day done. Empty: from the beginning.
    position = models.CharField("位置", max_length=200, blank=True)
    done = models.PositiveIntegerField("本轮已取", default=0)
    started_at = models.DateTimeField("本轮开始", null=True)
    finished_at = models.DateTimeField("上次完成", null=True)
    updated_at = models.DateTimeField("更新时间")
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "同步进度"
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="wechat_cursor_once")
        ]

    def __str__(self) -> str:
        return f"{self.name}：{self.position}"


class FollowerDay(models.Model):
    """New and lost followers of a day, by where they came from (getusersummary)."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name="公众号")
    day = models.DateField("日期")
    source = models.IntegerField("来源")
    new = models.PositiveIntegerField("新增")
    lost = models.PositiveIntegerField("取消关注")

    class Meta:
        verbose_name = verbose_name_plural = "粉丝增减"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "day", "source"], name="wechat_follower_day_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} +{self.new} −{self.lost}"


class FollowerTotal(models.Model):
    """How many follow at the end of a day (getusercumulate)."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name="公众号")
    day = models.DateField("日期")
    total = models.PositiveIntegerField("粉丝")

    class Meta:
        verbose_name = verbose_name_plural = "粉丝总数"
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="wechat_follower_total_once")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.total}"


class UpstreamDay(models.Model):
    """Messages from followers of a day, by kind (getupstreammsg)."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name="公众号")
    day = models.DateField("日期")
    kind = models.IntegerField("种类")
    users = models.PositiveIntegerField("人数")
    messages = models.PositiveIntegerField("条数")

    class Meta:
        verbose_name = verbose_name_plural = "收到的消息数"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "day", "kind"], name="wechat_upstream_day_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.messages}"


class ArticleDay(models.Model):
    """An article's readers from its publication to the end of a day, as WeChat counts them."""

    class Family(models.TextChoices):
        NEW = "new", "新接口"
        OLD = "old", "旧接口"

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name="公众号")
    msgid = models.CharField("图文编号", max_length=60)
    family = models.CharField("接口", max_length=3, choices=Family)
    title = models.CharField("标题", max_length=200, blank=True)
    url = models.CharField("网址", max_length=500, blank=True)
    published_on = models.DateField("发布日期")
    day = models.DateField("统计到")
    readers = models.PositiveIntegerField("阅读人数")
    # Only the old family counts how often it was read.
    reads = models.PositiveIntegerField("阅读次数", null=True)
    sharers = models.PositiveIntegerField("分享人数")
    finish_rate = models.CharField("读完比例", max_length=20, blank=True)
    is_delayed = models.BooleanField("还没算全", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "文章统计"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "msgid", "day", "family"], name="wechat_article_day_once"
            )
        ]
        indexes = [models.Index(fields=["published_on"], name="wechat_article_published")]

    def __str__(self) -> str:
        return f"{self.msgid} {self.day} {self.readers}"
