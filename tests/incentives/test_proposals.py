"""What the system proposes of its own: once, about finished months, from what it can show."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.jobs import run_pending
from haitang.kernel.models import Job
from incentives import tasks
from incentives.deductions.deducting import waive_event
from incentives.deductions.proposals import notes_of, propose_month, propose_recent
from incentives.models import KpiEvent, Settlement
from tests.factories.trade import make_campaign, make_event, make_manuscript

pytestmark = pytest.mark.django_db
OCTOBER, SEPTEMBER = Month(2026, 10), Month(2026, 9)


def rules(events: list[KpiEvent]) -> list[str]:
    return sorted(event.rule for event in events)


def test_month_without_plans_is_proposed_with_its_evidence(copy: User, now: datetime) -> None:
    """S000-55: manuscripts and plans put forward in the month are counted by the system."""
    found = propose_month(month=OCTOBER, now=now)
    assert rules(found) == ["copy.fewer_than_two", "copy.no_executable_plan"]
    event = found[0]
    assert (event.state, event.source, event.recorded_by) == ("proposed", "system", None)
    assert event.evidence == "2026年10月系统里只有 0 篇录用的稿件、0 场活动方案（已取消的不算）。"
    assert event.evidence_url == "/campaigns/"


def test_one_plan_is_fewer_than_two_and_two_are_enough(copy: User, now: datetime) -> None:
    make_campaign("C1", stores=[])
    make_campaign("C2", stores=[], status="cancelled")
    assert rules(propose_month(month=OCTOBER, now=now)) == ["copy.fewer_than_two"]
    make_manuscript("M1", date(2026, 9, 3))
    make_manuscript("M2", date(2026, 9, 30))
    assert propose_month(month=SEPTEMBER, now=now) == []


def test_evidence_is_proposed_once_also_when_it_was_waived(
    copy: User, vice_general_manager: User, now: datetime
) -> None:
    make_campaign("C1", stores=[])
    event = propose_month(month=OCTOBER, now=now)[0]
    assert propose_month(month=OCTOBER, now=now) == []
    waive_event(event=event, reason="另有纸面方案", by=vice_general_manager, now=now)
    assert propose_month(month=OCTOBER, now=now) == []
    assert KpiEvent.objects.count() == 1


def test_rule_that_somebody_entered_already_is_left_alone(copy: User, now: datetime) -> None:
    make_event("copy.no_executable_plan", source="file")
    assert rules(propose_month(month=OCTOBER, now=now)) == ["copy.fewer_than_two"]


def test_nothing_is_proposed_before_the_month_is_over_or_about_nobody(
    now: datetime, planner: User
) -> None:
    assert propose_month(month=Month(2026, 11), now=now) == []
    assert propose_month(month=OCTOBER, now=now) == []  # nobody was copy editor


def test_month_that_was_submitted_stands(copy: User, now: datetime) -> None:
    Settlement.objects.create(month=str(OCTOBER), state="submitted")
    assert propose_month(month=OCTOBER, now=now) == []


def test_planner_without_a_campaign_is_a_note_and_no_proposal(planner: User) -> None:
    """S000-46: whether the month had a campaign is counted from the campaign records."""
    note = notes_of(OCTOBER)["planner.assessment"][0]
    assert "一场活动也没有登记" in note.text
    make_campaign("C1", stores=[])
    assert "有 1 场活动" in notes_of(OCTOBER)["planner.assessment"][0].text


def test_recent_months_are_the_two_before_this(copy: User, now: datetime) -> None:
    found = propose_recent(now=now)
    assert sorted({event.month for event in found}) == ["2026-09", "2026-10"]


@pytest.mark.django_db(transaction=True)
def test_night_proposes_once(copy: User, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)
    tasks.propose_events()
    tasks.propose_events()
    assert Job.objects.filter(kind="propose_events").count() == 1
    run_pending(now=lambda: now)
    assert Job.objects.get().result == {"proposed": 4}
