"""Processing: each event once, in a follower's order, with retries; what dies leaves no half."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from haitang.kernel.errors import Invalid
from haitang.kernel.models import Lease
from haitang.wechat import handlers, processing
from haitang.wechat.handlers import Event, on_event
from haitang.wechat.models import InboundEvent
from haitang.wechat.processing import BACK_OFF, LEASE, drain
from tests.factories.wechat import RECEIVED, make_event
from tests.wechat.sender import event, text_message

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _own_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "_handlers", {})


@pytest.fixture
def seen() -> list[str]:
    """The contents that a handler was given; “坏” fails, after it has written something."""
    contents: list[str] = []

    @on_event("text")
    def note(given: Event, now: datetime) -> None:
        Lease.objects.create(name=f"effect {given.id}", until=now)
        if "坏" in given.fields["Content"]:
            raise ValueError("13912345678")
        contents.append(given.fields["Content"])

    return contents


def message(content: str, *, openid: str = "oA") -> InboundEvent:
    number = InboundEvent.objects.count() + 1
    return make_event(text_message(content, openid=openid, number=number, at=number))


def run(at: datetime = RECEIVED) -> int:
    return drain(now=lambda: at).count


def states() -> list[tuple[str, int]]:
    return list(InboundEvent.objects.order_by("id").values_list("state", "attempts"))


def test_events_are_processed_once_in_their_order(seen: list[str]) -> None:
    for content in ("一", "二", "三"):
        message(content)
    assert run() == 3
    assert run() == 0
    assert seen == ["一", "二", "三"]
    assert states() == [("done", 1)] * 3


def test_failing_event_is_retried_with_pauses_and_then_left_to_a_person(seen: list[str]) -> None:
    failing, moment = message("坏"), RECEIVED
    for attempt, pause in enumerate(BACK_OFF, start=1):
        assert run(moment) == 1
        failing.refresh_from_db()
        assert failing.attempts == attempt
        moment += pause
        assert attempt == processing.MAX_ATTEMPTS or run(moment - SECOND / 2) == 0
    assert failing.state == "failed"
    assert "试了5次" in failing.error
    assert "13912345678" not in failing.error
    assert not Lease.objects.filter(name__startswith="effect").exists()


def test_later_events_of_a_follower_wait_for_the_one_before(seen: list[str]) -> None:
    first = message("坏")
    message("二")
    message("别人的", openid="oB")
    run()
    assert seen == ["别人的"]
    assert states() == [("received", 1), ("received", 0), ("done", 1)]
    InboundEvent.objects.filter(pk=first.pk).update(state="failed")
    run()
    assert seen == ["别人的", "二"]


def test_refusal_is_final_at_once() -> None:
    @on_event("text")
    def refuse(given: Event, now: datetime) -> None:
        raise Invalid("这张码已停用。")

    refused = message("你好")
    run()
    refused.refresh_from_db()
    assert (refused.state, refused.attempts, refused.error) == ("failed", 1, "这张码已停用。")


def test_event_that_nobody_takes_is_done() -> None:
    make_event(event("brand_new_event"))
    run()
    assert states() == [("done", 1)]


def test_every_handler_of_a_kind_is_called_and_the_star_for_the_rest() -> None:
    called: list[str] = []
    on_event("event.scan")(lambda given, now: called.append(given.fields["EventKey"]))

    @on_event("event.scan")
    def second(given: Event, now: datetime) -> None:
        called.append("second")

    @on_event("*")
    def rest(given: Event, now: datetime) -> None:
        called.append(given.kind)

    make_event(event("SCAN", key="store-001"))
    make_event(event("VIEW", key="v"))
    run()
    assert called == ["store-001", "second", "event.view"]


def test_claim_of_a_dead_worker_is_taken_up_when_its_lease_ends(seen: list[str]) -> None:
    message("一")
    message("二")
    assert len(processing._claim(RECEIVED).events) == 2
    assert run(RECEIVED + LEASE - SECOND) == 0
    run(RECEIVED + LEASE)
    assert seen == ["一", "二"]
    assert states() == [("done", 2)] * 2


def test_worker_that_lost_its_claim_does_nothing(seen: list[str]) -> None:
    message("一")
    slow = processing._claim(RECEIVED)
    run(RECEIVED + LEASE)
    assert processing._process(slow, slow.events[0], RECEIVED + LEASE)
    assert seen == ["一"]


def test_event_that_kills_its_worker_every_time_is_given_up_and_takes_no_other_along(
    seen: list[str],
) -> None:
    message("一")
    message("二", openid="oB")
    moment = RECEIVED
    for attempt in range(processing.MAX_ATTEMPTS):
        claim = processing._claim(moment)
        assert len(claim.events) == (1 if attempt else 2)
        moment += LEASE
    run(moment)
    first, second = InboundEvent.objects.order_by("id")
    assert (first.state, second.state) == ("failed", "done")
    assert "中途断掉" in first.error


def test_tail_that_another_worker_has_the_head_of_is_given_back(
    seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    message("一")
    message("二")
    wanted = processing._next(RECEIVED)
    monkeypatch.setattr(processing, "AT_ONCE", 1)
    head = processing._claim(RECEIVED)  # another worker is first, and gets the first one only
    monkeypatch.setattr(processing, "_next", lambda now: wanted)
    assert processing._claim(RECEIVED).events == ()
    monkeypatch.undo()
    assert states() == [("received", 1), ("received", 0)]
    assert run() == 0
    assert processing._process(head, head.events[0], RECEIVED)


def test_followers_behind_a_long_jam_are_reached(
    seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing, "WINDOW", 2)
    for content in ("坏", "二", "三", "四"):
        message(content)
    message("别人的", openid="oB")
    run()
    assert seen == ["别人的"]


def test_content_under_a_lost_key_fails_its_event_alone(
    seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = message("一")
    InboundEvent.objects.filter(pk=broken.pk).update(body=b"\0" * 40)
    message("二", openid="oB")
    run()
    assert seen == ["二"]
    assert states() == [("received", 1), ("done", 1)]


def test_queue_is_found_by_its_index() -> None:
    message("一")
    plan = processing._received().order_by("id")[:50].explain()
    assert "wechat_event_queue" in plan or "Seq Scan" in plan, plan
