"""The pages of articles and of the month's reads, and who may use them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.roles import Role
from content.models import Article
from haitang.kernel.models import AuditEntry
from tests.factories.people import make_holder
from tests.web import scene

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Views read the clock of the tests: 3 November 2026."""
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)


@pytest.fixture
def editor(client: Client, copy: User) -> Client:
    client.force_login(copy)
    return client


def make(code: str, day: date = date(2026, 10, 20), **fields: Any) -> Article:
    values = {"title": f"推文 {code}", "category": "campaign", "published_on": day, **fields}
    return Article.objects.create(code=code, **values)


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def _codes(client: Client, address: str) -> list[str]:
    return [each.code for each in client.get(address).context["page"]]


def test_list_narrows_and_sorts_as_the_address_says(editor: Client) -> None:
    make("A1", reads=900)
    make("A2", date(2026, 9, 5), category="welfare", title="义诊")
    make("A3", date(2026, 10, 30), reads=None)
    assert _codes(editor, "/articles/") == ["A3", "A1", "A2"]
    assert _codes(editor, "/articles/?q=义诊") == ["A2"]
    assert _codes(editor, "/articles/?q=a1") == ["A1"]
    assert _codes(editor, "/articles/?month=2026-09") == ["A2"]
    assert _codes(editor, "/articles/?category=welfare") == ["A2"]
    assert _codes(editor, "/articles/?figure=missing") == ["A2"]
    assert _codes(editor, "/articles/?figure=waiting") == ["A3"]
    assert _codes(editor, "/articles/?figure=entered") == ["A1"]
    assert _codes(editor, "/articles/?sort=most")[0] == "A1"
    assert _codes(editor, "/articles/?sort=oldest") == ["A2", "A1", "A3"]
    assert len(_codes(editor, "/articles/?month=bad&category=none&sort=none&page=x")) == 3


def test_list_is_taken_along_with_its_filter(editor: Client) -> None:
    make("A1", reads=900, follows=7)
    make("A2", category="other")
    text = editor.get("/articles/export.csv?category=campaign").content.decode("utf-8-sig")
    assert text.splitlines()[1:] == ["A1,推文 A1,专题活动文章,2026-10-20,900,7"]
    assert editor.get("/articles/export.xlsx").content.startswith(b"PK")


def test_list_says_when_seven_days_are_over_and_what_is_missing(editor: Client) -> None:
    make("A1", date(2026, 10, 30))
    assert "11月6日 周五满 7 天" in _text(editor.get("/articles/"))
    make("A2")
    assert "未填" in _text(editor.get("/articles/"))


