"""Departments: added and renamed without code; three of them have a liaison's post."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Department, User
from accounts.roles import LIAISON_DEPARTMENT, Role
from accounts.services.common import STREAM, one_at_a_time
from haitang.kernel import audit
from haitang.kernel.errors import Conflict, Invalid


def add_department(*, name: str, takes_part: bool, by: User, now: datetime) -> Department:
    """A new department. Raises Invalid without a name, Conflict for a name that is taken."""
    with transaction.atomic():
        one_at_a_time()
        name = _free_name(name, except_pk=0)
        department = Department.objects.create(name=name, takes_part=takes_part)
        audit.record(
            stream=STREAM,
            act="add_department",
            obj=department,
            by=by,
            now=now,
            details={"takes_part": takes_part},
        )
    return department


def change_department(
    *, department: Department, name: str, takes_part: bool, by: User, now: datetime
) -> bool:
    """Another name, or another answer to whether it takes part; returns whether it changed."""
    with transaction.atomic():
        one_at_a_time()
        department = Department.objects.get(pk=department.pk)
        name = _free_name(name, except_pk=department.pk)
        before = {"name": department.name, "takes_part": department.takes_part}
        after = {"name": name, "takes_part": takes_part}
        if before == after:
            return False
        department.name, department.takes_part = name, takes_part
        department.save(update_fields=["name", "takes_part"])
        audit.record(
            stream=STREAM,
            act="change_department",
            obj=department,
            by=by,
            now=now,
            details={"before": before, "after": after},
        )
    return True


def department_of_liaison(role: Role) -> Department:
    """The department whose liaison the role is, whatever its name is now; made when absent."""
    found = Department.objects.filter(liaison_role=role).first()
    return found or department_named(LIAISON_DEPARTMENT[role])


def department_named(name: str) -> Department:
    """The department of that name, made when absent.

    信息部, 运营部 and 客服部 take part, each with its liaison's post unless another department
    (the same one renamed) has it already.
    """
    role = next((role for role, first in LIAISON_DEPARTMENT.items() if first == name), None)
    if role and Department.objects.filter(liaison_role=role).exclude(name=name).exists():
        role = None
    department, made = Department.objects.get_or_create(
        name=name, defaults={"takes_part": role is not None, "liaison_role": role or ""}
    )
    if not made and role and not department.liaison_role:
        department.liaison_role = role
        department.save(update_fields=["liaison_role"])
    return department


def _free_name(name: str, *, except_pk: int) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 60:
        raise Invalid("请填写部门名称，60 个字以内。")
    if Department.objects.filter(name=name).exclude(pk=except_pk).exists():
        raise Conflict(f"已有名为“{name}”的部门：请换一个名称。")
    return name
