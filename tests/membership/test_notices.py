"""Subscription notifications: one for each time that a follower agreed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from haitang.kernel import clock, failpoints
from haitang.kernel.jobs import run_pending
from haitang.kernel.models import Notice
from haitang.wechat.simulator.api.notify import TEMPLATES
from haitang.wechat.simulator.people import Follower as Person
from haitang.wechat.simulator.server import Simulator
from membership.models import Follower, FollowerNotice, Subscription
from membership.notifying import template_of
from tests.factories.followers import NOW, happens, make_conversation

pytestmark = pytest.mark.django_db
REFILL = str(TEMPLATES[1]["priTmplId"])
FILLED = {"thing1": "阿司匹林肠溶片", "time2": "2026年11月20日", "template": REFILL, "key": "k"}
Agree = Callable[..., Follower]


@pytest.fixture
def client(client: Client, cs: User, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Customer service at the browser."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    client.force_login(cs)
    return client


@pytest.fixture
def person(wechat: Simulator) -> Person:
    return wechat.follower("王阿姨")


@pytest.fixture
def agree(wechat: Simulator, person: Person) -> Agree:
    """The follower agrees to one notification of that template, and the event is processed."""

    def arrange(template: str = REFILL, *, accept: bool = True) -> Follower:
        wechat.subscribe_template(person, template, accept=accept)
        entry = "SubscribeMsgPopupEvent.List"
        fields: dict[str, Any] = {
            f"{entry}.TemplateId": template,
            f"{entry}.SubscribeStatusString": "accept" if accept else "reject",
        }
        happens("event.subscribe_msg_popup_event", openid=person.openid, **fields)
        return Follower.objects.get(openid=person.openid)

    return arrange


def send(client: Client, follower: Follower, **changes: str) -> str:
    answer = client.post(f"/followers/{follower.pk}/notify/", FILLED | changes, follow=True)
    return answer.content.decode()


def test_parts_of_a_template_are_read_from_its_content() -> None:
    found = template_of(TEMPLATES[0])
    names = [(each.name, each.label, each.longest) for each in found.fields]
    assert names == [("thing1", "活动名称", 20), ("time2", "开始时间", 60), ("thing3", "门店", 20)]


def test_who_agreed_once_is_notified_once(client: Client, person: Person, agree: Agree) -> None:
    follower = agree()
    conversation = make_conversation(openid=person.openid)
    assert "还能发 1 次" in client.get(f"/inbox/{conversation.pk}/").content.decode()
    assert "药品名称" in client.get(f"/followers/{follower.pk}/notify/").content.decode()
    assert "已发通知“购药到期提醒”" in send(client, follower)
    shown = next(line for line in person.chat if line.kind == "notification")
    assert shown.body["data"]["thing1"] == "阿司匹林肠溶片"
    send(client, follower)
    assert FollowerNotice.objects.get().state == "sent"
    page = client.get(f"/followers/{follower.pk}/notify/").content.decode()
    assert "现在没有可以发的通知" in page


def test_part_that_is_missing_or_too_long_is_told_and_costs_nothing(
    client: Client, agree: Agree
) -> None:
    follower = agree()
    assert "“药品名称”还没有填" in send(client, follower, thing1=" ")
    assert "最多 20 个字" in send(client, follower, thing1="药" * 21)
    assert Subscription.objects.get().number == 1


def test_refusal_gives_the_agreement_back_and_43101_does_not(
    client: Client, wechat: Simulator, person: Person, agree: Agree
) -> None:
    follower = agree()
    wechat.fault("unauthorized", path="/cgi-bin/message/subscribe/bizsend")
    assert "没有这个接口的权限" in send(client, follower)
    assert Subscription.objects.get().number == 1
    wechat.clear_faults()
    person.credits.clear()
    assert "没有订阅这个通知" in send(client, follower, key="k2")
    assert Subscription.objects.get().number == 0


def test_lost_answer_is_uncertain_and_not_repeated(
    client: Client, wechat: Simulator, agree: Agree
) -> None:
    follower = agree()
    wechat.fault("lost_answer", path="/cgi-bin/message/subscribe/bizsend")
    assert "结果不明" in send(client, follower)
    assert Subscription.objects.get().number == 0


def test_refusing_adds_nothing_and_turning_it_off_takes_all(person: Person, agree: Agree) -> None:
    agree(accept=False)
    assert not Subscription.objects.exists()
    agree()
    entry = "SubscribeMsgChangeEvent.List"
    fields: dict[str, Any] = {
        f"{entry}.TemplateId": REFILL,
        f"{entry}.SubscribeStatusString": "reject",
    }
    happens("event.subscribe_msg_change_event", openid=person.openid, **fields)
    assert Subscription.objects.get().number == 0


def test_notice_whose_process_died_is_uncertain_after_a_while_and_told(
    client: Client,
    cs: User,
    person: Person,
    agree: Agree,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    follower = agree()

    def dies(_name: str) -> None:
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(failpoints, "on_reach", dies)
        with pytest.raises(SystemExit):
            send(client, follower)
    run_pending(now=lambda: NOW)
    assert FollowerNotice.objects.get().state == "sending"
    run_pending(now=lambda: NOW + timedelta(minutes=5))
    assert FollowerNotice.objects.get().state == "uncertain"
    assert "不知道对方收到没有" in client.get(f"/followers/{follower.pk}/").content.decode()
    assert Notice.objects.get().recipient == cs
    assert [line for line in person.chat if line.kind == "notification"] == []


def test_notice_that_came_to_an_end_is_left_as_it_is(client: Client, agree: Agree) -> None:
    send(client, agree())
    run_pending(now=lambda: NOW + timedelta(minutes=5))
    assert FollowerNotice.objects.get().state == "sent"
    assert not Notice.objects.exists()


def test_form_that_comes_twice_at_once_sends_one_notice(
    client: Client, cs: User, person: Person, agree: Agree
) -> None:
    follower = agree()
    agree()

    came: list[str] = []

    def another_comes_between(execute: Any, sql: str, *rest: Any) -> Any:
        done = execute(sql, *rest)
        if not came and sql.startswith("SELECT") and "followernotice" in sql:
            came.append(sql)
            FollowerNotice.objects.create(
                follower=follower, template_id=REFILL, title="", text="", key="k", at=NOW, by=cs
            )
        return done

    with connection.execute_wrapper(another_comes_between):
        send(client, follower)
    assert Subscription.objects.get().number == 2
    assert [line for line in person.chat if line.kind == "notification"] == []
