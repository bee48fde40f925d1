"""The page of what WeChat sent, its workbench item and the command."""

from __future__ import annotations

import json
from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.kernel.models import AuditEntry
from haitang.wechat.models import InboundEvent
from haitang.wechat.workbench import workbench_items
from tests.factories.wechat import RECEIVED, make_event
from tests.wechat.sender import event, text_message

pytestmark = pytest.mark.django_db
ADDRESS = "/wechat/events/"
PHONE = "13912345678"


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_the_same_number_of_queries(
    client: Client, it: User, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        make_event(text_message(number=number, at=1), state="failed", error="试了5次都没有成功。")
    client.force_login(it)
    with django_assert_num_queries(6):
        page = client.get(ADDRESS).content.decode()
    assert page.count("试了5次") == count


def test_list_is_narrowed_by_the_address(client: Client, it: User) -> None:
    make_event(text_message(openid="oAAAAAAAAAA", at=1), state="failed")
    make_event(event("SCAN", key="store-001", openid="oBBBBBBBBBB", at=2), state="done")
    client.force_login(it)
    for query, shown in (
        ("state=failed", "oAAAAA"),
        ("kind=event.scan", "oBBBBB"),
        ("openid=oAAAAAAAAAA", "oAAAAA"),
    ):
        page = client.get(f"{ADDRESS}?{query}").content.decode()
        assert shown in page
        assert page.count('class="strong"') == 1
    assert "没有符合条件的消息" in client.get(f"{ADDRESS}?first=2026-11-04").content.decode()


def test_content_is_not_shown(client: Client, it: User) -> None:
    stored = make_event(text_message(f"我的电话是{PHONE}", at=1))
    client.force_login(it)
    page = client.get(f"{ADDRESS}{stored.pk}/").content.decode()
    assert "（16 个字，不在这里显示）" in page
    assert PHONE not in page
    assert "我的电话" not in page


def test_failed_event_is_replayed_with_a_reason(client: Client, it: User) -> None:
    failed = make_event(state="failed", attempts=5, error="试了5次都没有成功。")
    address = f"{ADDRESS}{failed.pk}/replay/"
    client.force_login(it)
    without = client.post(address, {"reason": " "})
    assert (without.status_code, "理由" in without.content.decode()) == (400, True)
    client.post(address, {"reason": f"程序已修好，{PHONE}"})
    failed.refresh_from_db()
    assert (failed.state, failed.attempts, failed.error) == ("received", 0, "")
    entry = AuditEntry.objects.get(act="replay_event")
    assert entry.actor == it
    assert PHONE not in entry.details["reason"]
    assert client.post(address, {"reason": "再来"}).status_code == 409


def test_customer_service_sees_but_may_not_replay(client: Client, cs: User, ops: User) -> None:
    failed = make_event(state="failed")
    client.force_login(cs)
    assert "重新处理</button>" not in client.get(f"{ADDRESS}{failed.pk}/").content.decode()
    assert client.post(f"{ADDRESS}{failed.pk}/replay/", {"reason": "x"}).status_code == 403
    assert client.get(f"{ADDRESS}999/").status_code == 404
    client.force_login(ops)
    assert client.get(ADDRESS).status_code == 403


def test_failed_events_wait_on_the_workbench_of_it(it: User, cs: User, now: datetime) -> None:
    assert workbench_items(it, now) == []
    make_event(state="failed")
    (item,) = workbench_items(it, now)
    assert item.title.startswith("1 条微信消息处理失败")
    assert workbench_items(cs, now) == []


def test_command_lists_one_event_a_line() -> None:
    early = make_event(text_message(number=1, at=1))
    late = make_event(text_message(number=2, at=2))
    InboundEvent.objects.filter(pk=early.pk).update(received_at=RECEIVED.replace(hour=8))
    listed = [json.loads(line) for line in _listed().splitlines()]
    assert [line["key"] for line in listed] == [early.key, late.key]
    assert listed[1] == {
        "key": late.key,
        "kind": "text",
        "openid": "oFollower01",
        "state": "received",
        "attempts": 0,
        "received_at": "2026-11-03T10:00:00+08:00",
    }
    assert len(_listed("--since", "2026-11-03T09:00").splitlines()) == 1
    assert len(_listed("--since", "2026-11-03").splitlines()) == 2
    with pytest.raises(CommandError, match="看不懂"):
        _listed("--since", "昨天")


def _listed(*arguments: str) -> str:
    out = StringIO()
    call_command("wechat_events", "--json", *arguments, stdout=out)
    return out.getvalue()
