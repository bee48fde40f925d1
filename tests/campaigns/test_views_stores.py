"""Stores: the list, one store's page, adding and changing with their audit records."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from campaigns.models import Store, StoreDay
from haitang.kernel.models import AuditEntry
from tests.factories.people import make_user
from tests.web import scene

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)


def test_list_finds_stores_by_text_and_state(client: Client, finance: User) -> None:
    scene.make_store()
    closed = scene.make_store("S02", "中山店")
    closed.closed_on = date(2026, 11, 2)
    closed.save()
    client.force_login(finance)
    assert "S02" not in client.get("/stores/?q=解放").content.decode()
    assert "S02" not in client.get("/stores/?state=open").content.decode()
    text = client.get("/stores/?state=closed").content.decode()
    assert "S02" in text
    assert "S01" not in text
    assert "没有符合条件的门店" in client.get("/stores/?q=无").content.decode()


def test_store_that_closes_today_is_still_open(
    client: Client, finance: User, now: datetime
) -> None:
    store = scene.make_store()
    store.closed_on = date(2026, 11, 3)
    store.save()
    client.force_login(finance)
    assert "营业中" in client.get("/stores/?state=open").content.decode()


def test_page_shows_sales_by_day_and_campaigns(client: Client, finance: User) -> None:
    scene.make_chain()
    client.force_login(finance)
    assert "再往前" in client.get("/stores/S01/").content.decode()
    text = client.get("/stores/S01/?days=all").content.decode()
    assert "再往前" not in text
    # 17 October: (1000 + 6 × 17) × 3 = 3,306.00; its margin 30 % of that
    assert "¥3,306.00" in text
    assert "¥991.80" in text
    assert "感恩周末 C1" in text
    assert 'href="/campaigns/stores/S01/2026-10-17/"' in text
    assert "调休上班" in text
    assert "10月31日 周六 之后还没有销售" in text


def test_day_without_sales_between_others_says_so(client: Client, finance: User) -> None:
    scene.make_chain()
    StoreDay.objects.filter(date=date(2026, 10, 20)).delete()
    client.force_login(finance)
    assert "没有销售</td>" in client.get("/stores/S01/").content.decode()


def test_page_of_a_store_without_sales_says_so(client: Client, finance: User) -> None:
    scene.make_store()
    client.force_login(finance)
    text = client.get("/stores/S01/").content.decode()
    assert "这段时间没有销售" in text
    assert "还没有参加过活动" in text


def test_chain_campaign_before_the_opening_is_not_the_stores(client: Client, finance: User) -> None:
    store = scene.make_store()
    scene.make_campaign("C5", all_stores=True)
    client.force_login(finance)
    assert "感恩周末 C5" in client.get("/stores/S01/").content.decode()
    store.opened_on = date(2026, 10, 18)
    store.save()
    assert "感恩周末 C5" not in client.get("/stores/S01/").content.decode()


def test_store_manager_sees_the_own_store_only(client: Client, store_manager: User) -> None:
    scene.make_chain()
    client.force_login(store_manager)
    assert "S02" not in client.get("/stores/").content.decode()
    assert "¥991.80" in client.get("/stores/S01/").content.decode()
    assert client.get("/stores/S02/").status_code == 404
    assert client.get("/stores/S01/edit/").status_code == 403
    assert client.post("/new-store/", {}).status_code == 403


def test_copy_editor_sees_the_store_without_its_sales(client: Client, copy: User) -> None:
    scene.make_chain()
    client.force_login(copy)
    text = client.get("/stores/S01/").content.decode()
    assert "感恩周末 C1" in text
    assert "¥" not in text


def test_colleague_without_a_post_sees_no_stores(client: Client) -> None:
    scene.make_store()
    client.force_login(make_user())
    assert client.get("/stores/").status_code == 403
    assert client.get("/stores/S01/").status_code == 403


def test_operations_change_a_store_with_an_audit_record(client: Client, ops: User) -> None:
    scene.make_store()
    client.force_login(ops)
    facts = {"name": "解放路旗舰店", "opened_on": "2015-01-01", "closed_on": "2026-12-31"}
    answer = client.post("/stores/S01/edit/", facts, follow=True)
    assert "已保存" in answer.content.decode()
    store = Store.objects.get()
    assert (store.name, store.closed_on) == ("解放路旗舰店", date(2026, 12, 31))
    entry = AuditEntry.objects.get(act="change_store")
    assert entry.actor == ops
    assert entry.details == {
        "name": {"was": "解放路店", "now": "解放路旗舰店"},
        "closed_on": {"was": None, "now": "2026-12-31"},
    }
    again = client.post("/stores/S01/edit/", facts, follow=True)
    assert "没有改动" in again.content.decode()
    assert AuditEntry.objects.filter(act="change_store").count() == 1


def test_store_that_closes_before_it_opens_is_refused(client: Client, ops: User) -> None:
    scene.make_store()
    client.force_login(ops)
    facts = {"name": "店", "opened_on": "2015-01-01", "closed_on": "2014-12-31"}
    answer = client.post("/stores/S01/edit/", facts)
    assert "早于开业日期" in answer.content.decode()
    assert Store.objects.get().closed_on is None


def test_administrator_adds_a_store(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    facts = {"code": "S09", "name": "新店", "opened_on": "2026-11-01", "closed_on": ""}
    answer = client.post("/new-store/", facts)
    assert answer["Location"] == "/stores/S09/"
    assert AuditEntry.objects.get(act="add_store").object_name == "S09 新店"
    taken = client.post("/new-store/", facts)
    assert "已经有编码为“S09”的门店" in taken.content.decode()
    assert Store.objects.count() == 1


@pytest.mark.parametrize("code", ["", "a/b", "x" * 31])
def test_store_needs_a_usable_code(code: str, client: Client, administrator: User) -> None:
    client.force_login(administrator)
    facts = {"code": code, "name": "新店", "opened_on": "2026-11-01"}
    assert client.post("/new-store/", facts).status_code == 200
    assert not Store.objects.exists()


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_a_constant_number_of_queries(
    number: int, client: Client, finance: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        scene.make_store(f"S{index}")
    client.force_login(finance)
    with django_assert_num_queries(5):
        client.get("/stores/")


@pytest.mark.parametrize("number", [1, 3])
def test_page_asks_a_constant_number_of_queries(
    number: int, client: Client, finance: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    store = scene.make_store()
    scene.make_sales([store], last=date(2026, 8, number))
    for index in range(number):
        scene.make_campaign(f"C{index}", stores=[store])
    client.force_login(finance)
    with django_assert_num_queries(10):
        client.get("/stores/S01/")
