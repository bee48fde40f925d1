"""Publishing and sending to all: once, with an end by event or by asking."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from haitang.kernel import jobs
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.models import Job, Notice
from haitang.wechat import mass_sending, publishing
from haitang.wechat.gateway import WeChatError
from haitang.wechat.gateway.client import WeChatClient
from haitang.wechat.handlers import Event, handlers_of
from haitang.wechat.models import Account, MassSend, Publication
from haitang.wechat.webhook.parsing import leaves
from tests.factories.people import make_user
from tests.wechat.gateway.conftest import Hands
from tests.wechat.gateway.far_end import FarEnd

pytestmark = pytest.mark.django_db
SUBMIT, GET = "/cgi-bin/freepublish/submit", "/cgi-bin/freepublish/get"
SEND = "/cgi-bin/message/mass/sendall"
# The shapes of 发布能力·事件推送发布结果 and 群发接口·事件推送群发结果.
PUBLISHED = """<xml><MsgType>event</MsgType><Event>PUBLISHJOBFINISH</Event><PublishEventInfo>
<publish_id>100</publish_id><publish_status>0</publish_status><article_id>b5O2_a</article_id>
<article_detail><count>2</count><item><idx>1</idx><article_url>https://u/1</article_url></item>
<item><idx>2</idx><article_url>https://u/2</article_url></item></article_detail>
</PublishEventInfo></xml>"""
NOT_ORIGINAL = """<xml><MsgType>event</MsgType><Event>PUBLISHJOBFINISH</Event><PublishEventInfo>
<publish_id>100</publish_id><publish_status>2</publish_status><fail_idx>1</fail_idx>
<fail_idx>2</fail_idx></PublishEventInfo></xml>"""
MASS_SENT = """<xml><MsgType>event</MsgType><Event>MASSSENDJOBFINISH</Event><MsgID>34182</MsgID>
<Status>{}</Status><TotalCount>80</TotalCount><FilterCount>80</FilterCount>
<SentCount>75</SentCount><ErrorCount>5</ErrorCount></xml>"""


@pytest.fixture
def by() -> User:
    return make_user()


def tell(kind: str, fields: Mapping[str, str], now: datetime) -> None:
    """What the worker does with an event of WeChat's."""
    event = Event(1, "k", 1, kind, "oA", now, now, fields)
    for handler in handlers_of(kind):
        handler(event, now)


def requested(by: User, now: datetime, *, key: str = "k1", draft: str = "DRAFT") -> Publication:
    return publishing.request_publication(
        draft_media_id=draft, title="秋燥", key=key, by=by, now=now
    )


def submitted(by: User, client: WeChatClient, far_end: FarEnd, now: datetime) -> Publication:
    far_end.answers[SUBMIT] = {"errcode": 0, "publish_id": "100", "msg_data_id": "2247"}
    waiting = requested(by, now)
    return publishing.submit_publication(publication_id=waiting.pk, client=client, now=now)


def test_draft_is_submitted_and_its_end_comes_by_event(
    client_of_wechat: WeChatClient, far_end: FarEnd, by: User, now: datetime
) -> None:
    publication = submitted(by, client_of_wechat, far_end, now)
    assert (publication.state, publication.msg_data_id) == ("submitted", "2247")
    for _ in range(2):
        tell("event.publishjobfinish", leaves(PUBLISHED.encode()), now)
    publication.refresh_from_db()
    assert publication.state == "published"
    assert publication.urls == ["https://u/1", "https://u/2"]
    assert publication.published_on == date(2026, 11, 3)
    assert Notice.objects.get(recipient=by).text == "“秋燥”已发布。"


def test_refusal_of_the_end_is_a_sentence(
    client_of_wechat: WeChatClient, far_end: FarEnd, by: User, now: datetime
) -> None:
    publication = submitted(by, client_of_wechat, far_end, now)
    tell("event.publishjobfinish", leaves(NOT_ORIGINAL.encode()), now)
    publication.refresh_from_db()
    assert publication.state == "failed"
    assert publication.error.startswith("第 1、2 篇：原创审核没有通过。")


