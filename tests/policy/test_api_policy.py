"""The API of the policy: the version in force for a month, and all versions."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from haitang.policy.drafting import withdraw_version
from haitang.policy.models import PolicyVersion
from haitang.policy.services import publish_policy
from tests.support.api import error_of, token_client
from tests.web.scene import MOMENT

pytestmark = pytest.mark.django_db


def _publish(code: str, valid_from: str, by: User | None = None) -> int:
    document = {"code": code, "valid_from": valid_from, "pool_rate": "0.25"}
    return publish_policy(document=document, by=by, now=MOMENT).pk


def test_policy_without_any_version_is_the_default(planner: User) -> None:
    body = token_client(planner).get("/api/policy/").json()
    assert (body["code"], body["valid_from"]) == ("default", "2000-01-01")
    assert body["document"]["pool_rate"] == "0.20"


def test_policy_of_a_month_is_the_version_then_in_force(planner: User) -> None:
    _publish("p2026", "2026-10-01")
    client = token_client(planner)
    assert client.get("/api/policy/?month=2026-09").json()["code"] == "default"
    body = client.get("/api/policy/?month=2026-10").json()
    assert (body["month"], body["code"]) == ("2026-10", "p2026")
    assert body["document"]["pool_rate"] == "0.25"


def test_version_is_shown_whole(planner: User, general_manager: User) -> None:
    key = _publish("p2026", "2026-10-01", by=general_manager)
    body = token_client(planner).get(f"/api/policy/versions/{key}/").json()
    assert body["document"]["pool_rate"] == "0.25"
    assert (body["recorded_by"], body["withdrawn_at"]) == ("general_manager", None)


def test_publication_that_was_taken_back_says_when(planner: User, general_manager: User) -> None:
    key = _publish("p2027", "2027-10-01", by=general_manager)
    version = PolicyVersion.objects.get(pk=key)
    withdraw_version(version=version, reason="再议", by=general_manager, now=MOMENT)
    client = token_client(planner)
    assert client.get("/api/policy/?month=2027-10").json()["code"] == "default"
    (row,) = client.get("/api/policy/versions/").json()["results"]
    assert row["withdrawn_at"].startswith("2026-11-03T10:00:00")


def test_version_that_is_not_there_is_not_found(planner: User) -> None:
    error_of(token_client(planner).get("/api/policy/versions/7/"), 404, "not_found")


@pytest.mark.parametrize("number", [1, 3])
def test_versions_in_a_constant_number_of_queries(
    number: int, planner: User, general_manager: User
) -> None:
    for index in range(number):
        _publish(f"p{index}", f"2026-0{index + 1}-01", by=general_manager)
    client = token_client(planner)
    client.get("/api/me/")
    with CaptureQueriesContext(connection) as asked:
        rows = client.get("/api/policy/versions/").json()["results"]
    assert [row["code"] for row in rows] == [f"p{index}" for index in reversed(range(number))]
    assert len(asked) == 4  # token with person, standing, count, rows
