"""The page of tokens: made for oneself, shown once, revoked by its person or the administrator."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiToken, Deputy, User
from accounts.roles import Role
from accounts.tokens import create_token, find_token
from haitang.kernel.clock import business_day
from haitang.kernel.errors import Invalid
from haitang.kernel.models import AuditEntry
from tests.factories.people import make_user
from tests.support.api import error_of, token_client
from tests.web.scene import MOMENT

pytestmark = pytest.mark.django_db
GIVEN = {"name": "收银系统", "last_day": "2099-12-31"}


def _in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _made(client: Client, **given: str) -> str:
    text = client.post("/tokens/", {**GIVEN, **given}).content.decode()
    return "".join(re.findall(r'value="(ht_[^"]+)"', text))


def test_token_made_on_the_page_is_shown_once_and_lets_its_person_in(planner: User) -> None:
    client = _in(planner)
    text = _made(client)
    answer = Client().get("/api/me/", headers={"authorization": f"Bearer {text}"})
    assert answer.json()["username"] == "planner"
    assert text not in client.get("/tokens/").content.decode()
    assert ApiToken.objects.get().last_day == date(2099, 12, 31)
    entry = AuditEntry.objects.get(act="create_token")
    assert (entry.actor, entry.details) == (planner, {"last_day": "2099-12-31"})


def test_answer_with_a_token_is_kept_in_no_cache(planner: User) -> None:
    answer = _in(planner).post("/tokens/", GIVEN)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "请写明令牌的用途。"),
        ({"name": "长" * 61}, "用途最多 60 个字。"),
        ({"last_day": ""}, "请填写最后一天。"),
        ({"last_day": "2020-01-01"}, "已经过了"),
    ],
)
def test_token_that_cannot_be_made_says_why(
    planner: User, given: dict[str, str], said: str
) -> None:
    answer = _in(planner).post("/tokens/", {**GIVEN, **given})
    assert said in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_second_token_of_a_name_waits_for_the_first_to_end(planner: User) -> None:
    token, _ = create_token(
        user=planner, name="收银", by=None, now=MOMENT, last_day=business_day(MOMENT)
    )
    later = MOMENT + timedelta(days=1)
    again, _ = create_token(user=planner, name="收银", by=None, now=later)
    assert again.pk != token.pk


def test_token_works_on_its_last_day_and_no_longer(planner: User, now: datetime) -> None:
    _, text = create_token(user=planner, name="一", by=None, now=now, last_day=business_day(now))
    assert find_token(text, now=now)
    assert find_token(text, now=now + timedelta(days=1)) is None
    with pytest.raises(Invalid, match="已经过了"):
        create_token(
            user=planner, name="二", by=None, now=now, last_day=business_day(now) - timedelta(1)
        )


def test_command_gives_a_last_day_and_refuses_one_that_is_over(planner: User) -> None:
    call_command("create_token", "planner", "--last-day", "2099-01-31")
    assert ApiToken.objects.get().last_day == date(2099, 1, 31)
    with pytest.raises(CommandError, match="已经过了"):
        call_command("create_token", "planner", "--last-day", "2020-01-31")


def test_person_sees_and_revokes_only_own_tokens(planner: User, copy: User) -> None:
    token, text = create_token(user=copy, name="别人的", by=None, now=MOMENT)
    client = _in(planner)
    assert "别人的" not in client.get("/tokens/").content.decode()
    assert client.post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert find_token(text, now=MOMENT)


def test_administrator_sees_everybodys_tokens_and_revokes_them(
    administrator: User, copy: User
) -> None:
    token, text = create_token(user=copy, name="编辑部的", by=None, now=MOMENT)
    client = _in(administrator)
    page = client.get("/tokens/").content.decode()
    assert "编辑部的" in page
    assert f"/people/{copy.pk}/" in page
    assert client.post(f"/tokens/{token.pk}/revoke/").status_code == 302
    assert find_token(text, now=MOMENT) is None
    entry = AuditEntry.objects.get(act="revoke_token")
    assert entry.actor == administrator
    assert "已经作废" in client.post(f"/tokens/{token.pk}/revoke/", follow=True).content.decode()


def test_own_page_leads_to_the_tokens_and_they_to_the_description(planner: User) -> None:
    client = _in(planner)
    assert 'href="/tokens/"' in client.get(f"/people/{planner.pk}/").content.decode()
    assert 'href="/api/docs/"' in client.get("/tokens/").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_tokens_page_in_a_constant_number_of_queries(number: int, administrator: User) -> None:
    for index in range(number):
        create_token(user=make_user(), name=f"{index}", by=None, now=MOMENT)
    client = _in(administrator)
    with CaptureQueriesContext(connection) as asked:
        page = client.get("/tokens/").content.decode()
    assert len(asked) == 5  # session, person, standing, count, rows
    assert page.count("没有用过") == number


def test_token_of_a_deputy_may_what_the_deputised_may_while_it_lasts(
    general_manager: User, copy: User
) -> None:
    client = token_client(copy)
    error_of(client.get("/api/imports/"), 403, "not_allowed")
    today = business_day(MOMENT)
    deputy = Deputy.objects.create(
        person=general_manager,
        deputy=copy,
        role=Role.GENERAL_MANAGER,
        valid_from=date(2020, 1, 1),
        valid_to=date(2099, 1, 1),
        reason="出差",
        created_by=general_manager,
        created_at=MOMENT,
    )
    assert client.get("/api/imports/").status_code == 200
    assert client.get("/api/me/").json()["is_administrator"] is False
    Deputy.objects.filter(pk=deputy.pk).update(valid_to=today.replace(year=2020))
    error_of(client.get("/api/imports/"), 403, "not_allowed")