def test_end_is_asked_for_until_it_is_there(
    client_of_wechat: WeChatClient, far_end: FarEnd, by: User, now: datetime
) -> None:
    publication = submitted(by, client_of_wechat, far_end, now)
    later = Job.objects.get(kind="wechat_ask_publication")
    assert later.run_after == now + timedelta(minutes=2)
    far_end.answers[GET] = [
        {"publish_id": "100", "publish_status": 1, "fail_idx": []},
        {"publish_id": "100", "publish_status": 0, "article_id": "A", "article_detail": {}},
    ]
    jobs.run_job(later.pk, now=lambda: later.run_after)
    assert Job.objects.filter(kind="wechat_ask_publication").count() == 2
    assert publishing.ask_publication(publication=publication, client=client_of_wechat, now=now)
    assert publication.state == "published"


def test_same_draft_or_key_is_submitted_once(
    client_of_wechat: WeChatClient, far_end: FarEnd, by: User, now: datetime
) -> None:
    publication = submitted(by, client_of_wechat, far_end, now)
    assert requested(by, now) == publication
    with pytest.raises(Conflict, match="已经在发布"):
        requested(by, now, key="k2")
    publishing.submit_publication(publication_id=publication.pk, client=client_of_wechat, now=now)
    assert len(far_end.calls(SUBMIT)) == 1


@pytest.mark.parametrize("interrupted", [True, False])
def test_lost_answer_is_uncertain_and_never_repeated_by_itself(
    client_of_wechat: WeChatClient, far_end: FarEnd, by: User, now: datetime, interrupted: bool
) -> None:
    publication = requested(by, now)
    if interrupted:  # the worker died after its claim
        Publication.objects.update(state="submitting")
    else:
        far_end.answers[SUBMIT] = ...
    for _ in range(2):
        publication = publishing.submit_publication(
            publication_id=publication.pk, client=client_of_wechat, now=now
        )
    assert publication.state == "uncertain"
    assert "到公众号后台核对" in publication.error
    assert len(far_end.calls(SUBMIT)) == (0 if interrupted else 1)
    settled = publishing.settle_uncertain(
        publication=publication, is_out=True, url="https://u/1", by=by, now=now
    )
    assert (settled.state, settled.urls) == ("published", ["https://u/1"])
    with pytest.raises(Conflict):
        publishing.settle_uncertain(publication=publication, is_out=False, url="", by=by, now=now)


def test_busy_wechat_is_asked_again_and_the_last_time_says_so(
    client_of_wechat: WeChatClient, far_end: FarEnd, by: User, now: datetime
) -> None:
    far_end.answers[SUBMIT] = {"errcode": -1, "errmsg": "system error"}
    publication = requested(by, now)
    with pytest.raises(WeChatError):
        publishing.submit_publication(
            publication_id=publication.pk, client=client_of_wechat, now=now
        )
    publication.refresh_from_db()
    assert publication.state == "waiting"
    ended = publishing.submit_publication(
        publication_id=publication.pk, client=client_of_wechat, now=now, is_last=True
    )
    assert (ended.state, ended.error[:6]) == ("failed", "微信系统繁忙")


def test_publication_by_hand_needs_no_account(by: User, now: datetime) -> None:
    given = {"title": "秋燥", "published_on": date(2026, 11, 2), "msgid": "", "by": by, "now": now}
    url = "https://mp.weixin.qq.com/s?__biz=M&mid=2247&idx=1&sn=a"
    done = publishing.record_publication(url=url, key="k", **given)  # type: ignore[arg-type]
    assert (done.state, done.by_hand, done.msg_data_id, done.urls) == (
        "published",
        True,
        "2247",
        [url],
    )
    with pytest.raises(Invalid, match="网址要写完整"):
        publishing.record_publication(url="秋燥", key="k2", **given)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="不能在将来"):
        publishing.record_publication(
            **{**given, "published_on": date(2026, 11, 4)},  # type: ignore[arg-type]
            url=url,
            key="k3",
        )


def mass(by: User, now: datetime, *, content: str = "DRAFT", key: str = "m1") -> MassSend:
    return mass_sending.request_mass_send(
        title="周六义诊", kind="mpnews", content=content, tag_id=None, key=key, by=by, now=now
    )


