"""The pages of automatic and quick replies."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.kernel.models import AuditEntry
from haitang.wechat.simulator.server import Simulator
from membership.models import QuickReply, ReplyRule
from tests.factories.followers import PNG, make_rule

pytestmark = pytest.mark.django_db
FILLED = {
    "name": "营业时间",
    "trigger": "keyword",
    "match": "contains",
    "words": "营业\n几点关门",
    "answer": "text",
    "text": "每天 8:00–21:00。",
    "priority": "10",
    "is_active": "on",
}


@pytest.fixture
def client(client: Client, cs: User) -> Client:
    """Customer service at the browser."""
    client.force_login(cs)
    return client


def test_rule_is_made_changed_and_deleted_on_record(client: Client) -> None:
    assert client.post("/replies/new/", FILLED).status_code == 302
    rule = ReplyRule.objects.get()
    assert (rule.words, rule.priority, rule.is_active) == ("营业\n几点关门", 10, True)
    client.post(f"/replies/{rule.pk}/", FILLED | {"text": "每天 9:00–21:00。", "is_active": ""})
    rule.refresh_from_db()
    assert (rule.text, rule.is_active) == ("每天 9:00–21:00。", False)
    client.post(f"/replies/{rule.pk}/delete/")
    assert not ReplyRule.objects.exists()
    acts = AuditEntry.objects.order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["save_reply_rule", "save_reply_rule", "delete_reply_rule"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"match": "regex", "words": "(a"}, "用不了"),
        ({"words": " "}, "至少写一个关键词"),
        ({"text": ""}, "还没有写内容"),
        ({"answer": "image"}, "没有图片"),
        ({"answer": "news", "title": "养生"}, "标题和链接"),
        ({"name": "已有的"}, "已经有一条叫"),
        ({"first_day": "2026-11-03", "last_day": "2026-11-02"}, "早于"),
        ({"text": "长" * 700}, "太长"),
    ],
)
def test_rule_that_cannot_be_is_refused_with_a_sentence(
    client: Client, changes: dict[str, str], sentence: str
) -> None:
    make_rule("已有的")
    answer = client.post("/replies/new/", FILLED | changes)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert ReplyRule.objects.count() == 1


def test_sentence_is_tried_on_the_rules(client: Client) -> None:
    make_rule("营业时间", words="营业")
    make_rule("停用的", words="积分", is_active=False)
    page = client.get("/replies/", {"try": "你们营业到几点"}).content.decode()
    assert "就是这条" in page
    page = client.get("/replies/", {"try": "积分怎么用"}).content.decode()
    assert "没有规则符合" in page


def test_news_rule_keeps_its_article(client: Client) -> None:
    article = {
        "title": "秋季养生",
        "url": "https://mp.weixin.qq.com/s/x",
        "description": "",
        "picurl": "",
    }
    client.post("/replies/new/", FILLED | article | {"answer": "news", "text": ""})
    assert ReplyRule.objects.get().article == article
    form = client.get(f"/replies/{ReplyRule.objects.get().pk}/").context["form"]
    assert form["title"].value() == "秋季养生"


def test_picture_of_a_rule_is_put_among_the_materials_and_sent(
    client: Client, wechat: Simulator
) -> None:
    picture = SimpleUploadedFile("门店.png", PNG, content_type="image/png")
    filled = FILLED | {"answer": "image", "text": "", "picture": picture}
    assert client.post("/replies/new/", filled).status_code == 302
    rule = ReplyRule.objects.get()
    kept = wechat.world.media[rule.media_id]
    assert (kept.content, kept.permanent) == (PNG, True)
    wrong = SimpleUploadedFile("门店.pdf", b"%PDF", content_type="image/png")
    refused = client.post(f"/replies/{rule.pk}/", filled | {"picture": wrong})
    assert "不是 JPG 或 PNG" in refused.content.decode()


def test_quick_replies_are_added_changed_and_deleted(client: Client) -> None:
    client.post("/replies/quick/", {"title": "您好", "text": "您好，请讲。"})
    row = QuickReply.objects.get()
    assert client.post("/replies/quick/", {"title": "您好", "text": "x"}).status_code == 400
    client.post(f"/replies/quick/{row.pk}/", {"title": "您好", "text": "您好！"})
    row.refresh_from_db()
    assert row.text == "您好！"
    client.post(f"/replies/quick/{row.pk}/", {"delete": "1"})
    assert not QuickReply.objects.exists()


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("address", "queries"), [("/replies/", 4), ("/replies/quick/", 4), ("/complaints/", 5)]
)
def test_lists_ask_a_constant_number_of_queries(
    number: int,
    address: str,
    queries: int,
    client: Client,
    cs: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    from tests.factories.followers import make_complaint

    for index in range(number):
        make_rule(f"规则{index}")
        QuickReply.objects.create(title=f"回复{index}", text="您好")
        make_complaint(cs)
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200
