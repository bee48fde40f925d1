"""What comes in: follows, scans, clicks and messages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError

from haitang.kernel.clock import business_day
from membership.models import Conversation, Follower, Message, Wait
from tests.factories.followers import (
    NOW,
    changes,
    happens,
    make_code,
    make_conversation,
    make_rule,
    sent_texts,
)
from tests.factories.trade import make_store

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_follow_by_a_code_is_kept_with_the_code() -> None:
    """S002-36: the code of a store counts who came by it."""
    code = make_code(store=make_store())
    happens("event.subscribe", EventKey=f"qrscene_{code.scene_str}")
    follower = Follower.objects.get()
    assert (follower.state, follower.scene, follower.followed_at) == ("following", code, NOW)
    change = follower.changes.get()
    assert (change.kind, change.scene, change.scene_text) == ("follow", code, code.scene_str)


def test_scan_of_an_unknown_scene_is_kept_as_text() -> None:
    happens("event.scan", EventKey="old-poster")
    assert Follower.objects.get().changes.get().scene_text == "old-poster"


def test_history_of_a_follower_who_leaves_and_returns() -> None:
    happens("event.subscribe", at=NOW - 2 * DAY)
    happens("event.unsubscribe", at=NOW - DAY)
    assert Follower.objects.get().state == "left"
    happens("event.subscribe", at=NOW)
    happens("event.scan", EventKey="x", at=NOW + MINUTE)
    assert changes() == ["follow", "leave", "return", "scan"]
    assert Follower.objects.get().state == "following"


def test_leaving_that_is_told_late_does_not_undo_the_return() -> None:
    happens("event.subscribe", at=NOW)
    happens("event.unsubscribe", at=NOW - DAY)
    assert Follower.objects.get().state == "following"
    assert changes() == ["follow", "leave"]


def test_message_opens_a_conversation_that_waits() -> None:
    conversation = make_conversation("请问今天营业到几点？")
    assert (conversation.waiting_since, conversation.due_at) == (NOW, NOW + 60 * MINUTE)
    assert conversation.messages.get().text.for_computing() == "请问今天营业到几点？"
    assert Wait.objects.get().due_at == NOW + 60 * MINUTE


def test_further_messages_continue_it_and_the_wait_goes_on() -> None:
    happens("text", "在吗", at=NOW)
    happens("image", at=NOW + MINUTE, MediaId="m1", PicUrl="http://mmbiz.qpic.cn/x")
    happens("location", at=NOW + 2 * MINUTE, Label="中山路 1 号", Location_X="30", Location_Y="120")
    conversation = Conversation.objects.get()
    assert conversation.waiting_since == NOW
    assert [each.kind for each in conversation.messages.all()] == ["text", "image", "location"]
    assert conversation.last_at == NOW + 2 * MINUTE
    assert Wait.objects.count() == 1


def test_message_after_the_end_opens_a_new_conversation_with_the_same_owner(cs: object) -> None:
    first = make_conversation("在吗", openid="o1")
    Conversation.objects.filter(pk=first.pk).update(state="closed", owner=cs)
    second = make_conversation("又来问一下", openid="o1", at=NOW + DAY)
    assert second.pk != first.pk
    assert second.owner == cs


def test_follower_has_one_open_conversation() -> None:
    first = make_conversation()
    with pytest.raises(IntegrityError):
        Conversation.objects.create(follower=first.follower, opened_at=NOW, last_at=NOW)


def test_keyword_is_answered_and_nobody_waits() -> None:
    make_rule()
    happens("text", "你们营业时间？")
    assert sent_texts() == ["每天 8:00–21:00。"]
    assert Conversation.objects.count() == 0
    assert Message.objects.get(direction="in").state == "received"


def test_keyword_within_a_conversation_is_answered_in_it() -> None:
    make_rule()
    conversation = make_conversation("请问有没有枇杷膏", openid="o1")
    happens("text", "还有，营业时间？", openid="o1", at=NOW + MINUTE)
    assert sent_texts() == ["每天 8:00–21:00。"]
    assert conversation.messages.count() == 3
    conversation.refresh_from_db()
    assert conversation.waiting_since == NOW


def test_rule_that_is_switched_off_or_out_of_its_days_does_not_answer() -> None:
    make_rule(is_active=False)
    make_rule("双十一", words="营业", first_day=business_day(NOW) + DAY)
    happens("text", "营业时间")
    assert sent_texts() == []
    assert Conversation.objects.count() == 1


def test_keyword_that_cannot_be_answered_any_more_waits_for_a_person() -> None:
    make_rule()
    happens("text", "营业时间", at=NOW - 3 * DAY, now=NOW)
    assert Message.objects.get(direction="out").state == "refused"
    conversation = Conversation.objects.get()
    assert conversation.waiting_since == NOW - 3 * DAY
    assert conversation.messages.count() == 2


def test_welcome_and_the_welcome_of_a_code() -> None:
    make_rule("欢迎", trigger="follow", words="", text="欢迎关注！")
    code = make_code(store=make_store())
    make_rule("店庆欢迎", trigger="follow", words="", text="欢迎来到解放路店！", scene=code)
    happens("event.subscribe", openid="o1")
    happens("event.subscribe", openid="o2", EventKey=f"qrscene_{code.scene_str}")
    assert sent_texts() == ["欢迎关注！", "欢迎来到解放路店！"]


def test_welcome_that_would_come_after_the_minute_is_not_sent() -> None:
    make_rule("欢迎", trigger="follow", words="", text="欢迎关注！")
    happens("event.subscribe", at=NOW - 2 * MINUTE, now=NOW)
    message = Message.objects.get(direction="out")
    assert message.state == "refused"
    assert "超过了可以回复的时间" in message.error


def test_click_is_answered_by_its_key_and_kept() -> None:
    make_rule("门店地址", trigger="menu", match="exact", words="ADDRESS", text="中山路 1 号")
    happens("event.click", EventKey="ADDRESS")
    happens("event.click", EventKey="OTHER")
    assert sent_texts() == ["中山路 1 号"]
    assert Conversation.objects.count() == 0
    assert Follower.objects.get().last_touch_at == NOW


def test_first_message_of_a_matter_is_answered_by_the_general_rule_once() -> None:
    make_rule("请稍等", trigger="other", words="", text="已收到，客服会在一小时内回复。")
    happens("text", "在吗")
    happens("text", "有人吗", at=NOW + MINUTE)
    assert sent_texts() == ["已收到，客服会在一小时内回复。"]
    assert Conversation.objects.get().waiting_since == NOW


def test_news_and_picture_rules_keep_what_they_send() -> None:
    article = {"title": "秋季养生", "description": "", "url": "https://example.com", "picurl": ""}
    make_rule("养生", words="养生", answer="news", text="", article=article)
    make_rule("海报", words="海报", answer="image", text="", media_id="m9")
    happens("text", "养生")
    happens("text", "海报", at=NOW + MINUTE)
    out = list(Message.objects.filter(direction="out").order_by("pk"))
    assert (out[0].kind, out[0].article["title"]) == ("news", "秋季养生")
    assert (out[1].kind, out[1].media_id) == ("image", "m9")
