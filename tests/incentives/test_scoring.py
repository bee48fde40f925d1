"""The general manager's points: who has none is told nothing and reads no reason of the other."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import pytest

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.models import Notice
from incentives.deductions.objections import objection_deadlines
from incentives.deductions.scoring import score_month
from incentives.models import KpiDecision, KpiEvent

pytestmark = pytest.mark.django_db
OCTOBER = Month(2026, 10)


def score(by: User, now: datetime, *, planner: str, supervisor: str, comment: str) -> None:
    scores = {
        "planner.assessment": Fraction(planner),
        "supervisor.assessment": Fraction(supervisor),
    }
    score_month(month=OCTOBER, scores=scores, comment=comment, by=by, now=now)


def test_reason_is_told_to_whom_it_is_about(
    general_manager: User, planner: User, supervisor: User, now: datetime
) -> None:
    score(general_manager, now, planner="2.5", supervisor="0", comment="晚了两天")
    notice = Notice.objects.get()
    assert notice.recipient == planner
    assert "2.5 百分点。理由：晚了两天" in notice.text
    none = KpiEvent.objects.get(rule="supervisor.assessment")
    assert (none.state, none.note) == ("confirmed", "")
    assert KpiDecision.objects.get(event=none).reason == ""
    assert set(objection_deadlines(OCTOBER)) == {"planner"}


def test_second_save_has_a_reason_of_its_own(
    general_manager: User, planner: User, supervisor: User, now: datetime
) -> None:
    score(general_manager, now, planner="2.5", supervisor="0", comment="晚了两天")
    score(general_manager, now, planner="2.5", supervisor="1", comment="三家店没有陈列")
    reasons = KpiDecision.objects.exclude(reason="").order_by("pk")
    assert [(each.event.rule, each.reason) for each in reasons] == [
        ("planner.assessment", "晚了两天"),
        ("supervisor.assessment", "三家店没有陈列"),
    ]
    assert "更改为 1 百分点。理由：三家店没有陈列" in Notice.objects.get(recipient=supervisor).text