def test_one_key_is_one_sending_even_after_a_lost_answer(
    client_of_wechat: WeChatClient, account: Account, far_end: FarEnd, by: User, now: datetime
) -> None:
    far_end.answers[SEND] = [
        ...,
        {"errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": 34182, "msg_data_id": 2062},
    ]
    sending = mass(by, now)
    assert mass(by, now) == sending
    with pytest.raises(Conflict):
        mass(by, now, content="ANOTHER")
    with pytest.raises(WeChatError):
        mass_sending.submit_mass_send(mass_send_id=sending.pk, client=client_of_wechat, now=now)
    for _ in range(2):
        sending = mass_sending.submit_mass_send(
            mass_send_id=sending.pk, client=client_of_wechat, now=now
        )
    assert [call.json["clientmsgid"] for call in far_end.calls(SEND)] == ["m1", "m1"]
    assert far_end.calls(SEND)[0].json["filter"] == {"is_to_all": True}
    assert (sending.state, sending.msg_id, sending.msg_data_id) == ("submitted", "34182", "2062")


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [("send success", "sent", ""), ("err(10001)", "failed", "涉嫌广告"), ("x", "failed", "（x）")],
)
def test_end_of_a_sending_comes_by_event(
    client_of_wechat: WeChatClient,
    far_end: FarEnd,
    by: User,
    now: datetime,
    status: str,
    state: str,
    words: str,
) -> None:
    far_end.answers[SEND] = {"errcode": 0, "msg_id": 34182, "msg_data_id": 2062}
    sending = mass_sending.submit_mass_send(
        mass_send_id=mass(by, now).pk, client=client_of_wechat, now=now
    )
    tell("event.masssendjobfinish", leaves(MASS_SENT.format(status).encode()), now)
    sending.refresh_from_db()
    assert (sending.state, sending.sent_count, sending.total_count) == (state, 75, 80)
    assert words in sending.error
    assert "送达 75 人" in Notice.objects.get(recipient=by).text


def test_end_of_a_sending_is_asked_for(
    client_of_wechat: WeChatClient, far_end: FarEnd, by: User, now: datetime, hands: Hands
) -> None:
    far_end.answers[SEND] = {"errcode": 45028, "errmsg": "has no masssend quota"}
    failed = mass_sending.submit_mass_send(
        mass_send_id=mass(by, now).pk, client=client_of_wechat, now=now
    )
    assert (failed.state, "群发次数已经用完" in failed.error) == ("failed", True)
    MassSend.objects.update(state="submitted", msg_id="34182")
    failed.refresh_from_db()
    far_end.answers["/cgi-bin/message/mass/get"] = {
        "msg_id": 34182,
        "msg_status": "SEND_SUCCESS",
    }
    assert mass_sending.ask_mass_send(sending=failed, client=client_of_wechat, now=now)
    assert failed.state == "sent"


@contextmanager
def another_first(table: str, does: Callable[[], object]) -> Iterator[None]:
    """Somebody else is faster: after the first look at the table, before anything is written."""
    came: list[str] = []

    def between(execute: Any, sql: str, *rest: Any) -> Any:
        done = execute(sql, *rest)
        if not came and sql.startswith("SELECT") and table in sql:
            came.append(sql)
            does()
        return done

    with connection.execute_wrapper(between):
        yield


@pytest.mark.parametrize("key", ["k1", "k2"])
def test_draft_that_two_publish_at_once_is_published_once(
    account: Account, by: User, now: datetime, key: str
) -> None:
    with another_first("wechat_publication", lambda: requested(by, now)):
        if key == "k1":
            requested(by, now, key=key)
        else:
            with pytest.raises(Conflict, match="已经在发布"):
                requested(by, now, key=key)
    assert Publication.objects.count() == 1
    assert Job.objects.filter(kind="wechat_publish").count() == 1


def test_form_of_a_sending_that_comes_twice_at_once_is_one_sending(
    account: Account, by: User, now: datetime
) -> None:
    with another_first("wechat_masssend", lambda: mass(by, now)):
        mass(by, now)
    assert Job.objects.filter(kind="wechat_mass_send").count() == 1
    with pytest.raises(Conflict, match="已经在群发"):
        mass(by, now, key="m2")


