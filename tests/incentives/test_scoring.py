"""The general manager's points: each reads the own reason; who has none is told nothing."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import pytest

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.errors import Invalid
from haitang.kernel.models import Notice
from incentives.deductions.objections import objection_deadlines
from incentives.deductions.scoring import score_month
from incentives.models import KpiDecision, KpiEvent

pytestmark = pytest.mark.django_db
OCTOBER = Month(2026, 10)


PLANNER, SUPERVISOR = "planner.assessment", "supervisor.assessment"


def score(
    by: User, now: datetime, *, planner: tuple[str, str], supervisor: tuple[str, str]
) -> list[KpiDecision]:
    told = {PLANNER: planner, SUPERVISOR: supervisor}
    return score_month(
        month=OCTOBER,
        scores={rule: Fraction(points) for rule, (points, _) in told.items()},
        reasons={rule: reason for rule, (_, reason) in told.items()},
        by=by,
        now=now,
    )


def test_each_is_told_the_own_reason_alone(
    general_manager: User, planner: User, supervisor: User, now: datetime
) -> None:
    score(general_manager, now, planner=("2.5", "晚了两天"), supervisor=("1", "没有陈列"))
    notices = {each.recipient: each.text for each in Notice.objects.all()}
    assert "2.5 百分点。理由：晚了两天" in notices[planner]
    assert "1 百分点。理由：没有陈列" in notices[supervisor]
    assert "没有陈列" not in notices[planner]
    assert "晚了两天" not in notices[supervisor]
    kept = dict(KpiDecision.objects.values_list("event__rule", "reason"))
    assert kept == {PLANNER: "晚了两天", SUPERVISOR: "没有陈列"}
    assert dict(KpiEvent.objects.values_list("rule", "note")) == kept


def test_who_has_no_points_is_told_nothing(
    general_manager: User, planner: User, supervisor: User, now: datetime
) -> None:
    score(general_manager, now, planner=("2.5", "晚了两天"), supervisor=("0", ""))
    assert Notice.objects.get().recipient == planner
    assert KpiEvent.objects.get(rule=SUPERVISOR).state == "confirmed"
    assert set(objection_deadlines(OCTOBER)) == {"planner"}


def test_points_and_their_change_need_the_reason_of_the_same_person(
    general_manager: User, planner: User, supervisor: User, now: datetime
) -> None:
    with pytest.raises(Invalid, match="请写明总督导扣分或更改的理由"):
        score(general_manager, now, planner=("2.5", "晚了两天"), supervisor=("1", " "))
    assert not KpiEvent.objects.exists()
    score(general_manager, now, planner=("2.5", "晚了两天"), supervisor=("0", ""))
    with pytest.raises(Invalid, match="请写明总策划扣分或更改的理由"):
        score(general_manager, now, planner=("0", ""), supervisor=("0", ""))


def test_second_save_changes_whom_it_is_about(
    general_manager: User, planner: User, supervisor: User, now: datetime
) -> None:
    score(general_manager, now, planner=("2.5", "晚了两天"), supervisor=("0", ""))
    changed = score(general_manager, now, planner=("2.5", "晚了两天"), supervisor=("1", "没有陈列"))
    assert [(each.event.rule, each.reason) for each in changed] == [(SUPERVISOR, "没有陈列")]
    assert "更改为 1 百分点。理由：没有陈列" in Notice.objects.get(recipient=supervisor).text
