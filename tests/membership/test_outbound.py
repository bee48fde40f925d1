"""Sending: through WeChat's window only, once, and never again when nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from accounts.models import User
from haitang.kernel import failpoints
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.jobs import enqueue, run_job, run_pending
from haitang.kernel.models import Job
from haitang.wechat.simulator.server import Simulator
from membership.delivering import deliver, settle_uncertain
from membership.models import Conversation, Message, Wait
from membership.outbound import Content, send_answer
from tests.factories.followers import NOW, happens, make_conversation, make_rule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wechat")]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATER = NOW + MINUTE


class Died(BaseException):
    """The process ends here."""


@pytest.fixture
def conversation(wechat: Simulator) -> Conversation:
    """A follower whom the simulator knows wrote a moment ago."""
    person = wechat.follower("王阿姨")
    wechat.send(person, "请问今天营业到几点？")
    return make_conversation(openid=person.openid)


@pytest.fixture
def dies_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """``dies_at("message-claimed")``: the process ends when it gets there."""

    def arrange(name: str) -> None:
        def reach(reached: str) -> None:
            if reached == name:
                raise Died

        monkeypatch.setattr(failpoints, "on_reach", reach)

    return arrange


def answer(
    conversation: Conversation,
    by: User,
    text: str = "到九点。",
    *,
    key: str = "k1",
    now: datetime = LATER,
) -> Message:
    return send_answer(
        conversation=conversation, content=Content(text=text), key=key, by=by, now=now
    )


def send_all(at: datetime = LATER) -> None:
    """The worker's part, at that moment."""
    for message in Message.objects.filter(state__in=("queued", "held")).order_by("pk"):
        deliver(message.pk, now=at)


def phone(wechat: Simulator) -> list[str]:
    """The texts from the account that the follower reads."""
    return [
        line.body["content"]
        for person in wechat.world.followers.values()
        for line in person.chat
        if line.by == "account"
    ]


def test_answer_goes_out_once_and_ends_the_wait(
    wechat: Simulator, conversation: Conversation, cs: User
) -> None:
    """S001-21: each question has its reply and the time of the reply."""
    message = answer(conversation, cs)
    assert message.state == "queued"
    send_all()
    send_all()
    message.refresh_from_db()
    conversation.refresh_from_db()
    assert (message.state, message.sent_at) == ("sent", LATER)
    assert phone(wechat) == ["到九点。"]
    assert (conversation.owner, conversation.waiting_since) == (cs, None)
    wait = Wait.objects.get()
    assert (wait.since, wait.answered_at, wait.answered_by) == (NOW, LATER, cs)


def test_same_form_sent_twice_is_one_message(
    wechat: Simulator, conversation: Conversation, cs: User
) -> None:
    assert answer(conversation, cs).pk == answer(conversation, cs).pk
    send_all()
    assert phone(wechat) == ["到九点。"]


def test_job_sends_after_the_commit(conversation: Conversation, cs: User) -> None:
    with transaction.atomic():
        message = answer(conversation, cs)
    job = Job.objects.get(kind="send_message")
    assert job.payload == {"message": message.pk}


def test_sixth_answer_is_refused_before_it_is_tried(
    wechat: Simulator, conversation: Conversation, cs: User
) -> None:
    for number in range(5):
        answer(conversation, cs, f"第{number}条", key=f"k{number}")
    with pytest.raises(Conflict, match="最多回 5 条"):
        answer(conversation, cs, key="k6")
    send_all()
    assert len(phone(wechat)) == 5
    assert Message.objects.filter(direction="out").count() == 5


def test_answer_after_48_hours_is_refused_with_the_reason(
    conversation: Conversation, cs: User
) -> None:
    with pytest.raises(Conflict, match="48 小时之内"):
        answer(conversation, cs, now=NOW + 48 * HOUR)
    assert not Message.objects.filter(direction="out").exists()


def test_answer_that_waits_past_the_window_is_not_sent(
    wechat: Simulator, conversation: Conversation, cs: User
) -> None:
    message = answer(conversation, cs, now=NOW + 48 * HOUR - MINUTE)
    send_all(NOW + 48 * HOUR)
    message.refresh_from_db()
    assert message.state == "refused"
    assert "超过了可以回复的时间" in message.error
    assert phone(wechat) == []


