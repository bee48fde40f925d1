"""Log-in and log-out."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_login_goes_on_to_the_page_asked_for(general_manager: User, client: Client) -> None:
    answer = client.post(
        "/login/",
        {"username": "general_manager", "password": "general_manager", "next": "/months/"},
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/months/"


def test_login_never_goes_on_to_a_foreign_page(general_manager: User, client: Client) -> None:
    answer = client.post(
        "/login/",
        {
            "username": "general_manager",
            "password": "general_manager",
            "next": "https://evil.example/",
        },
    )
    assert answer["Location"] == "/"


def test_new_house_is_told_how_the_first_account_is_made(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    told = "manage.py createsuperuser"
    assert told in client.get("/login/").content.decode()
    User.objects.create_user("somebody", is_active=False)
    with django_assert_num_queries(1):
        assert told not in client.get("/login/").content.decode()


@pytest.mark.parametrize("username", ["general_manager", "nobody"])
def test_login_with_a_wrong_pair_does_not_say_which_was_wrong(
    username: str, general_manager: User, client: Client
) -> None:
    answer = client.post("/login/", {"username": username, "password": "wrong"})
    assert answer.status_code == 200
    assert "用户名或密码不对" in answer.content.decode()


def test_login_of_a_disabled_person_is_refused(general_manager: User, client: Client) -> None:
    User.objects.filter(pk=general_manager.pk).update(is_active=False)
    answer = client.post("/login/", {"username": "general_manager", "password": "general_manager"})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_login_without_password_says_so(client: Client) -> None:
    answer = client.post("/login/", {"username": "x", "password": ""})
    assert "请填写密码后再登录。" in answer.content.decode()


def test_logout_ends_the_session(general_manager: User, client: Client) -> None:
    client.force_login(general_manager)
    assert client.post("/logout/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_logout_address_typed_by_hand_logs_nobody_out(
    general_manager: User, client: Client
) -> None:
    client.force_login(general_manager)
    client.get("/logout/")
    assert "_auth_user_id" in client.session
