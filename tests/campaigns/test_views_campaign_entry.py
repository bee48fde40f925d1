"""The pages on which campaigns are entered, and who may use them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.roles import Role
from campaigns.models import Campaign
from campaigns.services.entering import version
from content.models import Article
from tests.factories.people import make_holder
from tests.web import scene

pytestmark = pytest.mark.django_db

FACTS: dict[str, Any] = {
    "title": "冬季养生",
    "code": "",
    "kind": "weekend",
    "scale": "medium",
    "start": "2026-10-31",
    "end": "2026-11-01",
    "reach": "picked",
    "stores": ["S01", "S02"],
    "focus_items": "A1，A2\nA1",
    "article": "",
}


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Views read the clock of the tests: 3 November 2026."""
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)


@pytest.fixture
def chain() -> Campaign:
    return scene.make_chain()


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def test_planner_creates_a_campaign_and_is_told_what_does_not_fit(
    client: Client, planner: User, chain: Campaign
) -> None:
    client.force_login(planner)
    assert 'href="/new-campaign/"' in _text(client.get("/campaigns/"))
    refused = client.post("/new-campaign/", {**FACTS, "end": "2026-11-02"})
    assert refused.status_code == 400
    assert "2026-11-02 不是周六或周日，不能做周末活动" in _text(refused)
    assert 'value="冬季养生"' in _text(refused)
    answer = client.post("/new-campaign/", FACTS)
    assert answer["Location"] == "/campaigns/HD20261031/"
    kept = Campaign.objects.get(code="HD20261031")
    assert (kept.status, kept.focus_items) == ("planned", ["A1", "A2"])
    assert kept.stores.count() == 2
    page = _text(client.get("/campaigns/HD20261031/"))
    assert "新建活动" in page
    assert "标为已完成" in page


def test_store_that_does_not_exist_cannot_be_picked(
    client: Client, planner: User, chain: Campaign
) -> None:
    client.force_login(planner)
    answer = client.post("/new-campaign/", {**FACTS, "stores": ["S99"]})
    assert "没有编码为 S99 的门店" in _text(answer)


def test_whole_chain_leaves_picked_stores_aside(
    client: Client, planner: User, chain: Campaign
) -> None:
    client.force_login(planner)
    client.post("/new-campaign/", {**FACTS, "reach": "whole"})
    kept = Campaign.objects.get(code="HD20261031")
    assert kept.all_stores
    assert not kept.stores.exists()


def test_copy_is_filled_in_with_the_next_days(
    client: Client, planner: User, chain: Campaign
) -> None:
    client.force_login(planner)
    form = client.get("/new-campaign/?from=C1").context["form"]
    assert form.initial["start"] == date(2026, 11, 14)
    assert form.initial["stores"] == ["S01", "S02"]
    assert form.initial["article"] == ""
    assert client.get("/new-campaign/?from=NOPE").status_code == 404


def test_edit_of_a_completed_campaign_is_refused_with_the_way_out(
    client: Client, planner: User, chain: Campaign
) -> None:
    client.force_login(planner)
    facts = {**FACTS, "seen": version(chain)}
    assert "请先在活动页“重新打开”再改" in _text(client.post("/campaigns/C1/edit/", facts))
    reopened = client.post(
        "/campaigns/C1/status/",
        {"was": "completed", "to": "running", "reason": "日期错了"},
        follow=True,
    )
    assert "状态已改为“进行中”" in _text(reopened)
    assert "原因：日期错了" in _text(reopened)
    answer = client.post("/campaigns/C1/edit/", facts, follow=True)
    assert "已保存" in _text(answer)
    chain.refresh_from_db()
    assert chain.title == "冬季养生"


def test_edit_with_an_old_page_is_refused(client: Client, planner: User, chain: Campaign) -> None:
    client.force_login(planner)
    seen = client.get("/campaigns/C1/edit/").context["form"].initial["seen"]
    Campaign.objects.update(title="别人改的")
    answer = client.post("/campaigns/C1/edit/", {**FACTS, "seen": seen})
    assert "已被别人改过" in _text(answer)


