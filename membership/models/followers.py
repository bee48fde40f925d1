"""Followers of the account and what they did: follow, scan, leave."""

from __future__ import annotations

from django.db import models

from membership.models.members import Member
from membership.models.scenes import SceneCode


class FollowerTag(models.Model):
    """A tag of the account, as WeChat keeps it."""

    account = models.ForeignKey("wechat.Account", models.PROTECT, verbose_name="公众号")
    number = models.PositiveIntegerField("微信标签编号")
    name = models.CharField("名称", max_length=30)
    # Grows with each change that colleagues made: what was asked of WeChat before is out of date.
    version = models.PositiveIntegerField("版本", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "粉丝标签"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="followertag_once")
        ]

    def __str__(self) -> str:
        return self.name


class Follower(models.Model):
    """粉丝: somebody who follows the account, did, or wrote to it.

    WeChat tells neither name nor picture; what staff wrote as a remark names a follower, else the
    number does. ``last_message_at`` and ``last_touch_at`` are the contacts that open the windows
    in which the account may write (membership.windows).
    """

    class State(models.TextChoices):
        FOLLOWING = "following", "已关注"
        LEFT = "left", "已取消关注"
        GONE = "gone", "同步时已不在"
        UNKNOWN = "unknown", "不确定"

    account = models.ForeignKey("wechat.Account", models.PROTECT, verbose_name="公众号")
    openid = models.CharField("OpenID", max_length=64)
    state = models.CharField("状态", max_length=10, choices=State, default=State.UNKNOWN)
    followed_at = models.DateTimeField("关注时间", null=True)
    left_at = models.DateTimeField("离开时间", null=True)
    # With long numbers masked: staff write phones into remarks.
    remark = models.CharField("备注", max_length=60, blank=True)
    # WeChat was not told yet: until then ours counts.
    remark_pending = models.BooleanField("备注还没有告诉微信", default=False)
    # Why WeChat does not have it; empty when it has, or was not asked.
    remark_error = models.CharField("备注没有同步的原因", max_length=300, blank=True)
    subscribe_scene = models.CharField("关注来源", max_length=60, blank=True)
    scene = models.ForeignKey(
        SceneCode,
        models.SET_NULL,
        null=True,
        related_name="followers",
        verbose_name="带来的二维码",
    )
    tags = models.ManyToManyField(FollowerTag, blank=True, verbose_name="标签")
    member = models.ForeignKey(
        Member, models.SET_NULL, null=True, related_name="followers", verbose_name="会员"
    )
    last_message_at = models.DateTimeField("最近发来消息", null=True)
    last_touch_at = models.DateTimeField("最近关注、扫码或点菜单", null=True)
    # The moment of the sync that last met the follower.
    synced_at = models.DateTimeField("最近同步", null=True)
    created_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "粉丝"
        constraints = [models.UniqueConstraint(fields=["account", "openid"], name="follower_once")]
        indexes = [models.Index(fields=["state", "-followed_at", "-id"], name="follower_newest")]

    def __str__(self) -> str:
        return self.remark or f"粉丝 {self.pk}"


class FollowerChange(models.Model):
    """One thing that a follower did, with the code by which it came about."""

    class Kind(models.TextChoices):
        FOLLOW = "follow", "关注"
        RETURN = "return", "重新关注"
        SCAN = "scan", "扫码"
        LEAVE = "leave", "取消关注"
        GONE = "gone", "同步时已不在"

    follower = models.ForeignKey(
        Follower, models.CASCADE, related_name="changes", verbose_name="粉丝"
    )
    kind = models.CharField("种类", max_length=10, choices=Kind)
    at = models.DateTimeField("时间")
    scene = models.ForeignKey(
        SceneCode, models.SET_NULL, null=True, related_name="changes", verbose_name="二维码"
    )
    scene_text = models.CharField("场景值", max_length=64, blank=True)
    # Of the inbound event, so that one event is counted once.
    event = models.PositiveBigIntegerField("消息编号", null=True, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "粉丝动态"
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["scene", "at"], name="followerchange_scene")]

    def __str__(self) -> str:
        return f"{self.follower_id} {self.get_kind_display()}"
