"""People, departments and who holds which role from when to when."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q

from accounts.roles import Role
from haitang.kernel.fields import FractionField


class Department(models.Model):
    """A department of the house (信息部, 运营部 …); added and renamed without code."""

    name = models.CharField("名称", max_length=60, unique=True)
    takes_part = models.BooleanField("参与公众号工作", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "部门"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person of the house. What the person may do comes from the tenures of the day."""

    name = models.CharField("姓名", max_length=60)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, verbose_name="部门"
    )

    class Meta:
        verbose_name = verbose_name_plural = "人员"
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name or self.username


class TenureQuerySet(models.QuerySet["Tenure"]):
    """Tenures, asked by day."""

    def on(self, day: date) -> TenureQuerySet:
        """Those that hold on that day."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)

    def touching(self, first: date, last: date) -> TenureQuerySet:
        """Those that hold on at least one day from first to last."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=first), valid_from__lte=last)


class Tenure(models.Model):
    """任职: a person holds a role from ``valid_from`` to ``valid_to``, both included."""

    user = models.ForeignKey(User, models.PROTECT, related_name="tenures", verbose_name="人员")
    role = models.CharField("角色", max_length=30, choices=Role)
    valid_from = models.DateField("开始日期")
    valid_to = models.DateField("结束日期", null=True, blank=True)
    share = FractionField("份额", default="1", help_text="同一角色由几人分担时各自的份额，合计为 1")
    store_code = models.CharField("门店（店长）", max_length=30, blank=True)
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = TenureQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        ordering = ["role", "valid_from", "user__username"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "valid_from", "store_code"], name="tenure_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="tenure_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"
