"""Processing what was received: each event once, those of a follower in their order.

A worker claims rows for some seconds by compare-and-set, then calls the handlers of each in one
transaction that also marks the row as done: whatever dies in between, the effect happens once. An
error rolls back and is tried again with a growing pause; after the last try a person decides on
the page of the events. What a dead worker had claimed is taken up when its lease has ended.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import BinaryField, ExpressionWrapper, F, Q, QuerySet

from haitang.kernel import clock
from haitang.kernel.errors import Refusal
from haitang.kernel.personal import decrypt_bytes
from haitang.wechat.handlers import Event, handlers_of
from haitang.wechat.models import InboundEvent
from haitang.wechat.webhook.parsing import leaves

logger = logging.getLogger(__name__)

BACK_OFF = (
    timedelta(seconds=1),
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
)
MAX_ATTEMPTS = 5
LEASE = timedelta(seconds=8)
# Of a lease this much is used; a handler that takes longer is protected by its row lock.
USED = timedelta(seconds=4)
AT_ONCE = 50
WINDOW = 500
DRAIN_SECONDS = 5.0
# On SQLite: how long one commit's events may take, and the gap in which others come to write.
TOGETHER_SECONDS = 0.02
LET_IN_SECONDS = 0.005

Clock = Callable[[], datetime]
State = InboundEvent.State
_NEXT = ("openid", "attempts", "kind", "next_attempt_at", "claimed_until")
_draining = threading.Lock()
_look_again = threading.Event()


@dataclass(frozen=True)
class Drained:
    """How many events were processed, and whether some that are due were left."""

    count: int
    has_more: bool


def drain(*, now: Clock = clock.now, seconds: float = DRAIN_SECONDS) -> Drained:
    """Process what is due until nothing is, or for so many seconds.

    One thread of a process does it; another one that is woken has it look once more.
    """
    count, began = 0, time.monotonic()
    _look_again.set()
    while _look_again.is_set() and _draining.acquire(blocking=False):
        try:
            _look_again.clear()
            while done := process_some(now=now):
                count += done
                if time.monotonic() - began > seconds:
                    return Drained(count, has_more=True)
        finally:
            _draining.release()
    return Drained(count, has_more=False)


def process_some(*, now: Clock = clock.now) -> int:
    """Claim some events and process them; how many were looked at, 0 when nothing is due."""
    claim = _claim(now())
    work, waiting = _Work(claim, now), deque(claim.events)
    while waiting:
        if connection.vendor == "sqlite":
            _process_together(work, waiting)
            time.sleep(LET_IN_SECONDS)
        else:
            work.take(waiting.popleft())
    return claim.looked_at


def _process_together(work: _Work, waiting: deque[InboundEvent]) -> None:
    """Several events in one commit, each in a savepoint, for a short while.

    SQLite has one writer: a commit an event would keep the webhook waiting. On PostgreSQL events
    of different followers in one transaction could wait for one another crosswise.
    """
    until, taken = time.monotonic() + TOGETHER_SECONDS, list[InboundEvent]()
    failed = set(work.failed)
    try:
        with transaction.atomic():
            while waiting and (not taken or time.monotonic() < until):
                taken.append(waiting.popleft())
                work.take(taken[-1])
    except DatabaseError:  # found at the commit, where nobody knows whose fault it is
        work.failed = failed
        for event in taken:
            work.take(event)


@dataclass(frozen=True)
class _Claim:
    """Rows that are this worker's until the lease ends. ``token`` is this one claim's alone."""

    token: str
    at: datetime
    looked_at: int
    events: tuple[InboundEvent, ...] = ()

    def row(self, event: InboundEvent) -> QuerySet[InboundEvent]:
        """The event, while the claim holds."""
        return InboundEvent.objects.filter(pk=event.pk, state=State.RECEIVED, claimed_by=self.token)


def _claim(now: datetime) -> _Claim:
    """The events that come next.

    An event that was tried before is claimed alone: should it have killed its worker, then it
    takes no other with it.
    """
    token = uuid.uuid4().hex
    wanted = _next(now)
    if not wanted:
        return _Claim(token, now, 0)
    if wanted[0].attempts >= MAX_ATTEMPTS:
        _give_up(wanted[0], now)
        return _Claim(token, now, 1)
    ids = [event.pk for event in wanted]
    _due(now).filter(pk__in=ids).update(
        claimed_by=token, claimed_until=now + LEASE, attempts=F("attempts") + 1
    )
    sealed = ExpressionWrapper(F("body"), output_field=BinaryField())  # opened in its own try
    mine = InboundEvent.objects.filter(pk__in=ids, claimed_by=token).defer("body")
    claimed = {event.pk: event for event in mine.annotate(sealed=sealed)}
    return _in_order(_Claim(token, now, len(ids)), wanted, claimed)


def _next(now: datetime) -> list[InboundEvent]:
    """Of what waits, from the oldest on, those that are due and have no earlier one before them.

    An event comes before the later ones of its follower until it is processed or has failed.
    """
    found: list[InboundEvent] = []
    blocked: set[str] = set()
    last = 0
    while not found:
        window = list(_received().filter(id__gt=last).only(*_NEXT).order_by("id")[:WINDOW])
        for event in window:
            is_due = event.next_attempt_at <= now
            is_free = event.claimed_until is None or event.claimed_until <= now
            is_alone = not (event.attempts and found)
            if event.openid in blocked or not (is_due and is_free and is_alone):
                blocked.add(event.openid)
            else:
                found.append(event)
                if event.attempts or len(found) == AT_ONCE:
                    return found
        if len(window) < WINDOW:
            break
        last = window[-1].pk
    return found


def _in_order(
    claim: _Claim, wanted: list[InboundEvent], claimed: Mapping[int, InboundEvent]
) -> _Claim:
    """The claim without those of which another worker has taken an earlier one."""
    missed: set[str] = set()
    kept: list[InboundEvent] = []
    for event in wanted:
        if event.pk not in claimed:
            missed.add(event.openid)
        elif event.openid in missed:
            _release(claim, event)
        else:
            kept.append(claimed[event.pk])
    return replace(claim, events=tuple(kept))


def _received() -> QuerySet[InboundEvent]:
    return InboundEvent.objects.filter(state=State.RECEIVED)


def _due(now: datetime) -> QuerySet[InboundEvent]:
    """Events that a worker may take at this moment."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    return _received().filter(free, next_attempt_at__lte=now)


