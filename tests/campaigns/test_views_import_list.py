"""The filters of the list of imports."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.web import scene

pytestmark = pytest.mark.django_db


def test_list_of_imports_narrows_as_the_address_says(client: Client, it: User) -> None:
    scene.make_import(name="十月.csv", effect_number=1)
    scene.make_import(name="九月.csv", state="failed")
    client.force_login(it)

    def names(query: str) -> list[str]:
        return [each.file_name for each in client.get(f"/imports/{query}").context["page"]]

    assert names("") == ["九月.csv", "十月.csv"]
    assert names("?q=十月") == ["十月.csv"]
    assert names("?state=failed") == ["九月.csv"]
    assert names("?state=nonsense") == ["九月.csv", "十月.csv"]
    assert "没有符合条件的导入" in client.get("/imports/?q=x").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_a_constant_number_of_queries(
    number: int, client: Client, it: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(it)
    for index in range(number):
        scene.make_import(name=f"{index}.csv")
    with django_assert_num_queries(8):
        client.get("/imports/")
