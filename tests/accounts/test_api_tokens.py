"""API tokens: made by the command, kept as a digest, ended by revoking or disabling."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiToken, User
from accounts.tokens import create_token, find_token
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.models import AuditEntry
from tests.factories.people import make_user
from tests.support.api import error_of, token_client
from tests.web.scene import MOMENT

pytestmark = pytest.mark.django_db


def _printed(*arguments: str) -> str:
    out = StringIO()
    call_command("create_token", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_create_token_prints_a_token_that_lets_its_person_in(planner: User) -> None:
    text = _printed("planner", "--name", "收银系统")
    answer = Client().get("/api/me/", headers={"authorization": f"Bearer {text}"})
    assert answer.json() == {
        "username": "planner",
        "name": "刘策划",
        "roles": ["planner"],
        "stores": [],
        "is_administrator": False,
    }


def test_create_token_keeps_only_the_digest(planner: User) -> None:
    text = _printed("planner")
    row = ApiToken.objects.values().get()
    assert text not in str(row)
    assert len(row["digest"]) == 64
    entry = AuditEntry.objects.get(act="create_token")
    assert text not in str(entry.details) + entry.object_name


def test_create_token_twice_without_a_name_makes_two(planner: User) -> None:
    assert _printed("planner") != _printed("planner")


def test_create_token_for_nobody_is_refused() -> None:
    with pytest.raises(CommandError, match="没有用户名为“nobody”的人"):
        call_command("create_token", "nobody")


def test_create_token_of_a_name_in_force_is_refused(planner: User) -> None:
    create_token(user=planner, name="收银", by=None, now=MOMENT)
    with pytest.raises(Conflict, match="已有名为“收银”的令牌"):
        create_token(user=planner, name="收银", by=None, now=MOMENT)


def test_create_token_without_a_name_or_with_a_long_one_is_refused(planner: User) -> None:
    for name in ("  ", "长" * 61):
        with pytest.raises(Invalid, match="1 到 60 个字"):
            create_token(user=planner, name=name, by=None, now=MOMENT)


def test_create_token_for_a_disabled_person_is_refused(planner: User) -> None:
    planner.is_active = False
    planner.save()
    with pytest.raises(CommandError, match="已停用"):
        call_command("create_token", "planner")


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer"])
def test_token_is_accepted_under_either_scheme(scheme: str, planner: User) -> None:
    text = _printed("planner")
    answer = Client().get("/api/me/", headers={"authorization": f"{scheme} {text}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer ht_wrong", "Bearer a b", "Bearer \xe9\xff"])
def test_wrong_token_is_refused_even_beside_a_session(header: str, planner: User) -> None:
    client = Client(headers={"authorization": header})
    client.force_login(planner)
    answer = client.get("/api/me/")
    error_of(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_token_of_a_disabled_person_stops_working(planner: User) -> None:
    client = token_client(planner)
    planner.is_active = False
    planner.save()
    error_of(client.get("/api/me/"), 401, "not_authenticated")


def test_token_stops_working_after_the_last_day(planner: User) -> None:
    client = token_client(planner)
    planner.last_day = date(2020, 1, 1)
    planner.save()
    error_of(client.get("/api/me/"), 401, "not_authenticated")


def test_revoke_token_command_ends_the_token_and_is_told_in_the_trail(planner: User) -> None:
    text = _printed("planner", "--name", "收银系统")
    call_command("revoke_token", "planner", "收银系统", stdout=StringIO())
    answer = Client().get("/api/me/", headers={"authorization": f"Bearer {text}"})
    error_of(answer, 401, "not_authenticated")
    assert AuditEntry.objects.filter(act="revoke_token").count() == 1
    with pytest.raises(CommandError, match="已经作废"):
        call_command("revoke_token", "planner", "收银系统")


def test_token_revokes_itself_but_no_other_persons(planner: User, copy: User) -> None:
    client, other = token_client(planner), token_client(copy)
    own, others = planner.api_tokens.get(), copy.api_tokens.get()
    error_of(client.post(f"/api/tokens/{others.pk}/revoke/"), 404, "not_found")
    assert other.get("/api/me/").status_code == 200
    assert client.post(f"/api/tokens/{own.pk}/revoke/").status_code == 204
    error_of(client.get("/api/me/"), 401, "not_authenticated")


@pytest.mark.parametrize("number", [1, 3])
def test_own_tokens_in_a_constant_number_of_queries(number: int, planner: User) -> None:
    for index in range(number):
        create_token(user=planner, name=f"{index}", by=None, now=MOMENT)
    create_token(user=make_user(), name="别人的", by=None, now=MOMENT)
    client = Client()
    client.force_login(planner)
    with CaptureQueriesContext(connection) as asked:
        body = client.get("/api/tokens/").json()
    assert len(asked) == 5  # session, person, standing, count, rows
    assert body["count"] == number
    assert set(body["results"][0]) == {
        "id",
        "name",
        "created_at",
        "last_used_at",
        "last_day",
        "revoked_at",
    }


def test_last_use_is_written_at_most_once_a_minute(planner: User) -> None:
    token, text = create_token(user=planner, name="收银", by=None, now=MOMENT)
    for seconds, kept in ((0, 0), (59, 0), (60, 60), (61, 60)):
        with CaptureQueriesContext(connection) as asked:
            find_token(text, now=MOMENT + timedelta(seconds=seconds))
        token.refresh_from_db()
        assert token.last_used_at == MOMENT + timedelta(seconds=kept)
        assert len(asked) == (2 if seconds in (0, 60) else 1)
