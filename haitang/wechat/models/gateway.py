"""What the gateway keeps: the shared access token, what is used of the quotas, the calls made."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from haitang.kernel.personal import EncryptedField
from haitang.wechat.models.account import Account


class AccessToken(models.Model):
    """The account's stable token, shared by all processes; encrypted like personal data."""

    account = models.OneToOneField(
        Account, models.CASCADE, related_name="access_token", verbose_name="公众号"
    )
    token = EncryptedField("令牌")
    fetched_at = models.DateTimeField("取得时间")
    expires_at = models.DateTimeField("到期时间")
    forced_at = models.DateTimeField("上次强制更换", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "访问令牌"

    def __str__(self) -> str:
        return f"{self.account} 的访问令牌"


class QuotaUse(models.Model):
    """How often an interface was called in a period: a day ``2026-11-22`` or a minute of one."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name="公众号")
    api = models.CharField("接口", max_length=80)
    period = models.CharField("期间", max_length=16)
    used = models.PositiveIntegerField("已用", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "接口用量"
        constraints = [
            models.UniqueConstraint(fields=["account", "api", "period"], name="wechat_quota_once")
        ]
        indexes = [models.Index(fields=["period"], name="wechat_quota_period")]

    def __str__(self) -> str:
        return f"{self.api} {self.period}：{self.used}"


class CallLog(models.Model):
    """A call to WeChat: its path, never its content, its address line or an openid."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name="公众号")
    path = models.CharField("接口", max_length=80)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="操作人",
    )
    started_at = models.DateTimeField("开始时间")
    milliseconds = models.PositiveIntegerField("毫秒")
    tries = models.PositiveSmallIntegerField("次数", default=1)
    errcode = models.IntegerField("错误码", default=0)
    errmsg = models.CharField("微信的说明", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "接口调用"
        indexes = [
            models.Index(fields=["account", "-id"], name="wechat_call_newest"),
            models.Index(fields=["started_at"], name="wechat_call_at"),
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.errcode}"
