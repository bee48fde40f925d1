"""The frame of all pages: start page, navigation, headers, errors, refusals."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.kernel.clock import Month
from incentives.calculation.services import calculate_month
from incentives.selectors import standing_months
from tests.web import scene

pytestmark = pytest.mark.django_db


def test_home_shows_the_latest_month_and_imports(general_manager: User, client: Client) -> None:
    scene.make_chain()
    scene.make_team()
    calculate_month(month=Month(2026, 10), by=general_manager, now=scene.MOMENT)
    client.force_login(general_manager)
    text = client.get("/").content.decode()
    assert "2026年10月" in text
    assert "十月销售.csv" in text
    assert "感恩周末 C1" in text


@pytest.mark.parametrize(
    ("this_month", "shown"),
    [
        (Month(2026, 10), [("2026-10", True), ("2026-09", False)]),
        (Month(2026, 11), [("2026-10", True), ("2026-11", False)]),
        (Month(2027, 1), [("2026-10", True), ("2026-12", False)]),
        (Month(2026, 9), [("2026-08", False)]),
    ],
)
def test_home_shows_the_newest_calculated_month_and_the_one_due(
    this_month: Month, shown: list[tuple[str, bool]]
) -> None:
    scene.make_chain()
    scene.make_team()
    calculate_month(month=Month(2026, 10), by=None, now=scene.MOMENT)
    found = standing_months(this_month)
    assert [(str(month), run is not None) for month, run in found] == shown


@pytest.mark.parametrize("number", [1, 3])
def test_home_asks_a_constant_number_of_queries(
    number: int,
    general_manager: User,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        scene.make_import(name=f"{index}.csv")
        scene.make_campaign(f"C{index}")
    client.force_login(general_manager)
    with django_assert_num_queries(15):
        client.get("/")


def test_navigation_offers_only_what_the_person_may_open(
    store_manager: User, client: Client
) -> None:
    client.force_login(store_manager)
    text = client.get("/").content.decode()
    assert 'href="/campaigns/"' in text
    assert 'href="/months/"' not in text
    assert 'href="/imports/"' not in text


def test_navigation_groups_what_belongs_together_and_leaves_one_door_alone(
    administrator: User, planner: User, client: Client
) -> None:
    client.force_login(administrator)
    menus = client.get("/").context["navigation"]
    groups = {menu.name: [each.name for each in menu.entries] for menu in menus if menu.name}
    assert groups == {"制度": ["制度", "日历"], "管理": ["人员", "代理", "记录"]}
    client.force_login(planner)
    menus = client.get("/deputies/").context["navigation"]
    assert [(menu.name, menu.current) for menu in menus][-2:] == [("制度", False), ("", True)]
    names = [entry.name for menu in menus for entry in menu.entries]
    assert len(names) == len(set(names)), "two doors of one name"


def test_every_answer_carries_the_content_security_policy(client: Client) -> None:
    policy = client.get("/login/")["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy


def test_pages_have_no_inline_script_or_style(general_manager: User, client: Client) -> None:
    scene.make_chain()
    scene.make_team()
    calculate_month(month=Month(2026, 10), by=general_manager, now=scene.MOMENT)
    client.force_login(general_manager)
    for address in ("/", "/months/", "/months/2026-10/", "/campaigns/", "/campaigns/C1/"):
        text = client.get(address).content.decode()
        assert "<style" not in text
        assert " style=" not in text
        assert text.count("<script") == text.count('<script type="module" src=')


def test_unknown_address_says_so_with_a_way_on(general_manager: User, client: Client) -> None:
    client.force_login(general_manager)
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "没有找到这一页" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


def test_refusal_names_the_role_and_the_way_back(store_manager: User, client: Client) -> None:
    client.force_login(store_manager)
    answer = client.get("/months/", headers={"referer": "http://testserver/campaigns/"})
    assert answer.status_code == 403
    assert "店长" in answer.content.decode()
    assert 'href="http://testserver/campaigns/"' in answer.content.decode()


def test_refusal_never_links_to_a_foreign_page(store_manager: User, client: Client) -> None:
    client.force_login(store_manager)
    answer = client.get("/months/", headers={"referer": "https://evil.example/"})
    assert "evil.example" not in answer.content.decode()


def test_stale_form_is_refused_with_a_sentence(general_manager: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(general_manager)
    answer = client.post("/months/2026-10/calculate/")
    assert answer.status_code == 403
    assert "页面已过期" in answer.content.decode()
