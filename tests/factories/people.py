"""People of the house with their tenures."""

from __future__ import annotations

from datetime import date
from itertools import count

from accounts.models import Department, Tenure, User
from accounts.roles import LIAISON_DEPARTMENT, Role

SINCE = date(2018, 1, 1)
_numbers = count(1)
_LIAISON_OF = {name: role.value for role, name in LIAISON_DEPARTMENT.items()}


def make_department(*, name: str = "信息部", takes_part: bool = True) -> Department:
    """The department of that name, made when absent."""
    department, _ = Department.objects.get_or_create(
        name=name,
        defaults={"takes_part": takes_part, "liaison_role": _LIAISON_OF.get(name, "")},
    )
    return department


def make_user(
    *,
    username: str = "",
    name: str = "",
    department: Department | None = None,
    is_superuser: bool = False,
) -> User:
    """A person who can log in (password: the username) but holds no role."""
    username = username or f"person{next(_numbers)}"
    user = User(
        username=username,
        name=name or username,
        department=department,
        is_superuser=is_superuser,
        is_staff=is_superuser,
    )
    user.set_password(username)
    user.save()
    return user


def make_tenure(
    *,
    user: User,
    role: Role,
    valid_from: date = SINCE,
    valid_to: date | None = None,
    share: str = "1",
    store_code: str = "",
) -> Tenure:
    """A role held from the first day to the last, both included."""
    return Tenure.objects.create(
        user=user,
        role=role,
        valid_from=valid_from,
        valid_to=valid_to,
        share=share,
        store_code=store_code,
    )


def make_holder(role: Role, *, username: str = "", name: str = "", store_code: str = "") -> User:
    """A person who holds one role since 2018; a liaison belongs to that role's department."""
    department_name = LIAISON_DEPARTMENT.get(role)
    department = make_department(name=department_name) if department_name else None
    user = make_user(username=username or role.value, name=name, department=department)
    make_tenure(user=user, role=role, store_code=store_code)
    return user