def test_list_tells_none_at_all_from_none_found(editor: Client) -> None:
    assert "还没有推文" in _text(editor.get("/articles/"))
    assert "没有符合条件的推文" in _text(editor.get("/articles/?q=x"))


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_a_constant_number_of_queries(
    number: int, editor: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        scene.make_campaign(f"C{index}", article=make(f"A{index}"))
    with django_assert_num_queries(6):
        editor.get("/articles/")


def test_article_is_entered_and_changed(editor: Client) -> None:
    facts = {"title": "冬至", "code": "", "category": "other", "published_on": "2026-11-02"}
    answer = editor.post("/new-article/", facts)
    assert answer["Location"] == "/articles/TW20261102/"
    assert "未满 7 天" in _text(editor.get("/articles/TW20261102/"))
    refused = editor.post("/new-article/", {**facts, "code": "TW20261102"})
    assert "已经有编号为" in _text(refused)
    wrong = editor.post("/articles/TW20261102/edit/", {**facts, "published_on": "昨天"})
    assert "发布日期不是日期" in _text(wrong)
    saved = editor.post("/articles/TW20261102/edit/", {**facts, "title": "冬至进补"}, follow=True)
    assert "已保存" in _text(saved)
    assert Article.objects.get().title == "冬至进补"


def test_article_shows_its_campaigns_and_its_history(editor: Client, now: datetime) -> None:
    article = make("A1")
    scene.make_campaign("C1", article=article)
    editor.post("/reads/?month=2026-10", {f"reads-{article.pk}": "8,650"})
    changed = {f"reads-{article.pk}": "8560", f"was-reads-{article.pk}": "8650"}
    editor.post("/reads/?month=2026-10", changed)
    text = _text(editor.get("/articles/A1/"))
    assert 'href="/campaigns/C1/"' in text
    assert "由 8,650 更正为 8,560" in text


@pytest.mark.parametrize("number", [1, 3])
def test_article_asks_a_constant_number_of_queries(
    number: int, editor: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    article = make("A1")
    for index in range(number):
        scene.make_campaign(f"C{index}", article=article)
    with django_assert_num_queries(7):
        editor.get("/articles/A1/")


def test_reads_open_at_the_newest_month_with_articles(editor: Client) -> None:
    make("A1", date(2026, 8, 3))
    assert str(editor.get("/reads/").context["month"]) == "2026-08"


def test_reads_of_a_month_are_typed(editor: Client, copy: User) -> None:
    first, second = make("A1"), make("A2", date(2026, 10, 21))
    make("A3", date(2026, 9, 21))
    page = editor.get("/reads/?month=2026-10")
    assert [row.article.code for row in page.context["rows"]] == ["A1", "A2"]
    assert "还差 2 篇" in _text(page)
    answer = editor.post(
        "/reads/?month=2026-10",
        {f"reads-{first.pk}": "8，650", f"reads-{second.pk}": " 1200 ", f"follows-{first.pk}": "9"},
    )
    assert answer["Location"] == "/reads/?month=2026-10"
    text = _text(editor.get("/reads/?month=2026-10"))
    assert "已保存 2 篇推文的数字" in text
    assert "手工录入" in text
    assert str(copy) in text
    assert list(Article.objects.order_by("code").values_list("reads", "follows")) == [
        (8650, 9),
        (1200, None),
        (None, None),
    ]


def test_refused_reads_come_back_as_typed_and_nothing_is_kept(editor: Client) -> None:
    first, second = make("A1"), make("A2")
    data = {f"reads-{first.pk}": "8650", f"reads-{second.pk}": "一万"}
    answer = editor.post("/reads/?month=2026-10", data)
    text = _text(answer)
    assert answer.status_code == 400
    assert 'value="一万"' in text
    assert 'value="8650"' in text
    assert "不小于 0 的整数" in text
    assert not Article.objects.exclude(reads=None).exists()
    assert not AuditEntry.objects.exists()


def test_article_before_its_seven_days_has_no_field(editor: Client) -> None:
    article = make("A1", date(2026, 11, 1))
    assert "11月8日 周日满 7 天" in _text(editor.get("/reads/"))
    answer = editor.post("/reads/", {f"reads-{article.pk}": "5"})
    assert "才满 7 天" in _text(answer)
    article.refresh_from_db()
    assert article.reads is None


def test_month_without_articles_and_month_that_is_none(editor: Client) -> None:
    assert "2026年9月没有推文" in _text(editor.get("/reads/?month=2026-09"))
    assert "2026年11月没有推文" in _text(editor.get("/reads/?month=x"))


@pytest.mark.parametrize("number", [1, 3])
def test_reads_ask_a_constant_number_of_queries(
    number: int, editor: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        make(f"A{index}")
    with django_assert_num_queries(7):
        editor.get("/reads/?month=2026-10")


@pytest.mark.parametrize("role", [Role.ART, Role.FINANCE, Role.STORE_MANAGER])
def test_colleague_sees_articles_and_types_nothing(role: Role, client: Client) -> None:
    article = make("A1")
    client.force_login(make_holder(role, store_code="S01"))
    assert "推文 A1" in _text(client.get("/articles/"))
    page = _text(client.get("/articles/A1/"))
    assert "<form" not in page.split('id="main"')[1].split("</main>")[0]
    for address in ("/new-article/", "/articles/A1/edit/", "/reads/"):
        assert client.get(address).status_code == 403
    assert client.post("/reads/", {f"reads-{article.pk}": "5"}).status_code == 403


def test_employee_sees_no_articles(client: Client, employee: User) -> None:
    make("A1")
    client.force_login(employee)
    assert client.get("/articles/").status_code == 403
    assert client.get("/articles/A1/").status_code == 403


def test_article_that_does_not_exist_is_not_found(editor: Client) -> None:
    answer = editor.get("/articles/NOPE/")
    assert answer.status_code == 404
    assert "没有编号为“NOPE”的推文" in _text(answer)


def test_store_manager_meets_only_the_own_campaigns_on_an_article(client: Client) -> None:
    own, other = scene.make_store("S01", "店"), scene.make_store("S02", "别店")
    article = make("A1")
    scene.make_campaign("C1", article=article, stores=[own])
    scene.make_campaign("C2", article=article, stores=[other])
    client.force_login(make_holder(Role.STORE_MANAGER, store_code="S01"))
    page = _text(client.get("/articles/A1/"))
    assert "/campaigns/C1/" in page
    assert "/campaigns/C2/" not in page
    assert "2 场" not in _text(client.get("/articles/"))
