"""Questions whose SQL is written once answer as their query sets do, each time anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, QuerySet
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from haitang.kernel import clock
from haitang.kernel.models import Notice
from haitang.kernel.plans import rows_of
from haitang.kernel.prepared import prepared


@prepared
def _of(*, recipient: Any, since: Any) -> QuerySet[Notice]:
    found = Notice.objects.filter(recipient_id=recipient, created_at__gte=since)
    return found.select_related("recipient").order_by("pk")


@prepared
def _texts(order: str, *, recipient: Any) -> QuerySet[Notice, str]:
    found = Notice.objects.filter(recipient_id=recipient).order_by(order)
    return found.values_list("text", flat=True)


@prepared
def _told(*, least: Any) -> QuerySet[Any, tuple[str, int]]:
    people = User.objects.annotate(number=Count("notices")).filter(number__gte=least)
    return people.order_by("username").values_list("username", "number")


@prepared
def _nobody(*, since: Any) -> QuerySet[Notice]:
    return Notice.objects.filter(recipient_id__in=[], created_at__gte=since)


def _notice(person: User, text: str) -> Notice:
    return Notice.objects.create(recipient=person, key=text, text=text, created_at=clock.now())


def test_it_answers_each_time_with_the_values_given(planner: User, supervisor: User) -> None:
    long_ago, soon = clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)
    first = _notice(planner, "一")
    assert _of(recipient=planner.pk, since=long_ago) == [first]
    assert _of(recipient=supervisor.pk, since=long_ago) == []
    assert _of(recipient=planner.pk, since=soon) == []
    second = _notice(planner, "二")
    assert _of(recipient=planner.pk, since=long_ago) == [first, second]


def test_related_objects_come_with_the_row(planner: User, supervisor: User) -> None:
    _notice(planner, "一")
    with CaptureQueriesContext(connection) as asked:
        found = _of(recipient=planner.pk, since=clock.now() - timedelta(days=1))
        assert found[0].recipient == planner
    assert len(asked) == 1


def test_each_shape_has_its_own_text(planner: User, supervisor: User) -> None:
    _notice(planner, "一"), _notice(planner, "二")
    assert _texts("pk", recipient=planner.pk) == ["一", "二"]
    assert _texts("-pk", recipient=planner.pk) == ["二", "一"]


def test_a_value_beside_an_aggregate_does_not_group(planner: User, supervisor: User) -> None:
    _notice(planner, "一"), _notice(planner, "二"), _notice(supervisor, "三")
    assert _told(least=2) == [(planner.username, 2)]
    assert _told(least=1) == sorted([(supervisor.username, 1), (planner.username, 2)])


def test_what_cannot_match_is_not_asked(planner: User) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert _nobody(since=clock.now()) == []
    assert len(asked) == 0


def test_the_text_is_written_once(planner: User, supervisor: User) -> None:
    made = []

    @prepared
    def counted(*, recipient: Any) -> QuerySet[Notice]:
        made.append(1)
        return Notice.objects.filter(recipient_id=recipient)

    for person in (planner, supervisor, planner):
        counted(recipient=person.pk)
    assert len(made) == 1


@pytest.mark.both
def test_postgresql_keeps_the_plan_from_the_second_time_on(planner: User) -> None:
    first = _notice(planner, "100 % 甲")
    since = clock.now() - timedelta(days=1)

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert _of(recipient=planner.pk, since=since) == [first]
            assert _of(recipient=0, since=since) == []
        return [query["sql"].split(None, 1)[0] for query in captured]

    known = [asked(), asked()]
    planned = "EXECUTE" if connection.vendor == "postgresql" else "SELECT"
    assert known[1] == [planned, planned]


@pytest.mark.both
def test_no_plan_is_kept_behind_a_pooler(planner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    with CaptureQueriesContext(connection) as captured:
        for _ in range(3):
            assert _of(recipient=planner.pk, since=clock.now()) == []
    assert all(query["sql"].startswith("SELECT") for query in captured)


@pytest.mark.both
def test_a_per_cent_sign_in_a_question_is_none_of_its_places(planner: User) -> None:
    kept = _notice(planner, "100%")
    asked = [
        rows_of(
            "SELECT id FROM kernel_notice WHERE text LIKE '%%0!%%' ESCAPE '!' AND id = %s",
            [kept.pk],
        )
        for _ in range(3)
    ]
    assert asked == [[(kept.pk,)]] * 3