def test_campaign_is_completed_and_told_into_which_month_it_counts(
    client: Client, supervisor: User, chain: Campaign
) -> None:
    Campaign.objects.update(status="running", article=None)
    client.force_login(supervisor)
    text = _text(
        client.post("/campaigns/C1/status/", {"was": "running", "to": "completed"}, follow=True)
    )
    assert "计入2026年10月的结算" in text
    assert "还没有关联推文" in text
    again = client.post("/campaigns/C1/status/", {"was": "running", "to": "completed"}, follow=True)
    assert "状态已经是“已完成”" in _text(again)
    assert "没有收到" in _text(client.post("/campaigns/C1/status/", {}, follow=True))


def test_article_is_linked_from_either_side(client: Client, copy: User, chain: Campaign) -> None:
    Article.objects.create(
        code="A2", title="冬季进补", category="campaign", published_on=date(2026, 10, 20)
    )
    client.force_login(copy)
    page = _text(client.get("/campaigns/C1/"))
    assert '<option value="A2">冬季进补</option>' in page
    assert 'href="/articles/A1/"' in page
    assert "/campaigns/C1/edit/" not in page
    client.post("/campaigns/C1/article/", {"article": "A2"})
    chain.refresh_from_db()
    assert chain.article is not None
    assert chain.article.code == "A2"
    text = _text(client.post("/articles/A1/campaign/", {"campaign": "C1"}, follow=True))
    assert "已把推文 A1 关联到活动" in text
    text = _text(
        client.post("/articles/A1/campaign/", {"campaign": "C1", "take_away": "1"}, follow=True)
    )
    assert "不再关联推文" in text
    text = _text(client.post("/articles/A1/campaign/", {"campaign": "C9"}, follow=True))
    assert "没有编号为“C9”的活动" in text


@pytest.mark.parametrize("role", [Role.ART, Role.FINANCE, Role.GENERAL_MANAGER, Role.STORE_MANAGER])
def test_colleague_may_not_enter_campaigns(role: Role, client: Client, chain: Campaign) -> None:
    client.force_login(make_holder(role, store_code="S01"))
    assert client.get("/new-campaign/").status_code == 403
    assert client.get("/campaigns/C1/edit/").status_code == 403
    answer = client.post("/campaigns/C1/status/", {"was": "completed", "to": "running"})
    assert answer.status_code == 403
    assert client.post("/campaigns/C1/article/", {"article": ""}).status_code == 403
    page = _text(client.get("/campaigns/C1/"))
    assert "/status/" not in page
    assert "/edit/" not in page
    chain.refresh_from_db()
    assert chain.status == "completed"
    assert chain.article is not None


def test_store_manager_sees_no_history_and_no_campaign_of_others(
    client: Client, store_manager: User, planner: User, chain: Campaign
) -> None:
    client.force_login(planner)
    client.post("/campaigns/C1/status/", {"was": "completed", "to": "running", "reason": "缘由"})
    scene.make_campaign("C2", stores=[])
    client.force_login(store_manager)
    assert "缘由" not in _text(client.get("/campaigns/C1/"))
    assert client.get("/campaigns/C2/").status_code == 404


def test_campaign_that_does_not_exist_is_not_found(client: Client, planner: User) -> None:
    client.force_login(planner)
    assert client.get("/campaigns/NOPE/edit/").status_code == 404
    assert client.post("/campaigns/NOPE/status/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_form_asks_a_constant_number_of_queries(
    number: int,
    client: Client,
    planner: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    stores = [scene.make_store(f"S{index}", f"店{index}") for index in range(number)]
    scene.make_campaign(stores=stores)
    for index in range(number):
        Article.objects.create(
            code=f"A{index}", title="x", category="other", published_on=scene.EVENT
        )
    client.force_login(planner)
    with django_assert_num_queries(7):
        assert client.get("/campaigns/C1/edit/").status_code == 200
