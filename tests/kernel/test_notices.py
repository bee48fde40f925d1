"""Notices: once a person and key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from accounts.models import User
from haitang.kernel.models import Notice
from haitang.kernel.notices import mark_read, notify

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


def tell(*people: User, key: str = "run:1") -> None:
    notify(recipients=people, key=key, text="十月已结算", url="/months/2026-10/", now=NOW)


def test_notify_twice_tells_each_person_once(planner: User, supervisor: User) -> None:
    tell(planner, planner)
    tell(planner, supervisor)
    assert sorted(Notice.objects.values_list("recipient__username", flat=True)) == sorted(
        [planner.username, supervisor.username]
    )


def test_notify_again_leaves_a_read_notice_read(planner: User) -> None:
    tell(planner)
    mark_read(recipient=planner, now=NOW)
    tell(planner)
    assert Notice.objects.get().read_at == NOW


def test_mark_read_touches_only_the_persons_unread_ones(planner: User, supervisor: User) -> None:
    tell(planner, supervisor)
    tell(planner, key="run:2")
    later = NOW + timedelta(hours=1)
    one = planner.notices.get(key="run:1")
    others = supervisor.notices.get()
    assert mark_read(recipient=planner, now=NOW, ids=[one.pk, others.pk]) == 1
    assert mark_read(recipient=planner, now=later) == 1
    one.refresh_from_db()
    others.refresh_from_db()
    assert (one.read_at, others.read_at) == (NOW, None)
