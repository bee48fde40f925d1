"""The API: errors in one shape, sessions with CSRF, throttling, addresses that are nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.throttling import ScopedRateThrottle

from accounts.models import User
from campaigns import selectors
from campaigns.models import SalesImport
from incentives.api import SettlementApi
from tests.support.api import _no_throttle_from_earlier_tests, error_of, token_client
from tests.web import scene

pytestmark = pytest.mark.django_db
__all__ = ["_no_throttle_from_earlier_tests"]


def test_root_names_where_each_thing_begins(planner: User) -> None:
    body = token_client(planner).get("/api/").json()
    assert body["settlements"] == "http://testserver/api/settlements/"
    assert body["docs"] == "http://testserver/api/docs/"


@pytest.mark.parametrize("address", ["/api/nowhere/", "/api/stores", "/api/imports/x/"])
def test_address_that_is_nowhere_says_so_in_the_same_shape(address: str, client: Client) -> None:
    assert "没有这个地址" in error_of(client.get(address), 404, "not_found")["message"]


def test_other_method_is_refused(planner: User) -> None:
    error = error_of(token_client(planner).delete("/api/stores/"), 405, "method_not_allowed")
    assert "DELETE" in error["message"]


def test_wrong_filter_names_the_field(planner: User) -> None:
    client = token_client(planner)
    answer = client.get("/api/campaigns/?month=2026-13&scale=huge")
    said = {each["field"]: each["message"] for each in error_of(answer, 400, "invalid")["details"]}
    assert said == {
        "month": "月份写得不对：请写成 2026-10 这样的年-月。",
        "scale": "“huge” 不是合法选项。",
    }


def test_page_beyond_the_last_is_not_found(planner: User) -> None:
    error = error_of(token_client(planner).get("/api/stores/?page=99"), 404, "not_found")
    assert "没有第 99 页" in error["message"]


def test_nul_in_a_query_or_an_address_is_no_server_error(planner: User) -> None:
    client = token_client(planner)
    error_of(client.get("/api/stores/?q=%00"), 400, "invalid")
    error_of(client.get("/api/campaigns/%00/"), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("{", "application/json", 400, "invalid"),
        ('{"reason": "\\ud800"}', "application/json", 400, "invalid"),
        ("[]", "application/json", 400, "invalid"),
        ("<a/>", "text/xml", 415, "unsupported_media_type"),
    ],
)
def test_body_that_cannot_be_read_is_refused(
    body: str, kind: str, status: int, code: str, it: User
) -> None:
    row = scene.make_import()
    answer = token_client(it).post(f"/api/imports/{row.pk}/withdraw/", body, content_type=kind)
    error_of(answer, status, code)


def test_refusal_keeps_its_sentence_and_details(it: User) -> None:
    row = scene.make_import(state="failed")
    answer = token_client(it).post(
        f"/api/imports/{row.pk}/withdraw/", {"reason": "错"}, content_type="application/json"
    )
    error_of(answer, 409, "conflict")


def test_unexpected_error_is_told_without_its_inside(
    planner: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(selectors, "stores_found", broken)
    answer = token_client(planner, raise_request_exception=False).get("/api/stores/")
    error_of(answer, 500, "unexpected")
    assert "secret" not in answer.content.decode()
    assert "secret inside" in caplog.text


def _withdraw(client: Client, row: SalesImport, headers: dict[str, str] | None = None) -> Any:
    return client.post(
        f"/api/imports/{row.pk}/withdraw/",
        {"reason": "导错了"},
        content_type="application/json",
        headers=headers,
    )


def test_session_reads_without_and_writes_only_with_its_csrf_token(it: User) -> None:
    row = scene.make_import(effect_number=1)
    client = Client(enforce_csrf_checks=True)
    client.force_login(it)
    assert client.get("/api/imports/").status_code == 200
    assert "X-CSRFToken" in error_of(_withdraw(client, row), 403, "not_allowed")["message"]
    client.get("/imports/")
    token = client.cookies["csrftoken"].value
    assert _withdraw(client, row, headers={"x-csrftoken": token}).status_code == 200


def test_token_writes_without_csrf(it: User) -> None:
    row = scene.make_import(effect_number=1)
    assert _withdraw(token_client(it, enforce_csrf_checks=True), row).status_code == 200


def test_session_of_a_disabled_person_is_out(planner: User, client: Client) -> None:
    client.force_login(planner)
    planner.is_active = False
    planner.save()
    error_of(client.get("/api/me/"), 401, "not_authenticated")


def test_too_many_calculations_are_throttled(
    planner: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SettlementApi.throttle_scope == "calculation"
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"calculation": "1/min"})
    client = token_client(planner)
    assert client.get("/api/settlements/2026-10/").status_code == 200
    answer = client.get("/api/settlements/2026-10/")
    assert "秒后再试" in error_of(answer, 429, "throttled")["message"]
    assert 0 < int(answer["Retry-After"]) <= 60