class _Work:
    """The events of a claim, one after another."""

    def __init__(self, claim: _Claim, now: Clock) -> None:
        self.failed: set[str] = set()
        self._claim, self._now, self._first = claim, now, True

    def take(self, event: InboundEvent) -> None:
        """Process it, unless an earlier one of its follower failed or the lease is nearly over."""
        late = not self._first and self._now() > self._claim.at + USED
        self._first = False
        if event.openid in self.failed or late:
            _release(self._claim, event)
        elif not _process(self._claim, event, self._now()):
            self.failed.add(event.openid)


def _process(claim: _Claim, event: InboundEvent, now: datetime) -> bool:
    """Call the handlers in the transaction that marks the event as done; False when that failed."""
    try:
        with transaction.atomic():
            if claim.row(event).update(
                state=State.DONE, processed_at=now, claimed_by="", claimed_until=None, error=""
            ):
                for call in _calls(event, now):
                    call()
    except Refusal as refusal:
        claim.row(event).update(**_failed(str(refusal), now))
        return False
    except Exception as error:  # whatever a handler raises must end in the row, not in the worker
        logger.exception("%s: attempt %s of %s failed", event, event.attempts, MAX_ATTEMPTS)
        claim.row(event).update(**_after_error(event, error, now))
        return False
    return True


def _calls(event: InboundEvent, now: datetime) -> Iterator[Callable[[], None]]:
    handlers = handlers_of(event.kind)
    if not handlers:
        return
    given = Event(
        id=event.pk,
        key=event.key,
        account_id=event.account_id,
        kind=event.kind,
        openid=event.openid,
        occurred_at=event.occurred_at,
        received_at=event.received_at,
        fields=leaves(decrypt_bytes(bytes(event.sealed))),  # type: ignore[attr-defined]
    )
    for handler in handlers:
        yield lambda handler=handler: handler(given, now)  # type: ignore[misc]


def _release(claim: _Claim, event: InboundEvent) -> None:
    """Give an event back that was claimed but not tried."""
    claim.row(event).update(claimed_by="", claimed_until=None, attempts=F("attempts") - 1)


def _after_error(event: InboundEvent, error: Exception, now: datetime) -> dict[str, Any]:
    name = type(error).__name__
    if event.attempts >= MAX_ATTEMPTS:
        return _failed(
            f"试了{event.attempts}次都没有成功（{name}）。"
            "请联系管理员查看服务日志，排除原因后重新处理。",
            now,
        )
    return {
        "next_attempt_at": now + BACK_OFF[event.attempts - 1],
        "claimed_by": "",
        "claimed_until": None,
        "error": f"第{event.attempts}次没有成功（{name}），稍后自动重试。",
    }


def _failed(sentence: str, now: datetime) -> dict[str, Any]:
    return {
        "state": State.FAILED,
        "processed_at": now,
        "claimed_by": "",
        "claimed_until": None,
        "error": sentence,
    }


def _give_up(event: InboundEvent, now: datetime) -> None:
    """Fail an event whose worker died in every try."""
    logger.error("%s: its worker died in the last attempt", event)
    _due(now).filter(pk=event.pk, attempts__gte=MAX_ATTEMPTS).update(
        **_failed(
            "每次都在处理中途断掉，已停止重试。请联系管理员查看服务日志，排除原因后重新处理。",
            now,
        )
    )
