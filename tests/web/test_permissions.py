"""Every address × every role: who gets a page, who a refusal, who the log-in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.roles import TEAM, Role
from tests.factories.people import make_holder, make_user
from tests.web import scene

pytestmark = pytest.mark.django_db

ADMIN = "administrator"
ROLES = (*Role.values, ADMIN)
MANAGERS = {"general_manager", "vice_general_manager"}
SEES_MONTHS = {*TEAM, *MANAGERS, "finance", ADMIN}
CALCULATES = {*MANAGERS, "finance", "supervisor", ADMIN}
SEES_SALES = {*MANAGERS, "finance", "planner", "supervisor", "it", "ops", "store_manager", ADMIN}
SEES_IMPORTS = {*MANAGERS, "finance", "supervisor", "it", ADMIN}
IMPORTS = {"it", ADMIN}

# name → (method, address, who may)
ADDRESSES: dict[str, tuple[str, str, set[str]]] = {
    "home": ("get", "/", set(ROLES)),
    "months": ("get", "/months/", SEES_MONTHS),
    "month": ("get", "/months/2026-10/", SEES_MONTHS),
    "month-document": ("get", "/months/2026-10/settlement.json", SEES_MONTHS),
    "month-calculate": ("post", "/months/2026-10/calculate/", CALCULATES),
    "month-override": ("post", "/months/2026-10/override/", MANAGERS),
    "campaigns": ("get", "/campaigns/", SEES_MONTHS | {"store_manager"}),
    "campaign": ("get", "/campaigns/C1/", SEES_MONTHS | {"store_manager"}),
    "campaign-compute": ("post", "/campaigns/C1/compute/", CALCULATES),
    "store-day": ("get", "/campaigns/stores/S01/2026-10-17/", SEES_SALES),
    "imports": ("get", "/imports/", SEES_IMPORTS),
    "import": ("get", "/imports/1/", SEES_IMPORTS),
    "import-progress": ("get", "/imports/1/progress/", SEES_IMPORTS),
    "import-bad-rows": ("get", "/imports/1/bad-rows.csv", SEES_IMPORTS),
    "import-upload": ("post", "/imports/upload/", IMPORTS),
    "import-mapping": ("get", "/imports/files/1/", IMPORTS),
    "import-withdraw": ("post", "/imports/1/withdraw/", IMPORTS),
}
OPEN = {"login", "logout"}


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    """Those of the pages; the API's are walked in test_api_permissions."""
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            if not str(each.name).startswith("api-"):
                yield each
        elif each.app_name != "admin":
            yield from _patterns(each)


def test_every_address_is_declared_here_and_names_its_predicate() -> None:
    patterns = {str(each.name): each for each in _patterns(get_resolver())}
    assert set(patterns) == set(ADDRESSES) | OPEN
    for name in ADDRESSES:
        assert hasattr(patterns[name].callback, "predicate"), f"{name} names no predicate"


@pytest.fixture
def chain() -> None:
    scene.make_chain()


@pytest.mark.parametrize("role", ROLES)
def test_address_by_role(role: str, chain: None) -> None:
    if role == ADMIN:
        user = make_user(is_superuser=True)
    else:
        user = make_holder(Role(role), store_code="S01" if role == "store_manager" else "")
    client = Client(raise_request_exception=False)
    client.force_login(user)
    for name, (method, address, allowed) in ADDRESSES.items():
        status = getattr(client, method)(address).status_code
        if role in allowed:
            assert status in (200, 302, 404), f"{role} at {name}: {status}"
        else:
            assert status == 403, f"{role} at {name}: {status}"


@pytest.mark.parametrize("name", ADDRESSES)
def test_address_sends_the_anonymous_to_the_login(name: str, client: Client) -> None:
    method, address, _ = ADDRESSES[name]
    answer = getattr(client, method)(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/?next=")


def test_person_without_any_tenure_sees_the_start_page_only(client: Client) -> None:
    client.force_login(make_user())
    assert "目前没有需要您处理的事" in client.get("/").content.decode()
    assert client.get("/months/").status_code == 403
