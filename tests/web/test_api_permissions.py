"""Every address of the API × every role: who gets an answer, who 403, who 401."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.roles import TEAM, Role
from tests.factories.people import make_holder, make_user
from tests.support.api import _no_throttle_from_earlier_tests, error_of, token_client
from tests.web import scene

pytestmark = pytest.mark.django_db
__all__ = ["_no_throttle_from_earlier_tests"]

ADMIN = "administrator"
ROLES = (*Role.values, ADMIN)
MANAGERS = {"general_manager", "vice_general_manager"}
SEES_MONTHS = {*TEAM, *MANAGERS, "finance", "clerk", ADMIN}
SEES_IMPORTS = {*MANAGERS, "finance", "supervisor", "it", ADMIN}
IMPORTS = {"it", ADMIN}

# name → (method, address, who may)
ADDRESSES: dict[str, tuple[str, str, set[str]]] = {
    "api-root": ("get", "/api/", set(ROLES)),
    "api-me": ("get", "/api/me/", set(ROLES)),
    "api-tokens": ("get", "/api/tokens/", set(ROLES)),
    "api-token-revoke": ("post", "/api/tokens/0/revoke/", set(ROLES)),
    "api-stores": ("get", "/api/stores/", SEES_MONTHS | {"store_manager"}),
    "api-campaigns": ("get", "/api/campaigns/", SEES_MONTHS | {"store_manager"}),
    "api-campaign": ("get", "/api/campaigns/C1/", SEES_MONTHS | {"store_manager"}),
    "api-campaign-uplift": ("get", "/api/campaigns/C1/uplift/", SEES_MONTHS | {"store_manager"}),
    "api-settlements": ("get", "/api/settlements/", SEES_MONTHS),
    "api-settlement": ("get", "/api/settlements/2026-10/", SEES_MONTHS),
    "api-policy": ("get", "/api/policy/", SEES_MONTHS),
    "api-policy-versions": ("get", "/api/policy/versions/", SEES_MONTHS),
    "api-policy-version": ("get", "/api/policy/versions/0/", SEES_MONTHS),
    "api-imports": ("get", "/api/imports/", SEES_IMPORTS),
    "api-import": ("get", "/api/imports/0/", SEES_IMPORTS),
    "api-import-bad-rows": ("get", "/api/imports/0/bad-rows.csv", SEES_IMPORTS),
    "api-import-upload": ("post", "/api/imports/upload/", IMPORTS),
    "api-import-withdraw": ("post", "/api/imports/0/withdraw/", IMPORTS),
}
# The description holds no data; the page and what is nowhere are tested in test_api_schema.
OPEN = {"api-schema", "api-docs", "api-nothing"}


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield each
        else:
            yield from _patterns(each)


def test_every_address_of_the_api_is_declared_here() -> None:
    named = {
        str(each.name): each
        for each in _patterns(get_resolver())
        if str(each.name).startswith("api-")
    }
    assert set(named) == set(ADDRESSES) | OPEN
    for name in ADDRESSES:
        assert hasattr(named[name].callback, "predicate"), f"{name} names no predicate"


@pytest.mark.parametrize("role", ROLES)
def test_api_address_by_role(role: str) -> None:
    scene.make_chain()
    if role == ADMIN:
        user = make_user(username="root", is_superuser=True)
    else:
        store = "S01" if role == Role.STORE_MANAGER else ""
        user = make_holder(Role(role), store_code=store)
    client = token_client(user)
    for name, (method, address, allowed) in ADDRESSES.items():
        answer = getattr(client, method)(address)
        if role in allowed:
            assert answer.status_code in (200, 202, 400, 404, 415), f"{role} at {name}"
        else:
            error_of(answer, 403, "not_allowed")


@pytest.mark.parametrize("name", ADDRESSES)
def test_api_address_without_a_log_in(name: str, client: Client) -> None:
    method, address, _ = ADDRESSES[name]
    error_of(getattr(client, method)(address), 401, "not_authenticated")