def test_who_left_is_not_written_to(conversation: Conversation, cs: User) -> None:
    happens("event.unsubscribe", openid=conversation.follower.openid, at=LATER)
    with pytest.raises(Conflict, match="已经取消关注"):
        answer(conversation, cs, now=LATER + MINUTE)


def test_closed_conversation_is_not_answered(conversation: Conversation, cs: User) -> None:
    Conversation.objects.update(state="closed")
    with pytest.raises(Conflict, match="已经结束"):
        answer(conversation, cs)


@pytest.mark.parametrize("text", ["", "   ", "长" * 683])
def test_text_that_wechat_would_not_take_is_refused(
    conversation: Conversation, cs: User, text: str
) -> None:
    with pytest.raises(Invalid):
        answer(conversation, cs, text)


def test_wechats_refusal_is_kept_with_its_sentence(
    wechat: Simulator, conversation: Conversation, cs: User
) -> None:
    wechat.fault("error", errcode=45047, path="/cgi-bin/message/custom/send")
    message = answer(conversation, cs)
    send_all()
    message.refresh_from_db()
    conversation.refresh_from_db()
    assert message.state == "refused"
    assert "上限" in message.error
    assert conversation.waiting_since == NOW


@pytest.mark.parametrize("name", ["message-claimed", "message-handed-over"])
def test_death_while_sending_leaves_an_uncertain_message_that_is_not_sent_again(
    wechat: Simulator,
    conversation: Conversation,
    cs: User,
    dies_at: Callable[[str], None],
    name: str,
) -> None:
    message = answer(conversation, cs)
    dies_at(name)
    with pytest.raises(Died):
        deliver(message.pk, now=LATER)
    arrived = phone(wechat)
    dies_at("")
    for _ in range(3):
        deliver(message.pk, now=LATER)
    message.refresh_from_db()
    assert message.state == "uncertain"
    assert "系统不会自动再发" in message.error
    assert phone(wechat) == arrived
    assert len(arrived) == (name == "message-handed-over")


def test_uncertain_message_counts_and_is_settled_by_a_person(
    conversation: Conversation, cs: User
) -> None:
    message = answer(conversation, cs)
    Message.objects.filter(pk=message.pk).update(state="uncertain", claimed_at=LATER)
    for number in range(4):
        answer(conversation, cs, key=f"more{number}")
    with pytest.raises(Conflict):
        answer(conversation, cs, key="too many")
    message.refresh_from_db()
    settle_uncertain(message=message, went_out=True, by=cs, now=LATER + MINUTE)
    conversation.refresh_from_db()
    assert (message.state, conversation.waiting_since) == ("sent", None)
    with pytest.raises(Conflict, match="已经明确"):
        settle_uncertain(message=message, went_out=False, by=cs, now=LATER)


def test_answer_lost_on_the_way_back_is_uncertain(
    wechat: Simulator, conversation: Conversation, cs: User
) -> None:
    wechat.fault("lost_answer", path="/cgi-bin/message/custom/send", times=1)
    message = answer(conversation, cs)
    send_all()
    message.refresh_from_db()
    assert message.state == "uncertain"
    assert phone(wechat) == ["到九点。"]


def test_wechat_that_cannot_be_reached_is_tried_again_later(
    conversation: Conversation, cs: User, settings: object
) -> None:
    settings.WECHAT_API_BASE = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    message = answer(conversation, cs)
    for tries in range(1, 4):
        send_all()
        message.refresh_from_db()
        assert (message.state, message.attempts) == ("queued" if tries < 3 else "refused", tries)
    assert "连不上微信" in message.error


def test_automatic_answer_that_wechat_refuses_waits_for_a_person(wechat: Simulator) -> None:
    make_rule()
    person = wechat.follower("李叔")
    wechat.send(person, "营业时间")
    happens("text", "营业时间", openid=person.openid)
    wechat.fault("window_count")
    send_all()
    conversation = Conversation.objects.get()
    assert conversation.waiting_since is not None
    assert [each.direction for each in conversation.messages.all()] == ["in", "out"]