def test_sending_without_an_answer_to_the_last_is_uncertain_until_a_person_has_looked(
    client_of_wechat: WeChatClient, far_end: FarEnd, by: User, now: datetime
) -> None:
    far_end.answers[SEND] = ...
    sending = mass_sending.submit_mass_send(
        mass_send_id=mass(by, now).pk, client=client_of_wechat, now=now, is_last=True
    )
    assert sending.state == "uncertain"
    with pytest.raises(Conflict, match="已经在群发"):
        mass(by, now, key="m2")
    mass_sending.settle_uncertain(sending=sending, is_out=True, by=by, now=now)
    sending.refresh_from_db()
    assert sending.state == "sent"
    with pytest.raises(Conflict, match="不是“结果不明”"):
        mass_sending.settle_uncertain(sending=sending, is_out=False, by=by, now=now)


def test_sending_that_broke_off_is_not_sent_again_when_wechat_has_forgotten_its_key(
    client_of_wechat: WeChatClient, far_end: FarEnd, by: User, now: datetime
) -> None:
    far_end.answers[SEND] = ...
    sending = mass(by, now)
    given = {"mass_send_id": sending.pk, "client": client_of_wechat}
    with pytest.raises(WeChatError):
        mass_sending.submit_mass_send(now=now, **given)  # type: ignore[arg-type]
    far_end.answers[SEND] = {"errcode": 0, "msg_id": 34182}
    later = now + timedelta(days=2)
    sending = mass_sending.submit_mass_send(now=later, **given)  # type: ignore[arg-type]
    assert sending.state == "uncertain"
    assert len(far_end.calls(SEND)) == 1
    assert "结果不明" in Notice.objects.get(recipient=by).text


def test_busy_wechat_took_nothing_so_it_is_sent_days_later_too(
    client_of_wechat: WeChatClient, far_end: FarEnd, by: User, now: datetime
) -> None:
    far_end.answers[SEND] = {"errcode": -1, "errmsg": "system error"}
    given = {"mass_send_id": mass(by, now).pk, "client": client_of_wechat}
    with pytest.raises(WeChatError):
        mass_sending.submit_mass_send(now=now, **given)  # type: ignore[arg-type]
    far_end.answers[SEND] = {"errcode": 0, "msg_id": 34182}
    later = now + timedelta(days=2)
    assert mass_sending.submit_mass_send(now=later, **given).state == "submitted"  # type: ignore[arg-type]


def test_interrupted_submission_is_told(
    client_of_wechat: WeChatClient, by: User, now: datetime
) -> None:
    publication = requested(by, now)
    Publication.objects.update(state="submitting", submitted_at=now)
    publishing.submit_publication(publication_id=publication.pk, client=client_of_wechat, now=now)
    assert "结果不明" in Notice.objects.get(recipient=by).text


def test_day_of_publication_is_that_of_the_event_not_of_its_processing(
    client_of_wechat: WeChatClient, far_end: FarEnd, by: User, now: datetime
) -> None:
    late = now.replace(hour=23, minute=59)
    publication = submitted(by, client_of_wechat, far_end, late)
    event = leaves(PUBLISHED.encode())
    after_midnight = late + timedelta(minutes=2)
    for handler in handlers_of("event.publishjobfinish"):
        handler(Event(1, "k", 1, "event.publishjobfinish", "oA", late, late, event), after_midnight)
    publication.refresh_from_db()
    assert publication.published_on == late.date()


def test_one_unknown_publication_keeps_no_other_from_being_asked_for(
    client_of_wechat: WeChatClient, far_end: FarEnd, by: User, now: datetime
) -> None:
    for number, key in enumerate(("k1", "k2")):
        publication = requested(by, now, key=key, draft=key)
        Publication.objects.filter(pk=publication.pk).update(
            state="submitted", publish_id=f"10{number}"
        )
    lost = requested(by, now, key="k3", draft="k3")
    Publication.objects.filter(pk=lost.pk).update(state="submitting", submitted_at=now)
    far_end.answers[GET] = [
        {"errcode": 53600, "errmsg": "article not exist"},
        {"publish_id": "100", "publish_status": 0, "article_id": "A", "article_detail": {}},
    ]
    job = jobs.enqueue(kind="wechat_results", payload={}, by=None, now=now, wake=False)
    jobs.run_job(job.pk, now=lambda: now + timedelta(days=1))
    states = sorted(Publication.objects.values_list("state", flat=True))
    assert states == ["published", "submitted", "uncertain"]
    job.refresh_from_db()
    assert (job.state, len(job.result["faults"])) == ("done", 1)
