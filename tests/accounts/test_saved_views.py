"""Filters of lists kept under a name: one's own, and nobody else's."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from accounts.models import SavedView, User
from accounts.services import save_view
from accounts.services.saved_views import MOST
from haitang.kernel.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db

LISTS = ("campaigns", "articles", "people", "imports")


def _text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.mark.parametrize("page", LISTS)
def test_filters_of_a_list_are_saved_shown_as_a_chip_and_deleted(
    page: str, client: Client, general_manager: User
) -> None:
    client.force_login(general_manager)
    address = f"/{page}/?q=秋&page=2"
    assert "保存这组条件" in _text(client, address)
    data = {"page": page, "name": "秋天的", "query": "page=2&q=秋&sort="}
    answer = client.post("/saved-views/", data)
    assert answer["Location"] == f"/{page}/?q=%E7%A7%8B"
    kept = SavedView.objects.get()
    text = _text(client, f"/{page}/")
    assert f'href="/{page}/?q=%E7%A7%8B"' in text
    assert "秋天的" in text
    on_it = _text(client, f"/{page}/?q=秋")
    assert 'aria-current="page">秋天的' in on_it
    assert "保存这组条件" not in on_it
    client.post(f"/saved-views/{kept.pk}/delete/")
    assert not SavedView.objects.exists()


def test_another_s_filters_are_neither_shown_nor_deleted(
    client: Client, general_manager: User, planner: User, now: datetime
) -> None:
    view = save_view(page="campaigns", name="王总的", query="q=x", by=general_manager, now=now)
    client.force_login(planner)
    assert "王总的" not in _text(client, "/campaigns/")
    assert client.post(f"/saved-views/{view.pk}/delete/").status_code == 404
    assert SavedView.objects.exists()


def test_same_name_replaces_and_each_list_has_its_own(planner: User, now: datetime) -> None:
    save_view(page="campaigns", name="本月", query="q=x", by=planner, now=now)
    save_view(page="campaigns", name=" 本月 ", query="?month=2026-10", by=planner, now=now)
    save_view(page="articles", name="本月", query="q=y", by=planner, now=now)
    assert set(SavedView.objects.values_list("page", "query")) == {
        ("campaigns", "month=2026-10"),
        ("articles", "q=y"),
    }


@pytest.mark.parametrize(
    ("name", "query"),
    [("", "q=x"), ("x" * 31, "q=x"), ("名", "page=3&q="), ("名", "q=" + "x" * 500)],
)
def test_view_that_cannot_be_is_refused(
    name: str, query: str, planner: User, now: datetime
) -> None:
    with pytest.raises(Invalid):
        save_view(page="campaigns", name=name, query=query, by=planner, now=now)


def test_more_than_a_handful_are_refused(planner: User, now: datetime) -> None:
    for number in range(MOST):
        save_view(page="campaigns", name=f"{number}", query="q=x", by=planner, now=now)
    with pytest.raises(Conflict, match="请先删掉不用的"):
        save_view(page="campaigns", name="再一组", query="q=x", by=planner, now=now)
    save_view(page="campaigns", name="0", query="q=y", by=planner, now=now)


def test_list_that_keeps_no_filters_is_refused(client: Client, planner: User) -> None:
    client.force_login(planner)
    data = {"page": "https://example.org", "name": "x", "query": "q=x"}
    answer = client.post("/saved-views/", data, follow=True)
    assert "这个列表不能保存条件" in answer.content.decode()
    assert not SavedView.objects.exists()
