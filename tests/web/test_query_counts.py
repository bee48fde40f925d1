"""Every list asks the same number of queries whether it has one row or three.

Pages that have more to say have their own such test beside their other tests; here are the rest,
and a check that no list of the API was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import DjangoAssertNumQueries

from accounts.models import ApiToken, Deputy, User
from accounts.roles import Role
from campaigns.models import ItemCost, Store
from campaigns.services import compute_uplift
from content.models import Article
from haitang.kernel import clock
from haitang.kernel.clock import Month
from haitang.policy.services import publish_policy
from incentives.calculation.services import calculate_month
from tests.factories.people import make_department, make_tenure, make_user
from tests.web import scene

# Address → queries; session, user and roles are three of them, the record of a download six.
COUNTS = {
    "/people/departments/": 7,
    "/people/{person}/": 10,
    "/deputies/": 7,
    "/articles/": 6,
    "/reads/": 8,
    "/stores/": 5,
    "/campaigns/export.csv": 10,
    "/campaigns/C0/stores.csv": 14,  # one of them for the document, which is kept afterwards
    "/imports/{import}/bad-rows.csv": 11,
    "/imports/item-costs/": 5,
    "/api/stores/": 5,
    "/api/campaigns/": 5,
    "/api/campaigns/C0/": 5,
    "/api/campaigns/C0/uplift/": 7,  # likewise
    "/api/settlements/": 10,
    "/api/policy/versions/": 5,
    "/api/imports/": 5,
    "/api/imports/{import}/bad-rows.csv": 11,
    "/api/tokens/": 5,
}


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("address", "queries"), COUNTS.items())
def test_list_asks_a_constant_number_of_queries(
    address: str,
    queries: int,
    number: int,
    administrator: User,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    address = address.format_map(_make_rows(number, administrator))
    client.force_login(administrator)
    with django_assert_num_queries(queries):
        answer = client.get(address)
        content = answer.getvalue()
    assert answer.status_code == 200
    assert content


def test_every_paginated_operation_is_in_the_table() -> None:
    paginated = {
        f"/{route}" for route, view in _views(get_resolver()) if getattr(view, "paginated", False)
    }
    assert paginated
    assert paginated <= set(COUNTS)


def _views(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, object]]:
    """Every address with the class of its view."""
    for pattern in resolver.url_patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            yield route, getattr(pattern.callback, "view_class", None)
        else:
            yield from _views(pattern, route)


def _make_rows(number: int, administrator: User) -> dict[str, object]:
    """That many of everything; what stands for the braces in the addresses."""
    scene.make_calendar()
    stores = [scene.make_store(f"S{index}") for index in range(number)]
    sales = scene.make_sales(stores)
    campaigns = [scene.make_campaign(f"C{index}", stores=stores) for index in range(number)]
    compute_uplift(now=scene.MOMENT, codes=[each.code for each in campaigns])
    for index in range(number):
        _make_row(index, administrator, stores[index])
        calculate_month(month=Month(2026, 8 + index), by=administrator, now=scene.MOMENT)
        sales.bad_rows.create(line_no=index, column="数量", value="", reason="是空的")
    return {"person": _make_busy_person(number).pk, "import": sales.pk}


def _make_row(index: int, administrator: User, store: Store) -> None:
    today = clock.business_day(clock.now())
    publish_policy(document={"code": f"test{index}"}, by=administrator, now=scene.MOMENT)
    make_department(name=f"部门{index}")
    manager = make_user()
    make_tenure(user=manager, role=Role.STORE_MANAGER, store_code=store.code)
    Deputy.objects.create(
        person=manager,
        deputy=make_user(),
        valid_from=today,
        valid_to=today,
        reason="休假",
        created_by=administrator,
        created_at=scene.MOMENT,
    )
    Article.objects.create(
        code=f"A{index}",
        title="秋季养生",
        category="campaign",
        published_on=today - timedelta(days=10),
    )
    ItemCost.objects.create(item=f"{index}", valid_from=scene.EVENT, cost=1)
    scene.make_import(name=f"{index}.csv")
    ApiToken.objects.create(
        user=administrator, name="测试", digest=f"{index}", created_at=scene.MOMENT
    )


def _make_busy_person(number: int) -> User:
    """Somebody with that many tenures."""
    person = make_user()
    for role in (Role.PLANNER, Role.COPY, Role.ART)[:number]:
        make_tenure(user=person, role=role)
    return person
