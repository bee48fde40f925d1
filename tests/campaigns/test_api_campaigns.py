"""The API of stores, campaigns and uplift; a store manager is held to the own store."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from campaigns.models import Store
from campaigns.services import compute_uplift
from tests.support.api import error_of, token_client
from tests.web import scene

pytestmark = pytest.mark.django_db


def _codes(client: Client, address: str) -> list[str]:
    return [row["code"] for row in client.get(address).json()["results"]]


def test_stores_by_text_and_by_day(planner: User) -> None:
    scene.make_store()
    scene.make_store("S02", "中山店")
    Store.objects.create(
        code="S03", name="老店", opened_on=date(2001, 1, 1), closed_on=date(2020, 1, 1)
    )
    client = token_client(planner)
    assert _codes(client, "/api/stores/") == ["S01", "S02", "S03"]
    assert _codes(client, "/api/stores/?q=中山") == ["S02"]
    assert _codes(client, "/api/stores/?open_on=2026-01-01") == ["S01", "S02"]


def test_stores_of_a_store_manager_are_the_own_one(store_manager: User) -> None:
    scene.make_store()
    scene.make_store("S02")
    assert _codes(token_client(store_manager), "/api/stores/") == ["S01"]


def test_stores_come_in_pages(planner: User) -> None:
    for number in range(3):
        scene.make_store(f"S0{number}")
    client = token_client(planner)
    body = client.get("/api/stores/?page_size=2").json()
    assert (body["count"], len(body["results"]), body["previous"]) == (3, 2, None)
    assert _codes(client, body["next"]) == ["S02"]


def test_campaigns_are_searched_and_filtered(planner: User) -> None:
    scene.make_campaign("C1")
    scene.make_campaign("C2", title="会员日", kind="member_day", status="planned")
    scene.make_campaign("C3", start=date(2026, 9, 30), end=date(2026, 10, 1))
    client = token_client(planner)
    assert _codes(client, "/api/campaigns/") == ["C1", "C2", "C3"]
    assert _codes(client, "/api/campaigns/?q=会员") == ["C2"]
    assert _codes(client, "/api/campaigns/?kind=member_day&status=planned") == ["C2"]
    assert _codes(client, "/api/campaigns/?month=2026-09") == ["C3"]


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("address", ["/api/stores/", "/api/campaigns/"])
def test_lists_ask_a_constant_number_of_queries(address: str, number: int, planner: User) -> None:
    for index in range(number):
        scene.make_campaign(f"C{index}", stores=[scene.make_store(f"S{index}")])
    compute_uplift(now=scene.MOMENT)
    client = token_client(planner)
    client.get("/api/me/")
    with CaptureQueriesContext(connection) as asked:
        assert len(_codes(client, address)) == number
    assert len(asked) == 4  # token with person, standing, count, rows


def test_campaign_is_shown_with_its_stores(planner: User) -> None:
    scene.make_chain()
    body = token_client(planner).get("/api/campaigns/C1/").json()
    assert body["stores"] == ["S01", "S02"]
    assert (body["article"], body["margin_uplift"], body["all_stores"]) == ("A1", None, False)


def test_campaign_code_with_a_slash_is_found(planner: User) -> None:
    scene.make_campaign("2026/10/感恩")
    client = token_client(planner)
    assert client.get("/api/campaigns/2026/10/感恩/").json()["code"] == "2026/10/感恩"


def test_uplift_shows_every_day_used_and_skipped(planner: User) -> None:
    scene.make_chain()
    compute_uplift(now=scene.MOMENT)
    client = token_client(planner)
    body = client.get("/api/campaigns/C1/uplift/").json()
    assert body["margin_uplift"] == body["uplift"]["margin"] == str(scene.UPLIFT)
    assert [row["margin_uplift"] for row in body["stores"]] == ["670.20", "790.20"]
    day = body["days"][0]
    assert [each["date"] for each in day["baseline_days"]] == [
        "2026-09-19",
        "2026-09-12",
        "2026-09-05",
    ]
    assert {"date": "2026-10-10", "reason": "makeup_workday"} in day["skipped_days"]
    assert client.get("/api/campaigns/").json()["results"][0]["margin_uplift"] == "1460.40"


def test_uplift_that_was_not_computed_is_not_found(planner: User) -> None:
    scene.make_campaign()
    error = error_of(token_client(planner).get("/api/campaigns/C1/uplift/"), 404, "not_found")
    assert "还没有计算" in error["message"]


def test_store_manager_gets_own_rows_without_totals(store_manager: User) -> None:
    scene.make_chain()
    compute_uplift(now=scene.MOMENT)
    client = token_client(store_manager)
    answer = client.get("/api/campaigns/C1/uplift/")
    body = answer.json()
    assert {row["store"] for row in body["stores"]} == {"S01"}
    assert {row["store"] for row in body["days"]} == {"S01"}
    assert [body[key] for key in ("margin_uplift", "actual", "baseline", "uplift")] == [None] * 4
    assert "S02" not in answer.content.decode()
    assert str(scene.UPLIFT) not in answer.content.decode()
    assert client.get("/api/campaigns/").json()["results"][0]["margin_uplift"] is None
    assert client.get("/api/campaigns/C1/").json()["stores"] == ["S01"]


def test_campaign_of_other_stores_is_not_found_by_a_store_manager(store_manager: User) -> None:
    scene.make_store()
    scene.make_campaign("C2", stores=[scene.make_store("S02")])
    client = token_client(store_manager)
    for address in ("/api/campaigns/C2/", "/api/campaigns/C2/uplift/"):
        error_of(client.get(address), 404, "not_found")
    assert _codes(client, "/api/campaigns/") == []
