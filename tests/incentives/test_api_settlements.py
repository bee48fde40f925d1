"""The API of the settlement: the same document as the command, for those who may see months."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.policy.services import publish_policy
from incentives.calculation.services import calculate_month
from incentives.models import KpiEvent, SettlementRun
from tests.support.api import _no_throttle_from_earlier_tests, error_of, token_client
from tests.web import scene

pytestmark = pytest.mark.django_db
__all__ = ["_no_throttle_from_earlier_tests"]


def test_settlement_is_the_document_that_the_command_prints(finance: User) -> None:
    scene.make_chain()
    scene.make_team()
    scene.make_event("planner.assessment", "1/3")
    printed = StringIO()
    call_command("settle", "2026-10", "--json", stdout=printed)
    client = token_client(finance)
    computed = {"calculation": None, **json.loads(printed.getvalue())}
    assert client.get("/api/settlements/2026-10/").json() == computed
    assert computed["pool"] == str(scene.POOL)
    assert not SettlementRun.objects.exists()
    run = calculate_month(month=Month(2026, 10), by=finance, now=scene.MOMENT)
    assert client.get("/api/settlements/2026-10/?anew=true").json() == computed
    kept = client.get("/api/settlements/2026-10/").json()
    assert kept == {**computed, "calculation": kept["calculation"]}
    assert kept["calculation"] == {
        "number": 1,
        "digest": run.digest,
        "calculated_at": "2026-11-03T10:00:00+08:00",
        "changed": [],
    }


def test_kept_settlement_says_what_was_entered_since(finance: User) -> None:
    scene.make_chain()
    scene.make_team()
    calculate_month(month=Month(2026, 10), by=finance, now=scene.MOMENT)
    later = scene.MOMENT + timedelta(hours=1)
    publish_policy(document={"code": "later"}, by=finance, now=later)
    scene.make_event("planner.assessment", "1/3")
    KpiEvent.objects.update(recorded_at=later)
    body = token_client(finance).get("/api/settlements/2026-10/").json()
    assert set(body["calculation"]["changed"]) == {"考核", "制度"}
    assert body["pool"] == str(scene.POOL)


@pytest.mark.parametrize("month", ["2026-13", "0000-01", "october", "2026-10-17", "%20", "９"])
def test_month_that_is_none_is_not_found(month: str, finance: User) -> None:
    error = error_of(token_client(finance).get(f"/api/settlements/{month}/"), 404, "not_found")
    assert "月份" in error["message"]


@pytest.mark.parametrize("month", ["0001-01", "1999-12", "9999-12"])
def test_month_without_anything_is_computed_all_the_same(month: str, finance: User) -> None:
    body = token_client(finance).get(f"/api/settlements/{month}/").json()
    assert (body["month"], body["pool"]) == (month, "0.00")


def test_payout_is_closed_to_a_store_manager_and_an_employee(
    store_manager: User, employee: User
) -> None:
    scene.make_chain()
    scene.make_team()
    for user in (store_manager, employee):
        client = token_client(user)
        for address in ("/api/settlements/", "/api/settlements/2026-10/", "/api/policy/"):
            answer = client.get(address)
            error_of(answer, 403, "not_allowed")
            assert str(scene.POOL) not in answer.content.decode()


def test_months_name_their_last_calculation(finance: User) -> None:
    scene.make_chain()
    scene.make_team()
    calculate_month(month=Month(2026, 10), by=finance, now=scene.MOMENT)
    body = token_client(finance).get("/api/settlements/").json()
    assert (body["years"], body["year"]) == ([2026], 2026)
    assert [each["month"] for each in body["results"]] == ["2026-10", "2026-09", "2026-08"]
    assert body["results"][1]["run"] is None
    run = body["results"][0]["run"]
    assert (run["number"], run["pool"]) == (1, str(scene.POOL))
    assert run["calculated_at"] == "2026-11-03T10:00:00+08:00"


def test_months_of_a_year_without_data_are_none(finance: User) -> None:
    body = token_client(finance).get("/api/settlements/?year=2001").json()
    assert body == {"years": [], "year": 2001, "results": []}


@pytest.mark.parametrize("number", [1, 3])
def test_months_ask_a_constant_number_of_queries(number: int, finance: User) -> None:
    for month in range(number):
        SettlementRun.objects.create(
            month=f"2026-0{month + 1}",
            number=1,
            policy_code="p",
            policy={},
            digest="d",
            pool=1,
            margin_uplift=5,
            document={},
            trace={},
            calculated_at=scene.MOMENT,
        )
    client = token_client(finance)
    client.get("/api/me/")  # notes the token's use
    with CaptureQueriesContext(connection) as asked:
        body = client.get("/api/settlements/").json()
    assert len(body["results"]) == number
    assert len(asked) == 9
