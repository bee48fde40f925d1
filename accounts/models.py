"""People, departments and who holds which role from when to when."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q

from accounts.roles import LIAISONS, Role
from haitang.kernel.fields import FractionField


class Department(models.Model):
    """A department of the house (信息部, 运营部 …); added and renamed without code."""

    name = models.CharField("名称", max_length=60, unique=True)
    takes_part = models.BooleanField("参与公众号工作", default=False)
    liaison_role = models.CharField(
        "对接岗位",
        max_length=30,
        blank=True,
        choices=[(role.value, role.label) for role in LIAISONS],
        help_text="分提成的三个对接岗位各属一个部门；其余部门的对接人是“部门对接人”",
    )

    class Meta:
        verbose_name = verbose_name_plural = "部门"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["liaison_role"],
                condition=~Q(liaison_role=""),
                name="department_liaison_role_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person of the house. What the person may do comes from the tenures of the day."""

    name = models.CharField("姓名", max_length=60)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, verbose_name="部门"
    )
    must_change_password = models.BooleanField("登录后先改密码", default=False)
    last_day = models.DateField(
        "最后一天", null=True, blank=True, help_text="过了这一天就不能再登录"
    )

    class Meta:
        verbose_name = verbose_name_plural = "人员"
        ordering = ["username"]

    def may_enter(self, day: date) -> bool:
        """Whether the account is open on that day: not disabled, not past its last day."""
        return self.is_active and (self.last_day is None or day <= self.last_day)

    def __str__(self) -> str:
        return self.name or self.username


def open_on(day: date, prefix: str = "") -> Q:
    """``User.may_enter`` as a condition; ``prefix`` is the way to the person (``user__``)."""
    no_end, not_over = Q(**{f"{prefix}last_day": None}), Q(**{f"{prefix}last_day__gte": day})
    return Q(**{f"{prefix}is_active": True}) & (no_end | not_over)


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
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, verbose_name="部门（部门对接人）"
    )
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


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens, asked by day."""

    def in_force(self, day: date) -> ApiTokenQuerySet:
        """Those neither revoked nor past their last day."""
        return self.filter(Q(last_day=None) | Q(last_day__gte=day), revoked_at=None)


class ApiToken(models.Model):
    """A key by which a program acts as a person; only its SHA-256 is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens", verbose_name="人员")
    name = models.CharField("用途", max_length=60)
    # The token is 256 random bits: its digest needs neither salt nor key.
    digest = models.CharField("SHA-256", max_length=64, unique=True)
    created_at = models.DateTimeField("建立时间")
    last_used_at = models.DateTimeField("最近使用", null=True)
    revoked_at = models.DateTimeField("作废时间", null=True)
    last_day = models.DateField("最后一天", null=True, help_text="空着是一直有效")

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "接口令牌"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user}：{self.name}"


class DeputyQuerySet(models.QuerySet["Deputy"]):
    """Deputies, asked by day."""

    def on(self, day: date) -> DeputyQuerySet:
        """Those in force on that day."""
        return self.filter(ended_at=None, valid_from__lte=day, valid_to__gte=day)

    def touching(self, first: date, last: date) -> DeputyQuerySet:
        """Those in force on at least one day from first to last."""
        return self.filter(ended_at=None, valid_from__lte=last, valid_to__gte=first)


class Deputy(models.Model):
    """代理: while a person is absent, somebody else has the person's tasks and approvals.

    An empty ``role`` is all roles of the person. Both days are included; ``ended_at`` ends it
    before. Rows are kept.
    """

    person = models.ForeignKey(User, models.PROTECT, related_name="deputies", verbose_name="本人")
    deputy = models.ForeignKey(
        User, models.PROTECT, related_name="deputises", verbose_name="代理人"
    )
    role = models.CharField("岗位", max_length=30, choices=Role, blank=True)
    valid_from = models.DateField("开始日期")
    valid_to = models.DateField("结束日期")
    reason = models.CharField("原因", max_length=200)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    created_at = models.DateTimeField("登记时间")
    ended_at = models.DateTimeField("提前结束", null=True, blank=True)

    objects = DeputyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "代理"
        ordering = ["-valid_from", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(person=F("deputy")), name="deputy_is_another"),
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")), name="deputy_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deputy} 代 {self.person}"

    @property
    def what(self) -> str:
        """The role that is deputised, in words."""
        return str(Role(self.role).label) if self.role else "全部岗位"


class LogInCount(models.Model):
    """How often a log-in was tried lately, by user name or address; never says who exists."""

    key = models.CharField("摘要", max_length=64, primary_key=True)
    # Of the user name alone, empty for a count by address: so that a reset finds them all.
    name = models.CharField("用户名的摘要", max_length=64, blank=True, db_index=True)
    tries = models.PositiveIntegerField("次数", default=0)
    expires_at = models.DateTimeField("清零时间", db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "登录次数"

    def __str__(self) -> str:
        return f"{self.key[:8]}: {self.tries}"


class SavedView(models.Model):
    """The filters of a list that a person saved under a name; they are the person's alone."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views", verbose_name="人员")
    page = models.CharField("列表", max_length=40)
    name = models.CharField("名称", max_length=30)
    query = models.CharField("条件", max_length=500)
    created_at = models.DateTimeField("建立时间")

    class Meta:
        verbose_name = verbose_name_plural = "常用条件"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="saved_view_once")
        ]

    def __str__(self) -> str:
        return self.name
