"""The pages of the inbox: list, thread, window, and a cheap answer to whether anything is new."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.kernel import clock
from haitang.kernel.models import AuditEntry
from haitang.wechat.simulator.server import Simulator
from membership import selectors, syncing, waiting, workbench
from membership.conversing import tell_remark
from membership.models import Conversation, Message, Note, Wait
from membership.selectors import reply_times
from tests.factories.followers import NOW, happens, make_code, make_conversation
from tests.factories.trade import make_campaign, make_store
from tests.membership.scene import make_inbox

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
QUESTION = "请问今天营业到几点？"


@pytest.fixture
def client(client: Client, cs: User) -> Client:
    """Customer service at the browser."""
    client.force_login(cs)
    return client


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """``at["now"] = …`` sets the clock of the pages, at first the tests' own moment."""
    moment = {"now": NOW + 10 * MINUTE}
    monkeypatch.setattr(clock, "now", lambda: moment["now"])
    return moment


def shown(client: Client, query: str = "") -> list[str]:
    """The names of the followers in the list, in its order."""
    page = client.get(f"/inbox/{query}")
    return [str(line.conversation.follower) for line, *_ in page.context["rows"]]


def named(name: str, text: str = QUESTION, *, at: datetime = NOW) -> Conversation:
    conversation = make_conversation(text, at=at)
    conversation.follower.remark = name
    conversation.follower.save()
    return conversation


def test_list_has_the_longest_waiting_first_and_says_who_is_late(client: Client) -> None:
    named("甲", at=NOW)
    named("乙", at=NOW - 2 * HOUR)
    named("丙", at=NOW - HOUR / 2)
    assert shown(client) == ["乙", "丙", "甲"]
    page = client.get("/inbox/").content.decode()
    assert "超时 · 等了 2 小时 10 分" in page
    assert "等了 10 分钟" in page


def test_tabs_narrow_the_list(client: Client, cs: User) -> None:
    named("甲")
    named("乙", at=NOW - 2 * HOUR)
    Conversation.objects.filter(pk=named("丙").pk).update(owner=cs, waiting_since=None, due_at=None)
    Conversation.objects.filter(pk=named("丁").pk).update(state="closed", closed_at=NOW)
    assert shown(client, "?show=mine") == ["丙"]
    assert shown(client, "?show=waiting") == ["乙", "甲"]
    assert shown(client, "?show=overdue") == ["乙"]
    assert shown(client, "?show=closed") == ["丁"]
    assert shown(client, "?show=nonsense") == ["乙", "甲", "丙"]


def test_search_finds_words_names_and_tags(client: Client) -> None:
    named("王阿姨", "枇杷膏还有吗")
    tagged = named("李叔", "会员日是哪天")
    client.post(f"/inbox/{tagged.pk}/sort/", {"kind": "enquiry", "topic": "", "tags": "积分、会员"})
    assert shown(client, "?q=枇杷膏") == ["王阿姨"]
    assert shown(client, "?q=李") == ["李叔"]
    assert shown(client, "?q=积分") == ["李叔"]
    assert shown(client, "?q=没有") == []


def test_comment_of_a_campaign_is_found_with_when_it_came_and_was_answered(
    client: Client, at: dict[str, datetime]
) -> None:
    """S000-81: comments of a campaign have receipt time and reply time; the target is a setting."""
    campaign = make_campaign("C1", stores=None, start=NOW.date(), end=NOW.date())
    conversation = named("甲")
    named("乙")
    page = client.get(f"/inbox/{conversation.pk}/").content.decode()
    assert "不是活动的留言" in page
    sorting = {"kind": "enquiry", "topic": "", "tags": "", "campaign": campaign.pk}
    client.post(f"/inbox/{conversation.pk}/sort/", sorting)
    assert shown(client, f"?campaign={campaign.pk}") == ["甲"]
    client.post(f"/inbox/{conversation.pk}/answer/", {"text": "有的。", "key": "a"})
    message = Message.objects.get(direction="out")
    waiting.answered(message, now=at["now"])
    wait = Wait.objects.get(conversation=conversation)
    assert (wait.since, wait.answered_at, wait.due_at) == (NOW, at["now"], NOW + HOUR)


