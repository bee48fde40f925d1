"""Articles with their reads, and manuscripts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Article(models.Model):
    """推文: an article of the official account; reads are frozen 7 days after publication."""

    class Category(models.TextChoices):
        CAMPAIGN = "campaign", "专题活动文章"
        WELFARE = "welfare", "公益文章"
        OTHER = "other", "其他"

    code = models.CharField("编号", max_length=40, unique=True)
    title = models.CharField("标题", max_length=200)
    category = models.CharField("类别", max_length=10, choices=Category)
    published_on = models.DateField("发布日期", db_index=True)
    reads = models.PositiveBigIntegerField("阅读量", null=True, blank=True, help_text="发布 7 天后")
    follows = models.PositiveBigIntegerField("新增关注", null=True, blank=True)
    url = models.CharField("网址", max_length=500, blank=True, default="")
    # msg_data_id, an underscore and the article's place: what WeChat's statistics know it by.
    wechat_msgid = models.CharField("微信图文编号", max_length=60, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = "推文"
        ordering = ["-published_on", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["wechat_msgid"],
                condition=~Q(wechat_msgid=""),
                name="article_wechat_msgid_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Manuscript(models.Model):
    """稿件; the adopted ones earn an article fee."""

    class AuthorKind(models.TextChoices):
        EMPLOYEE = "employee", "公司内员工"
        PROFESSIONAL = "professional", "执业药师/执业医师"
        CUSTOMER = "customer", "客户"

    code = models.CharField("编号", max_length=40, unique=True)
    author_kind = models.CharField("投稿人", max_length=20, choices=AuthorKind)
    title = models.CharField("标题", max_length=200)
    adopted_on = models.DateField("录用日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "稿件"
        ordering = ["-adopted_on", "code"]
        indexes = [
            models.Index(
                fields=["adopted_on", "code"],
                condition=Q(adopted_on__isnull=False),
                name="manuscript_adopted",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"