def test_automatic_answer_goes_out_by_the_job(wechat: Simulator) -> None:
    make_rule()
    person = wechat.follower("李叔")
    wechat.send(person, "营业时间")
    happens("text", "营业时间", openid=person.openid)
    assert run_pending(now=lambda: LATER) == 1
    assert phone(wechat) == ["每天 8:00–21:00。"]


def test_follower_reads_in_the_order_written(
    wechat: Simulator, conversation: Conversation, cs: User
) -> None:
    first = answer(conversation, cs, "一", key="k1")
    answer(conversation, cs, "二", key="k2")
    third = answer(conversation, cs, "三", key="k3")
    assert deliver(third.pk, now=LATER) == ""
    third.refresh_from_db()
    assert (third.state, third.get_state_display()) == ("held", "等前一条发出")
    wechat.fault("busy", times=3)
    assert deliver(first.pk, now=LATER) == "queued"
    wechat.clear_faults()
    assert deliver(first.pk, now=LATER) == "sent"
    assert Job.objects.get(key__contains=":after:").payload == {"message": third.pk}
    send_all()
    assert phone(wechat) == ["一", "二", "三"]


def test_message_waits_ten_minutes_for_one_that_never_ends(
    wechat: Simulator, conversation: Conversation, cs: User
) -> None:
    answer(conversation, cs, "一", key="k1")
    second = answer(conversation, cs, "二", key="k2")
    assert deliver(second.pk, now=LATER) == ""
    patience = Job.objects.get(key__endswith=":patience")
    assert patience.run_after == LATER + 10 * MINUTE
    assert deliver(second.pk, now=patience.run_after) == "sent"
    assert phone(wechat) == ["二"]


def test_another_job_that_meets_a_message_being_sent_leaves_it_alone(
    wechat: Simulator, conversation: Conversation, cs: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The patience of one that was held runs out at the moment at which it is sent."""
    message = answer(conversation, cs)
    payload = {"message": message.pk}
    other = enqueue(kind="send_message", payload=payload, by=None, now=LATER, wake=False)
    seen = []

    def comes_between(name: str) -> None:
        if name == "message-claimed":
            run_job(other.pk, now=lambda: LATER)
            seen.append(Message.objects.get(pk=message.pk).state)

    monkeypatch.setattr(failpoints, "on_reach", comes_between)
    run_job(Job.objects.exclude(pk=other.pk).get().pk, now=lambda: LATER)
    message.refresh_from_db()
    assert (seen, message.state) == (["sending"], "sent")
    assert phone(wechat) == ["到九点。"]


def test_what_a_person_settled_is_not_queued_anew_by_who_comes_back_late(
    wechat: Simulator, conversation: Conversation, cs: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = answer(conversation, cs)

    def is_given_up_meanwhile(name: str) -> None:
        if name == "message-claimed" and deliver(message.pk, now=LATER) == "":
            message.refresh_from_db()
            settle_uncertain(message=message, went_out=True, by=cs, now=LATER)

    monkeypatch.setattr(failpoints, "on_reach", is_given_up_meanwhile)
    wechat.fault("busy", times=3)
    assert deliver(message.pk, now=LATER) == "sent"
    send_all()
    assert phone(wechat) == []


def test_question_that_comes_while_an_answer_is_on_its_way_waits_on(
    conversation: Conversation, cs: User
) -> None:
    answer(conversation, cs)
    happens("text", "还有货吗？", openid=conversation.follower.openid, at=LATER)
    send_all(LATER + MINUTE)
    conversation.refresh_from_db()
    assert conversation.waiting_since == LATER
    first, second = Wait.objects.order_by("since")
    assert (first.answered_at, second.since, second.answered_at) == (LATER + MINUTE, LATER, None)
    answer(conversation, cs, "有。", key="k2", now=LATER + 2 * MINUTE)
    send_all(LATER + 2 * MINUTE)
    conversation.refresh_from_db()
    assert conversation.waiting_since is None


def test_question_that_a_rule_answers_meanwhile_waits_for_nobody(
    conversation: Conversation, cs: User
) -> None:
    make_rule()
    answer(conversation, cs)
    happens("text", "营业时间", openid=conversation.follower.openid, at=LATER)
    send_all(LATER + MINUTE)
    conversation.refresh_from_db()
    assert conversation.waiting_since is None
