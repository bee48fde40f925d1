"""Accounts: made with a first password, reset, closed on a last day, opened again; log-in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import throttle
from accounts.models import Deputy, LogInCount, Tenure, User
from accounts.roles import Role
from accounts.services import (
    add_tenure,
    close_account,
    create_person,
    reopen_account,
    reset_password,
    set_deputy,
)
from accounts.tokens import create_token, find_token
from haitang.kernel import clock
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.models import AuditEntry
from tests.factories.people import make_department, make_tenure, make_user

pytestmark = pytest.mark.django_db
NEW = "nanhai-2026-shan"


def _log_in(client: Client, username: str, password: str) -> str:
    answer = client.post("/login/", {"username": username, "password": password})
    return answer.content.decode() if answer.status_code == 200 else ""


def _is_in(client: Client) -> bool:
    return bool(client.get("/password/").status_code == 200)


def _yesterday() -> date:
    return clock.business_day(clock.now()) - timedelta(days=1)


@pytest.fixture
def liu(administrator: User, now: datetime) -> tuple[User, str]:
    """A person just made, with the first password."""
    made = create_person(
        username="liu", name="刘思远", department=make_department(), by=administrator, now=now
    )
    return made.user, made.password


def test_first_password_lets_through_to_the_password_page_only(
    liu: tuple[User, str], client: Client
) -> None:
    assert _log_in(client, "liu", liu[1]) == ""
    assert client.get("/")["Location"] == "/password/"
    assert client.get("/deputies/")["Location"] == "/password/"
    assert client.get("/api/me/").status_code == 403
    assert "首个密码" in client.get("/password/").content.decode()
    assert client.post("/logout/")["Location"] == "/login/"


def test_changed_first_password_opens_the_pages(liu: tuple[User, str], client: Client) -> None:
    _log_in(client, "liu", liu[1])
    data = {"old_password": liu[1], "new_password1": NEW, "new_password2": NEW}
    assert client.post("/password/", data)["Location"] == "/"
    assert client.get("/").status_code == 200
    assert AuditEntry.objects.get(act="change_password").actor == liu[0]


def test_first_password_cannot_be_kept(liu: tuple[User, str], client: Client) -> None:
    _log_in(client, "liu", liu[1])
    data = {"old_password": liu[1], "new_password1": liu[1], "new_password2": liu[1]}
    assert "和现在的一样" in client.post("/password/", data).content.decode()
    assert client.get("/")["Location"] == "/password/"


def test_first_password_is_shown_once_and_kept_nowhere(administrator: User, client: Client) -> None:
    client.force_login(administrator)
    department = make_department()
    data = {"username": "song", "name": "宋", "department": department.pk}
    answer = client.post("/people/new/", data)
    user = User.objects.get(username="song")
    password = answer.context["password"]
    assert password in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert user.check_password(password)
    assert password not in client.get(f"/people/{user.pk}/").content.decode()
    assert password not in str(list(AuditEntry.objects.values_list("details", flat=True)))


@pytest.mark.parametrize("username", ["liu", "LIU"])
def test_user_name_that_is_taken_is_refused(
    username: str, liu: tuple[User, str], administrator: User, now: datetime
) -> None:
    with pytest.raises(Conflict, match="已有人用"):
        create_person(
            username=username, name="刘", department=make_department(), by=administrator, now=now
        )


def test_person_without_a_department_is_refused(administrator: User, client: Client) -> None:
    client.force_login(administrator)
    answer = client.post("/people/new/", {"username": "x", "name": "某", "department": ""})
    assert "每个人都属于一个部门" in answer.content.decode()
    assert not User.objects.filter(username="x").exists()


def test_policy_scope_lists_departments_and_people(administrator: User, client: Client) -> None:
    """S001-02: who belongs to a department that takes part, and that department."""
    make_user(name="张三", department=make_department(name="公关部", takes_part=True))
    make_user(name="李四", department=make_department(name="仓储部", takes_part=False))
    client.force_login(administrator)
    text = client.get("/people/?scope=on").content.decode()
    assert "张三" in text
    assert "李四" not in text
    rows = {
        str(row): row.takes_part for row, _ in client.get("/people/departments/").context["rows"]
    }
    assert rows == {"公关部": True, "仓储部": False}


def test_reset_ends_the_sessions_and_forces_another_password(
    liu: tuple[User, str], administrator: User, client: Client, now: datetime
) -> None:
    client.force_login(User.objects.get(pk=liu[0].pk))
    _, token = create_token(user=liu[0], name="程序", by=None, now=now)
    password = reset_password(user=liu[0], by=administrator, now=now).password
    assert not _is_in(client)
    assert find_token(token, now=now) is None
    assert _log_in(client, "liu", password) == ""
    assert client.get("/")["Location"] == "/password/"


def test_person_past_the_last_day_is_out_with_sessions_and_tokens(
    liu: tuple[User, str], administrator: User, client: Client
) -> None:
    """S001-19: who has left has no access and is out of scope from the day after."""
    user, now = liu[0], clock.now()
    today = clock.business_day(now)
    make_tenure(user=user, role=Role.COPY)
    client.force_login(user)
    _, token = create_token(user=user, name="程序", by=None, now=now)
    assert find_token(token, now=now)
    ended = close_account(user=user, last_day=today, reason="离职", by=administrator, now=now)
    assert [each.valid_to for each in ended] == [today]
    assert client.get("/password/").status_code == 200  # the last day itself is open
    User.objects.filter(pk=user.pk).update(last_day=today - timedelta(days=1))
    assert not _is_in(client)
    assert find_token(token, now=now) is None
    assert "账号已停用" in _log_in(client, "liu", liu[1])
    assert "用户名或密码不对" in _log_in(client, "liu", "wrong")
    tomorrow = today + timedelta(days=1)
    assert not Tenure.objects.on(tomorrow).filter(user=user).exists()
    assert AuditEntry.objects.get(act="close_account").details["ended"] == ["文案编辑"]


def test_reopened_account_may_log_in_without_its_tenures(
    liu: tuple[User, str], administrator: User, client: Client
) -> None:
    user, now = liu[0], clock.now()
    make_tenure(user=user, role=Role.COPY)
    day = clock.business_day(now) - timedelta(days=1)
    close_account(user=user, last_day=day, reason="离职", by=administrator, now=now)
    reopen_account(user=user, by=administrator, now=now)
    assert _log_in(client, "liu", liu[1]) == ""
    assert not Tenure.objects.on(clock.business_day(now)).filter(user=user).exists()


def test_closing_ends_deputies_on_both_sides(
    liu: tuple[User, str], administrator: User, copy: User, art: User
) -> None:
    user, now = liu[0], clock.now()
    today = clock.business_day(now)
    make_tenure(user=user, role=Role.PLANNER)
    week: dict[str, Any] = {
        "valid_from": today,
        "valid_to": today + timedelta(days=7),
        "reason": "休假",
    }
    set_deputy(person=user, deputy=copy, role=None, by=user, now=now, **week)
    close_account(user=user, last_day=today, reason="离职", by=administrator, now=now)
    assert Deputy.objects.get().valid_to == today


def test_administrator_cannot_close_the_own_account(administrator: User, now: datetime) -> None:
    with pytest.raises(Conflict, match="自己的账号"):
        close_account(
            user=administrator,
            last_day=now.date(),
            reason="试试",
            by=administrator,
            now=now,
        )


def test_tenure_beyond_the_last_day_is_refused(
    liu: tuple[User, str], administrator: User, now: datetime
) -> None:
    day = clock.business_day(now)
    close_account(user=liu[0], last_day=day, reason="离职", by=administrator, now=now)
    with pytest.raises(Conflict, match="为止"):
        add_tenure(
            user=User.objects.get(pk=liu[0].pk),
            role=Role.EMPLOYEE,
            valid_from=day,
            valid_to=None,
            by=administrator,
            now=now,
        )


def test_closing_without_a_reason_is_refused(
    liu: tuple[User, str], administrator: User, now: datetime
) -> None:
    with pytest.raises(Invalid, match="请写明原因"):
        close_account(user=liu[0], last_day=now.date(), reason=" ", by=administrator, now=now)


@pytest.mark.parametrize("username", ["general_manager", "nobody"])
def test_sixth_try_has_to_wait_whether_or_not_the_name_exists(
    username: str, general_manager: User, client: Client
) -> None:
    for _ in range(throttle.NAME_AT_ADDRESS):
        assert "用户名或密码不对" in _log_in(client, username, "wrong")
    assert "登录试得太多" in _log_in(client, username, "wrong")
    assert "登录试得太多" in _log_in(client, username, username)


def test_throttling_covers_the_log_in_of_the_django_admin(
    administrator: User, client: Client
) -> None:
    for _ in range(throttle.NAME_AT_ADDRESS):
        client.post("/django-admin/login/", {"username": "admin", "password": "wrong"})
    client.post("/django-admin/login/", {"username": "admin", "password": "admin"})
    assert "_auth_user_id" not in client.session


def test_tries_are_forgotten_after_the_window(db: None, now: datetime) -> None:
    for _ in range(throttle.NAME_AT_ADDRESS):
        assert throttle.count_try("liu", "10.0.0.1", now=now) is None
    assert throttle.count_try("Liu ", "10.0.0.1", now=now) == now + throttle.WINDOW
    assert throttle.count_try("liu", "10.0.0.2", now=now) is None
    assert throttle.count_try("liu", "10.0.0.1", now=now + throttle.WINDOW) is None


def test_right_password_forgets_the_wrong_ones(general_manager: User, client: Client) -> None:
    for _ in range(3):
        for _ in range(throttle.NAME_AT_ADDRESS - 1):
            _log_in(client, "general_manager", "wrong")
        assert _log_in(client, "general_manager", "general_manager") == ""
        client.logout()


def test_reset_lets_a_throttled_person_in_at_once(
    liu: tuple[User, str], administrator: User, client: Client, now: datetime
) -> None:
    for _ in range(throttle.NAME_AT_ADDRESS + 1):
        _log_in(client, "liu", "wrong")
    password = reset_password(user=liu[0], by=administrator, now=now).password
    assert _log_in(client, "liu", password) == ""
    assert "liu" not in str(list(LogInCount.objects.values()))


@pytest.mark.parametrize("number", [1, 3])
def test_list_of_people_asks_a_constant_number_of_queries(
    number: int,
    administrator: User,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        make_tenure(user=make_user(name=f"张{index}"), role=Role.EMPLOYEE)
    client.force_login(administrator)
    with django_assert_num_queries(8):
        client.get("/people/")


@pytest.mark.parametrize("word", ["思远", "liu", "信息"])
def test_people_are_found_by_name_user_name_and_department(
    word: str, liu: tuple[User, str], administrator: User, client: Client
) -> None:
    client.force_login(administrator)
    page = client.get("/people/", {"q": word}).context["page"]
    assert [each.username for each in page] == ["liu"]


def test_people_are_found_by_role_and_by_whether_they_left(
    liu: tuple[User, str], planner: User, administrator: User, client: Client
) -> None:
    client.force_login(administrator)

    def names(**query: str) -> set[str]:
        return {each.username for each in client.get("/people/", query).context["page"]}

    assert names(role="planner") == {"planner"}
    User.objects.filter(username="liu").update(last_day=_yesterday())
    assert names() == {"admin", "planner"}
    assert names(state="left") == {"liu"}


def test_own_page_says_what_one_may_do_and_others_are_closed(
    employee: User, planner: User, client: Client
) -> None:
    client.force_login(employee)
    assert "改自己的密码" in client.get(f"/people/{employee.pk}/").content.decode()
    assert client.get(f"/people/{planner.pk}/").status_code == 403
    assert client.get("/people/99999/").status_code == 403


@pytest.mark.parametrize("name", ["reserve", "withheld", "Bank"])
def test_names_of_the_ledger_are_no_user_names(
    name: str, administrator: User, now: datetime
) -> None:
    with pytest.raises(Invalid, match="是账本里的科目名"):
        create_person(
            username=name, name="刘思远", department=make_department(), by=administrator, now=now
        )
