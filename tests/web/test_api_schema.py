"""The OpenAPI description: valid, whole, kept by the answers; and the page that shows it."""

from __future__ import annotations

import json
import warnings
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given, settings
from rest_framework.throttling import ScopedRateThrottle
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import User
from accounts.tokens import create_token
from campaigns.services import compute_uplift
from haitang.kernel.clock import Month
from haitang.policy.services import publish_policy
from haitang.wsgi import application
from incentives.calculation.services import calculate_month
from tests.web import scene
from tests.web.test_api_permissions import ADDRESSES

pytestmark = pytest.mark.django_db


def _schema() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        generator: Any = SchemaGenerator
        found: dict[str, Any] = generator().get_schema(request=None, public=True)
    return found


def test_schema_is_valid_and_made_without_a_warning() -> None:
    GENERATOR_STATS.reset()
    schema = _schema()
    validate: Any = validate_schema
    validate(schema)
    assert not GENERATOR_STATS, (GENERATOR_STATS._warn_cache, GENERATOR_STATS._error_cache)
    GENERATOR_STATS.reset()


def test_schema_describes_every_operation_once_and_in_words() -> None:
    operations = [
        operation for methods in _schema()["paths"].values() for operation in methods.values()
    ]
    assert len(operations) == len(ADDRESSES)
    assert len({each["operationId"] for each in operations}) == len(operations)
    for each in operations:
        assert each["summary"], each["operationId"]
        assert each["description"].endswith("。"), each["operationId"]
        assert each["responses"]["401"]["content"]["application/json"]["schema"] == {
            "$ref": "#/components/schemas/Error"
        }


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/vnd.oai.openapi+json"),
        ("application/json", "application/json"),
        ("application/yaml", "application/yaml"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/vnd.oai.openapi+json"),
    ],
)
def test_schema_is_served_to_anyone(accept: str, kind: str, client: Client) -> None:
    answer = client.get("/api/schema/", headers={"accept": accept})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith(kind)
    assert b"/api/settlements/{month}/" in answer.content


def test_page_shows_every_operation_without_inline_script_or_style(
    planner: User, client: Client
) -> None:
    client.force_login(planner)
    text = client.get("/api/docs/").content.decode()
    for methods in _schema()["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in text
            assert operation["summary"] in text
    assert "days[].baseline_days" in text
    assert "<style" not in text
    assert " style=" not in text
    assert text.count("<script") == text.count('<script type="module" src=')


def test_page_sends_the_anonymous_to_the_login(client: Client) -> None:
    assert client.get("/api/docs/")["Location"].startswith("/login/?next=")


def _known(by: User) -> dict[str, dict[str, Any]]:
    """Something behind each address: what to put into its path, by the path."""
    scene.make_chain()
    scene.make_team()
    scene.make_event("planner.assessment", "1/3")
    compute_uplift(now=scene.MOMENT)
    calculate_month(month=Month(2026, 10), by=by, now=scene.MOMENT)
    row = scene.make_import(name="错.csv", state="failed", error="没有成功。", created_by=by)
    document = {"code": "p", "valid_from": "2026-10-01"}
    version = publish_policy(document=document, by=by, now=scene.MOMENT)
    keys = {"imports": row.pk, "policy": version.pk, "tokens": 0}
    return {
        path: {
            "code": "C1",
            "month": "2026-10",
            "id": keys.get(path.split("/")[2], 0),
        }
        for path in _schema()["paths"]
    }


@pytest.fixture
def _open_connection() -> Iterator[None]:
    """The application itself would close the connection of the test after each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.usefixtures("_open_connection")
def test_answers_keep_to_the_schema_whatever_is_asked(
    administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScopedRateThrottle, "allow_request", lambda *_: True)
    known = _known(administrator)
    _, token = create_token(user=administrator, name="fuzz", by=None, now=scene.MOMENT)
    api = schemathesis.openapi.from_dict(json.loads(json.dumps(_schema(), default=str)))
    api.app = application
    seen: dict[str, set[int]] = defaultdict(set)

    for result in api.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        found = {
            name: value
            for name, value in known[operation.path].items()
            if f"{{{name}}}" in operation.path
        }
        asked = operation.as_strategy()
        if found:
            asked |= operation.as_strategy(path_parameters=found)

        @settings(FUZZ)
        @given(case=asked)
        def ask(case: schemathesis.Case[Any]) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            seen[case.operation.label].add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        ask()
    reached = {label for label, statuses in seen.items() if statuses & {200, 202}}
    assert set(seen) - reached == {
        "POST /api/tokens/{id}/revoke/",
        "POST /api/imports/{id}/withdraw/",
    }


FUZZ = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
