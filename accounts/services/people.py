"""Accounts: made with a first password, reset, closed on a last day, opened again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import throttle
from accounts.models import Department, Deputy, Tenure, User
from accounts.services.common import STREAM, checked_reason, one_at_a_time
from accounts.tokens import revoke_token, tokens_of
from haitang.kernel import audit, clock
from haitang.kernel.display import day_text
from haitang.kernel.errors import Conflict, Invalid

# Without letters and digits that look alike on paper.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
NAME_LENGTH = 60
# What the books call by these names are no people: the ledger's accounts, payees that are a fund.
RESERVED_NAMES = frozenset(
    {
        *("company", "maintenance", "reserve", "pool", "payable", "carried", "withheld"),
        *("fee", "outstanding", "bank"),
    }
)


@dataclass(frozen=True)
class WithPassword:
    """A person with a password that is shown once and kept by nobody."""

    user: User
    password: str


def new_password() -> str:
    """A first password of three groups of four, about 59 bits: ``k7wm-3pxd-h9qa``."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


def reserved_fault(username: str) -> str:
    """Why nobody may be called so; empty for a user name that is free for people."""
    if username.strip().lower() not in RESERVED_NAMES:
        return ""
    return f"用户名“{username}”是账本里的科目名，不能给人用：请换一个，例如加上姓名的拼音。"


def create_person(
    *, username: str, name: str, department: Department, by: User, now: datetime
) -> WithPassword:
    """A new person without any role, with a first password that must be changed at log-in.

    Raises Invalid for a user name or a name that cannot be used, Conflict for one that is taken
    (capitals make no difference).
    """
    username, name = username.strip(), _checked_name(name)
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError:
        raise Invalid(
            f"用户名“{username}”不能用：只能有字母、数字和 @ . + - _，例如 liu.siyuan。"
        ) from None
    if fault := reserved_fault(username):
        raise Invalid(fault)
    if len(username) > 150:
        raise Invalid("用户名太长：请写在 150 个字符以内。")
    password = new_password()
    with transaction.atomic():
        one_at_a_time()
        if User.objects.filter(username__iexact=username).exists():
            raise Conflict(f"用户名“{username}”已有人用：请换一个，例如加上部门的拼音。")
        user = User(username=username, name=name, department=department, must_change_password=True)
        user.set_password(password)
        user.save()
        audit.record(
            stream=STREAM,
            act="create_person",
            obj=user,
            by=by,
            now=now,
            details={"username": username, "department": department.name},
        )
    return WithPassword(user, password)


def change_person(
    *, user: User, name: str, department: Department, by: User, now: datetime
) -> bool:
    """Another name or department; returns whether anything changed."""
    name = _checked_name(name)
    with transaction.atomic():
        one_at_a_time()
        user = User.objects.select_related("department").get(pk=user.pk)
        before = {"name": user.name, "department": user.department.name if user.department else ""}
        after = {"name": name, "department": department.name}
        if before == after:
            return False
        user.name, user.department = name, department
        user.save(update_fields=["name", "department"])
        audit.record(
            stream=STREAM,
            act="change_person",
            obj=user,
            by=by,
            now=now,
            details={"before": before, "after": after},
        )
    return True


def reset_password(*, user: User, by: User, now: datetime) -> WithPassword:
    """A new first password; every session and every token of the person ends with the old one.

    Raises Conflict for a closed account and for one's own.
    """
    if user.pk == by.pk:
        raise Conflict("这是您自己的账号：请用“修改密码”。")
    if not user.may_enter(clock.business_day(now)):
        raise Conflict(f"{user} 的账号已停用：请先重新启用，再重设密码。")
    password = new_password()
    with transaction.atomic():
        user.set_password(password)
        user.must_change_password = True
        user.save(update_fields=["password", "must_change_password"])
        throttle.forget(user.username)
        audit.record(stream=STREAM, act="reset_password", obj=user, by=by, now=now)
        for token in tokens_of(user).filter(revoked_at=None):
            revoke_token(token=token, by=by, now=now)
    return WithPassword(user, password)


def change_password(*, user: User, password: str, now: datetime) -> None:
    """The person's own new password, already validated; Invalid when it is the present one."""
    if user.check_password(password):
        raise Invalid("新密码和现在的一样：请换一个。")
    with transaction.atomic():
        user.set_password(password)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])
        audit.record(stream=STREAM, act="change_password", obj=user, by=user, now=now)


def close_account(
    *, user: User, last_day: date, reason: str, by: User, now: datetime
) -> list[Tenure]:
    """The person leaves: the account is open through ``last_day`` and closed from the next day.

    Tenures and deputies that go on beyond it end with it; returns those tenures. Raises Conflict
    for one's own account and when a tenure begins only after the last day.
    """
    reason = checked_reason(reason)
    if user.pk == by.pk:
        raise Conflict("不能停用自己的账号：请由另一位管理员操作。")
    with transaction.atomic():
        one_at_a_time()
        user = User.objects.get(pk=user.pk)
        going_on = list(Tenure.objects.filter(user=user).touching(last_day, date.max))
        later = next((each for each in going_on if each.valid_from > last_day), None)
        if later:
            raise Conflict(
                f"{user} 的“{later.get_role_display()}”从{day_text(later.valid_from)}才开始，"
                "晚于最后一天：请先更正或撤销这条任职。"
            )
        ended = [each for each in going_on if each.valid_to is None or each.valid_to > last_day]
        for tenure in ended:
            tenure.valid_to = last_day
            tenure.save(update_fields=["valid_to"])
        user.last_day = last_day
        user.save(update_fields=["last_day"])
        _end_deputies(user, last_day, now)
        audit.record(
            stream=STREAM,
            act="close_account",
            obj=user,
            by=by,
            now=now,
            details={
                "last_day": last_day.isoformat(),
                "reason": reason,
                "ended": [str(each.get_role_display()) for each in ended],
            },
        )
    return ended


def reopen_account(*, user: User, by: User, now: datetime) -> None:
    """The person may log in again; tenures stay ended and are added anew.

    Raises Conflict when the account is open without an end.
    """
    with transaction.atomic():
        one_at_a_time()
        user = User.objects.get(pk=user.pk)
        if user.is_active and user.last_day is None:
            raise Conflict(f"{user} 的账号没有停用，不需要启用。")
        was = user.last_day.isoformat() if user.last_day else ""
        user.is_active, user.last_day = True, None
        user.save(update_fields=["is_active", "last_day"])
        audit.record(
            stream=STREAM,
            act="reopen_account",
            obj=user,
            by=by,
            now=now,
            details={"last_day": was},
        )


def _end_deputies(user: User, last_day: date, now: datetime) -> None:
    """Nobody stands in for, or is represented by, somebody who has left."""
    beyond = Deputy.objects.filter(ended_at=None, valid_to__gt=last_day)
    theirs = beyond.filter(person=user) | beyond.filter(deputy=user)
    for each in theirs:
        if each.valid_from > last_day or last_day < clock.business_day(now):
            each.ended_at = now
        else:
            each.valid_to = last_day
        each.save(update_fields=["ended_at", "valid_to"])


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= NAME_LENGTH:
        raise Invalid(f"请填写姓名，{NAME_LENGTH} 个字以内。")
    return name