def test_preview_and_thread_mask_what_looks_like_a_number(client: Client) -> None:
    conversation = make_conversation("我的电话 13987650123，请回电")
    for address in ("/inbox/", f"/inbox/{conversation.pk}/"):
        page = client.get(address).content.decode()
        assert "*******0123" in page
        assert "13987650123" not in page


def test_full_message_is_shown_for_a_reason_and_recorded(client: Client) -> None:
    message = make_conversation("我的电话 13987650123").messages.get()
    address = f"/inbox/messages/{message.pk}/"
    assert "13987650123" not in client.get(address).content.decode()
    assert client.post(address, {"reason": " "}).status_code == 400
    assert "13987650123" in client.post(address, {"reason": "回电话"}).content.decode()
    entry = AuditEntry.objects.get(act="personal.reveal")
    assert (entry.object_type, entry.details["reason"]) == ("membership.message", "回电话")


def test_window_and_remaining_count_stand_beside_the_writing_box(
    client: Client, at: dict[str, datetime]
) -> None:
    conversation = make_conversation()
    page = client.get(f"/inbox/{conversation.pk}/").content.decode()
    assert "还可以发 5 条" in page
    assert "11月5日 10:00 截止" in page
    client.post(f"/inbox/{conversation.pk}/answer/", {"text": "到九点。", "key": "a"})
    assert "还可以发 4 条" in client.get(f"/inbox/{conversation.pk}/").content.decode()
    at["now"] = NOW + 48 * HOUR
    page = client.get(f"/inbox/{conversation.pk}/").content.decode()
    assert "48 小时之内才能回复" in page
    assert "data-live-field disabled" in page


