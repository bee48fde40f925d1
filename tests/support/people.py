"""Fixtures: one person a role, who holds it since 2018; the user name is the role's code."""

from __future__ import annotations

import pytest

from accounts.models import Tenure, User
from accounts.roles import Role
from tests.factories.people import make_department, make_holder, make_tenure, make_user


@pytest.fixture
def general_manager(db: None) -> User:
    return make_holder(Role.GENERAL_MANAGER, name="王总")


@pytest.fixture
def vice_general_manager(db: None) -> User:
    return make_holder(Role.VICE_GENERAL_MANAGER, name="陈副总")


@pytest.fixture
def finance(db: None) -> User:
    return make_holder(Role.FINANCE, name="赵会计")


@pytest.fixture
def planner(db: None) -> User:
    return make_holder(Role.PLANNER, name="刘策划")


@pytest.fixture
def clerk(db: None) -> User:
    return make_holder(Role.CLERK, name="周结算")


@pytest.fixture
def supervisor(db: None) -> User:
    return make_holder(Role.SUPERVISOR, name="李督导")


@pytest.fixture
def copy(db: None) -> User:
    return make_holder(Role.COPY, name="朱文案")


@pytest.fixture
def art(db: None) -> User:
    return make_holder(Role.ART, name="张美工")


@pytest.fixture
def it(db: None) -> User:
    return make_holder(Role.IT, name="张信息")


@pytest.fixture
def ops(db: None) -> User:
    return make_holder(Role.OPS, name="刘运营")


@pytest.fixture
def cs(db: None) -> User:
    return make_holder(Role.CS, name="宋客服")


@pytest.fixture
def liaison(db: None) -> User:
    """部门对接人 of 公关部, which takes part and has no post among those that share the pool."""
    department = make_department(name="公关部")
    user = make_user(username="liaison", name="吴对接", department=department)
    make_tenure(user=user, role=Role.LIAISON)
    Tenure.objects.filter(user=user).update(department=department)
    return user


@pytest.fixture
def store_manager(db: None) -> User:
    """店长 of the store with code S01."""
    return make_holder(Role.STORE_MANAGER, name="孙店长", store_code="S01")


@pytest.fixture
def employee(db: None) -> User:
    return make_holder(Role.EMPLOYEE, name="周员工")


@pytest.fixture
def administrator(db: None) -> User:
    """A superuser without any role of the house."""
    return make_user(username="admin", name="管理员", is_superuser=True)
