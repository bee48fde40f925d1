"""Complaints: evidence, the result told before the end, and what they say about a month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.errors import Conflict, Invalid
from incentives.deductions.proposals import propose_month
from incentives.models import KpiEvent
from membership.complaining import (
    Told,
    close_complaint,
    decide_complaint,
    record_complaint,
    tell_result,
)
from membership.evidence import evidence
from membership.models import Complaint, Conversation
from tests.factories.followers import NOW, make_complaint, make_conversation
from tests.factories.people import make_department

pytestmark = pytest.mark.django_db
NOVEMBER, OCTOBER = Month(2026, 11), Month(2026, 10)
DAY = timedelta(days=1)
NEXT_MONTH = NOW + timedelta(days=30)


def late_reply(by: User, conversation: Conversation | None = None, **fields: object) -> Complaint:
    """A customer complains of a late reply; the first message is the evidence."""
    given: dict[str, object] = {
        "kind": "late_reply",
        "text": "昨天的留言今天还没有回",
        "happened_on": NOW.date(),
    }
    conversation = conversation or make_conversation("昨天的留言怎么没人回")
    first = conversation.messages.earliest("pk").pk
    told = Told(messages=(first,), **given | fields)  # type: ignore[arg-type]
    return record_complaint(told=told, conversation=conversation, by=by, now=NOW)


def test_complaint_keeps_who_about_what_when_and_its_messages(cs: User) -> None:
    """S001-117: the channel is a field: hotline, message, group, store."""
    assert {"hotline", "message", "group", "store"} <= set(Complaint.Channel.values)
    conversation = make_conversation("昨天的留言怎么没人回")
    complaint = late_reply(cs, conversation)
    assert (complaint.about_role, complaint.channel, complaint.state) == ("cs", "message", "open")
    assert [each.text.for_computing() for each in complaint.messages.all()] == [
        "昨天的留言怎么没人回"
    ]
    conversation.refresh_from_db()
    assert conversation.kind == "complaint"


def test_numbers_in_a_complaint_are_masked(cs: User) -> None:
    complaint = late_reply(cs, text="会员 13987650123 说没人回电话")
    assert complaint.text == "会员 *******0123 说没人回电话"


@pytest.mark.parametrize(
    "fields",
    [
        {"text": " "},
        {"kind": "none"},
        {"about_role": "king"},
        {"happened_on": date(2026, 11, 4)},
        {"channel": "pigeon"},
    ],
)
def test_complaint_that_cannot_be_is_refused(cs: User, fields: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        late_reply(cs, **fields)
    assert not Complaint.objects.exists()


def test_messages_of_somebody_else_are_no_evidence(cs: User) -> None:
    other = make_conversation("别的事").messages.get().pk
    told = Told(kind="service", text="等太久", happened_on=NOW.date(), messages=(other,))
    with pytest.raises(Invalid, match="不在这次留言里"):
        record_complaint(told=told, conversation=make_conversation(), by=cs, now=NOW)


def test_complaint_is_closed_only_after_its_result_was_told(cs: User) -> None:
    """S001-118: a complaint cannot be closed until the result was told (time, means)."""
    complaint = late_reply(cs)
    with pytest.raises(Conflict, match="还没有处理结果"):
        close_complaint(complaint=complaint, by=cs, now=NOW)
    decide_complaint(complaint=complaint, upheld=True, result="已道歉并补寄", by=cs, now=NOW)
    with pytest.raises(Conflict, match="还没有告知对方"):
        close_complaint(complaint=complaint, by=cs, now=NOW)
    tell_result(complaint=complaint, means="phone", at=NOW, by=cs, now=NOW + DAY)
    close_complaint(complaint=complaint, by=cs, now=NOW + DAY)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.told_at, complaint.told_means) == ("closed", NOW, "phone")
    with pytest.raises(Conflict):
        decide_complaint(complaint=complaint, upheld=False, result="改判", by=cs, now=NOW)


def test_database_too_refuses_to_close_what_was_not_told(cs: User) -> None:
    complaint = late_reply(cs)
    with pytest.raises(IntegrityError):
        Complaint.objects.filter(pk=complaint.pk).update(state="closed")


def test_result_cannot_be_told_before_it_is_there_or_in_time_to_come(cs: User) -> None:
    complaint = late_reply(cs)
    decide_complaint(complaint=complaint, upheld=True, result="已道歉", by=cs, now=NOW)
    for at in (NOW - DAY, NOW + DAY):
        with pytest.raises(Invalid):
            tell_result(complaint=complaint, means="phone", at=at, by=cs, now=NOW)


def test_late_replies_are_evidence_each_of_its_month(cs: User) -> None:
    first = late_reply(cs)
    late_reply(cs)
    groundless = late_reply(cs)
    decide_complaint(complaint=groundless, upheld=False, result="按时回了", by=cs, now=NOW)
    found = evidence(NOVEMBER)
    assert [each.rule for each in found] == ["cs.late_reply_complaint"] * 2
    assert found[0].url == f"/complaints/{first.pk}/"
    assert evidence(OCTOBER) == []


def test_complaint_of_another_department_about_the_systems_is_evidence(it: User, ops: User) -> None:
    told = Told(kind="system", text="会员接口中断半天", happened_on=NOW.date(), channel="house")
    for name in ("运营部", "信息部"):
        record_complaint(told=told, department=make_department(name=name), by=ops, now=NOW)
    make_complaint(ops, kind="system")  # a customer's
    found = evidence(NOVEMBER)
    assert [each.rule for each in found] == ["it.complaint"]
    assert "运营部投诉" in found[0].text


def test_complaint_becomes_a_proposal_of_the_month_once_and_a_later_one_too(
    cs: User, it: User
) -> None:
    late_reply(cs)
    new = propose_month(month=NOVEMBER, now=NEXT_MONTH)
    assert [each.rule for each in new] == ["cs.late_reply_complaint"]
    assert new[0].evidence_url.startswith("/complaints/")
    late_reply(cs)
    again = propose_month(month=NOVEMBER, now=NEXT_MONTH)
    assert [each.rule for each in again] == ["cs.late_reply_complaint"]
    assert propose_month(month=NOVEMBER, now=NEXT_MONTH) == []
    assert KpiEvent.objects.filter(rule="cs.late_reply_complaint").count() == 2


def test_pages_lead_from_the_conversation_to_the_closed_complaint(cs: User, client: Client) -> None:
    conversation = make_conversation("昨天的留言怎么没人回")
    client.force_login(cs)
    answer = client.post(
        f"/inbox/{conversation.pk}/complaint/",
        {
            "kind": "late_reply",
            "channel": "message",
            "happened_on": "2026-11-03",
            "text": "一天没有回",
            "messages": [conversation.messages.get().pk],
        },
    )
    complaint = Complaint.objects.get()
    address = f"/complaints/{complaint.pk}/"
    assert answer["Location"] == address
    assert "昨天的留言怎么没人回" in client.get(address).content.decode()
    client.post(f"{address}decide/", {"upheld": "1", "result": "已道歉"})
    client.post(f"{address}tell/", {"means": "message", "at": ""})
    client.post(f"{address}close/")
    complaint.refresh_from_db()
    assert complaint.state == "closed"


def test_department_complains_for_itself_and_sees_only_its_own(
    ops: User, it: User, cs: User, client: Client
) -> None:
    hidden = late_reply(cs)
    client.force_login(ops)
    sent = {"kind": "system", "happened_on": "2026-11-03", "text": "活动二维码打不开"}
    assert ops.department is not None
    answer = client.post("/complaints/new/", sent | {"department": ops.department.pk})
    assert answer.status_code == 302
    assert it.department is not None
    assert (
        client.post("/complaints/new/", sent | {"department": it.department.pk}).status_code == 400
    )
    assert "活动二维码打不开" in client.get("/complaints/").content.decode()
    assert client.get(f"/complaints/{hidden.pk}/").status_code == 404


def test_form_sent_twice_is_one_complaint(cs: User, client: Client) -> None:
    conversation = make_conversation()
    client.force_login(cs)
    address = f"/inbox/{conversation.pk}/complaint/"
    given = {"kind": "late_reply", "channel": "message", "happened_on": "2026-11-03", "text": "慢"}
    given["key"] = client.get(address).context["form"]["key"].initial
    first, second = (client.post(address, given)["Location"] for _ in range(2))
    assert first == second
    assert Complaint.objects.count() == 1