def test_refused_answer_gives_its_text_back_with_the_reason(
    client: Client, at: dict[str, datetime]
) -> None:
    conversation = make_conversation()
    at["now"] = NOW + 48 * HOUR
    answer = client.post(f"/inbox/{conversation.pk}/answer/", {"text": "到九点。", "key": "a"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "没有发送。超过了可以回复的时间" in page
    assert "到九点。</textarea>" in page
    assert not Message.objects.filter(direction="out").exists()


def test_reader_sees_no_box_and_may_not_answer(supervisor: User, client: Client) -> None:
    conversation = make_conversation()
    client.force_login(supervisor)
    page = client.get(f"/inbox/{conversation.pk}/").content.decode()
    assert QUESTION in page
    assert "data-answer" not in page
    assert client.post(f"/inbox/{conversation.pk}/answer/", {"text": "x"}).status_code == 403


def test_thread_asks_cheaply_and_learns_of_news(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    conversation = make_conversation(openid="o1")
    page = client.get(f"/inbox/{conversation.pk}/")
    address = f"/inbox/{conversation.pk}/news/?have={page.context['token']}"
    with django_assert_num_queries(4):
        assert client.get(address).status_code == 204
    happens("text", "还在吗？", openid="o1", at=NOW + MINUTE)
    answer = client.get(address)
    assert "还在吗？" in answer.content.decode()
    assert answer["Live-Open"] == "1"
    assert client.get(address.split("?")[0], {"have": answer["Live-Have"]}).status_code == 204


def test_list_asks_cheaply_and_learns_of_news(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = client.get("/inbox/").context["token"]
    with django_assert_num_queries(4):
        assert client.get(f"/inbox/news/?have={token}").status_code == 204
    make_conversation("枇杷膏还有吗")
    answer = client.get(f"/inbox/news/?have={token}")
    assert "枇杷膏还有吗" in answer.content.decode()
    assert client.get("/inbox/news/", {"have": answer["Live-Have"]}).status_code == 204


def test_minute_that_goes_by_is_news_since_waiting_grows(
    client: Client, at: dict[str, datetime]
) -> None:
    make_conversation()
    token = client.get("/inbox/").context["token"]
    at["now"] += MINUTE
    assert "等了 11 分钟" in client.get(f"/inbox/news/?have={token}").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_a_constant_number_of_queries(
    number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        make_conversation()
    with django_assert_num_queries(13):
        client.get("/inbox/")


@pytest.mark.parametrize("number", [1, 3])
def test_thread_asks_a_constant_number_of_queries(
    number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        happens("text", f"第{index}条", openid="o1")
        Note.objects.create(
            conversation=Conversation.objects.get(), text="备注", at=NOW, by=User.objects.get()
        )
    with django_assert_num_queries(16):
        client.get(f"/inbox/{Conversation.objects.get().pk}/")


def test_conversation_is_given_noted_sorted_named_closed_and_reopened(
    client: Client, cs: User
) -> None:
    """S001-12: enquiry, complaint and service request are told apart."""
    assert {"enquiry", "complaint", "service"} <= set(Conversation.Kind.values)
    conversation = make_conversation()
    address = f"/inbox/{conversation.pk}/"
    client.post(f"{address}assign/", {"owner": cs.pk})
    client.post(f"{address}note/", {"text": "老会员 13987650123"})
    client.post(f"{address}sort/", {"kind": "service", "topic": "product", "tags": "枇杷膏"})
    client.post(f"/followers/{conversation.follower_id}/remark/", {"remark": "王阿姨"})
    client.post(f"{address}close/")
    conversation.refresh_from_db()
    assert (conversation.owner, conversation.state) == (cs, "closed")
    assert (conversation.kind, conversation.topic) == ("service", "product")
    assert conversation.follower.remark == "王阿姨"
    assert Note.objects.get().text == "老会员 *******0123"
    assert conversation.waiting_since is None
    client.post(f"{address}reopen/")
    conversation.refresh_from_db()
    assert conversation.state == "open"


def test_conversation_is_given_to_nobody_who_may_not_answer(client: Client, art: User) -> None:
    conversation = make_conversation()
    answer = client.post(f"/inbox/{conversation.pk}/assign/", {"owner": art.pk})
    assert answer.status_code == 400
    assert "不能回复留言" in answer.content.decode()


def test_closed_one_is_not_reopened_beside_a_new_one(client: Client) -> None:
    first = make_conversation(openid="o1")
    client.post(f"/inbox/{first.pk}/close/")
    make_conversation("又来了", openid="o1", at=NOW + HOUR)
    answer = client.post(f"/inbox/{first.pk}/reopen/")
    assert answer.status_code == 409
    assert "新的留言" in answer.content.decode()


def test_workbench_says_who_waits_and_tells_the_supervisor_who_is_late(
    cs: User, supervisor: User, ops: User, at: dict[str, datetime]
) -> None:
    """S001-46: customer service has a queue of what waits, with the due time."""
    make_conversation(at=NOW - 2 * HOUR)
    make_conversation()
    items = workbench.workbench_items(cs, NOW)
    assert [item.kind for item in items] == ["inbox_waiting"]
    assert "有 2 位粉丝在等回复，其中 1 位已经超过时限，最久的等了 2 小时" in items[0].title
    assert items[0].url == "/inbox/?show=overdue"
    assert [item.count for item in workbench.workbench_items(supervisor, NOW)] == [1]
    assert workbench.workbench_items(ops, NOW) == []


def test_workbench_names_uncertain_messages_complaints_and_missing_codes(
    cs: User, ops: User
) -> None:
    make_inbox(cs)
    kinds = {item.kind for item in workbench.workbench_items(cs, clock.now())}
    assert kinds == {"inbox_waiting", "message_uncertain", "complaint_open"}
    make_code(store=make_store(), ticket="")
    assert [item.kind for item in workbench.workbench_items(ops, NOW)] == ["scene_missing"]


def test_target_is_a_setting_of_the_supervisor_for_messages_from_now_on(
    client: Client, supervisor: User
) -> None:
    before = make_conversation()
    sent = {"minutes": 15, "opens": "08:00", "closes": "21:00"}
    assert client.post("/inbox/targets/change/", sent).status_code == 403
    client.force_login(supervisor)
    assert client.post("/inbox/targets/change/", sent).status_code == 302
    assert make_conversation().due_at == NOW + 15 * MINUTE
    before.refresh_from_db()
    assert before.due_at == NOW + 60 * MINUTE
    assert "按时回复" in client.get("/inbox/targets/").content.decode()
    wrong = client.post("/inbox/targets/change/", sent | {"closes": "07:00"})
    assert wrong.status_code == 400


def test_uncertain_message_is_settled_from_its_page(client: Client, cs: User) -> None:
    conversation = make_inbox(cs)
    message = Message.objects.get(state="uncertain")
    client.post(f"/inbox/messages/{message.pk}/settle/", {"went_out": "0"})
    message.refresh_from_db()
    assert message.state == "refused"
    assert message.conversation == conversation


def test_ending_it_without_an_answer_is_no_answer_in_time(client: Client) -> None:
    conversation = make_conversation(at=NOW)
    client.post(f"/inbox/{conversation.pk}/close/")
    wait = Wait.objects.get()
    assert (wait.answered_at, wait.closed_at) == (None, NOW + 10 * MINUTE)
    times = reply_times(since=NOW - HOUR, now=NOW + 3 * HOUR)
    assert (times.in_time, times.late, times.open, times.closed) == (0, 0, 0, 1)
    assert (times.share, times.median_seconds) == (None, None)
    assert "没有回复就结束" in client.get("/inbox/targets/").content.decode()


def test_remark_is_told_to_wechat_and_a_refusal_is_shown(client: Client, wechat: Simulator) -> None:
    person = wechat.follower("王")
    conversation = make_conversation(openid=person.openid)
    address = f"/inbox/{conversation.pk}/"
    client.post(f"/followers/{conversation.follower_id}/remark/", {"remark": "王阿姨"})
    tell_remark(conversation.follower_id, by=None)
    assert person.remark == "王阿姨"
    wechat.fault("unauthorized", path="/cgi-bin/user/info/updateremark")
    client.post(f"/followers/{conversation.follower_id}/remark/", {"remark": "王姐"})
    tell_remark(conversation.follower_id, by=None)
    assert "微信后台的备注名没有改" in client.get(address).content.decode()
    wechat.clear_faults()
    syncing.sync_followers(now=NOW + HOUR)
    assert str(Conversation.objects.get().follower) == "王姐"


def test_long_thread_is_read_back_to_its_first_message(
    client: Client, monkeypatch: pytest.MonkeyPatch, cs: User
) -> None:
    monkeypatch.setattr(selectors, "THREAD", 3)
    for number in range(1, 6):
        happens("text", f"第{number}条", openid="o1", at=NOW + number * MINUTE)
    conversation = Conversation.objects.get()
    early = Note.objects.create(
        conversation=conversation, text="早", at=NOW + 2 * MINUTE + MINUTE / 2, by=cs
    )
    newest = client.get(f"/inbox/{conversation.pk}/")
    words = [each.text for each in newest.context["entries"]]
    assert words == ["第3条", "第4条", "第5条"]
    address = f"/inbox/{conversation.pk}/?before={newest.context['oldest'].pk}"
    assert address in newest.content.decode().replace("&amp;", "&")
    older = client.get(address)
    assert [each.text for each in older.context["entries"]] == ["第1条", "第2条", early.text]
    assert "data-live=" not in older.content.decode()
    assert "看更早的消息" not in older.content.decode()


def test_list_counts_what_came_since_the_last_answer(client: Client, cs: User) -> None:
    conversation = make_conversation(openid="o1", at=NOW)
    happens("text", "在吗？", openid="o1", at=NOW + MINUTE)
    assert "2 条没回" in client.get("/inbox/").content.decode()
    Conversation.objects.filter(pk=conversation.pk).update(waiting_since=None)
    assert "条没回" not in client.get("/inbox/").content.decode()
