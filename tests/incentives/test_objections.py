"""Objections: to the own line, in time, before approval; answered in writing, linked."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from accounts.models import User
from campaigns.seeding import replace_years
from haitang.kernel.clock import SHANGHAI, Month
from haitang.kernel.errors import Conflict, Invalid, NotAllowed, NotThere
from haitang.kernel.models import AuditEntry, Notice
from incentives.deductions.deadlines import calendar_from, deadline
from incentives.deductions.deducting import confirm_event, propose_event, waive_event
from incentives.deductions.objections import (
    answer_objection,
    objection_deadlines,
    open_objections,
    raise_objection,
    withdraw_objection,
)
from incentives.models import KpiDecision, KpiEvent, Objection, Settlement, SettlementRun
from tests.factories.people import make_tenure
from tests.incentives.test_deducting import deputise

pytestmark = pytest.mark.django_db
OCTOBER = Month(2026, 10)
DAY = timedelta(days=1)


@pytest.fixture
def event(supervisor: User, it: User, now: datetime) -> KpiEvent:
    """Two complaints about the liaison of IT, confirmed on Tuesday 3 November."""
    found = propose_event(
        rule="it.complaint",
        month=OCTOBER,
        quantity=Fraction(2),
        evidence="运营部投诉两次",
        key="complaint",
        by=None,
        now=now,
    )
    confirm_event(event=found, by=supervisor, now=now)
    return found


def raised(person: User, event: KpiEvent, now: datetime, **fields: Any) -> Objection:
    values: dict[str, Any] = {"line": f"event:{event.pk}", "text": "只有一次。", **fields}
    return raise_objection(month=OCTOBER, person=person, now=now, **values)


def make_run(now: datetime) -> SettlementRun:
    return SettlementRun.objects.create(
        month=str(OCTOBER),
        number=1,
        policy={},
        digest="",
        pool=0,
        margin_uplift=0,
        document={},
        trace={},
        calculated_at=now,
    )


def test_objection_is_answered_with_a_change_that_is_linked(
    event: KpiEvent, it: User, supervisor: User, now: datetime
) -> None:
    objection = raised(it, event, now)
    assert open_objections(OCTOBER) == [objection]
    answer_objection(
        objection=objection,
        text="核对过，第二次是误报。",
        decision="change",
        quantity=Fraction(1),
        by=supervisor,
        now=now,
    )
    event.refresh_from_db()
    assert (objection.state, event.quantity) == ("changed", Fraction(1))
    decision = KpiDecision.objects.get(act="change")
    assert objection.decision == decision
    assert decision.reason.startswith(f"异议 #{objection.pk} 的答复：核对过")
    assert open_objections(OCTOBER) == []
    notice = Notice.objects.get(recipient=it, key=f"objection:{objection.pk}")
    assert "已更改" in notice.text
    assert notice.url == f"/objections/{objection.pk}/"
    acts = AuditEntry.objects.filter(object_type="incentives.objection").values_list("act", "actor")
    assert list(acts.order_by("number")) == [
        ("raise_objection", it.pk),
        ("answer_objection", supervisor.pk),
    ]


def test_kept_line_stays_and_is_not_objected_to_again(
    event: KpiEvent, it: User, supervisor: User, now: datetime
) -> None:
    objection = raised(it, event, now)
    answer_objection(
        objection=objection, text="两次都有记录。", decision="keep", by=supervisor, now=now
    )
    assert (objection.state, objection.decision) == ("kept", None)
    assert event.quantity == 2
    with pytest.raises(Conflict, match="维持原判"):
        raised(it, event, now)


def test_deduction_waived_by_the_answer_counts_no_more(
    event: KpiEvent, it: User, supervisor: User, now: datetime
) -> None:
    answer_objection(
        objection=raised(it, event, now), text="撤回", decision="waive", by=supervisor, now=now
    )
    event.refresh_from_db()
    assert event.state == "waived"


# Confirmed on Tuesday: the third working day is Friday 6 November.
@pytest.mark.parametrize(("days", "in_time"), [(0, True), (3, True), (4, False)])
def test_objection_comes_within_three_working_days(
    days: int, in_time: bool, event: KpiEvent, it: User, now: datetime
) -> None:
    if in_time:
        assert raised(it, event, now + days * DAY).state == "open"
        return
    with pytest.raises(Conflict, match=r"3 个工作日内提出，这一行到2026年11月6日 周五为止"):
        raised(it, event, now + days * DAY)


def test_deadline_knows_holidays_and_makeup_workdays(db: None) -> None:
    days = {date(2026, 10, n): "holiday" for n in range(1, 8)}
    days |= {date(2026, 10, 10): "makeup_workday"}
    replace_years(days, years=[2026], source="测试")
    shown = datetime(2026, 9, 30, 23, 0, tzinfo=SHANGHAI)
    # Thursday 8, Friday 9 and Saturday 10 October, which is worked.
    assert deadline(shown, calendar_from(shown)) == date(2026, 10, 10)


def test_deadlines_of_a_month_are_by_person(
    event: KpiEvent, it: User, cs: User, now: datetime
) -> None:
    assert objection_deadlines(OCTOBER) == {"it": date(2026, 11, 6)}
    assert objection_deadlines(Month(2026, 9)) == {}


def test_colleague_cannot_object_to_a_line_that_is_not_his(
    event: KpiEvent, cs: User, employee: User, now: datetime
) -> None:
    for person in (cs, employee):
        with pytest.raises(NotThere, match="没有这一行"):
            raised(person, event, now)


@pytest.mark.parametrize("line", ["event:0", "event:x", "nothing", "share:copy", "event:"])
def test_line_that_is_not_there_is_refused(
    line: str, event: KpiEvent, it: User, now: datetime
) -> None:
    make_run(now)
    with pytest.raises(NotThere):
        raised(it, event, now, line=line)


def test_proposal_or_waived_event_is_no_line_yet(
    event: KpiEvent, it: User, supervisor: User, now: datetime
) -> None:
    waive_event(event=event, reason="x", by=supervisor, now=now)
    with pytest.raises(NotThere):
        raised(it, event, now)


@pytest.mark.parametrize("state", ["approved", "paid", "closed"])
def test_objection_comes_before_approval(
    state: str, event: KpiEvent, it: User, now: datetime
) -> None:
    Settlement.objects.create(month=str(OCTOBER), state=state)
    with pytest.raises(Conflict, match="不能再提异议"):
        raised(it, event, now)


def test_second_objection_to_a_line_waits_for_the_first(
    event: KpiEvent, it: User, now: datetime
) -> None:
    objection = raised(it, event, now)
    with pytest.raises(Conflict, match="正在等答复"):
        raised(it, event, now)
    withdraw_objection(objection=objection, by=it, now=now)
    assert raised(it, event, now).state == "open"


def test_only_the_person_withdraws_and_only_while_it_is_open(
    event: KpiEvent, it: User, supervisor: User, now: datetime
) -> None:
    objection = raised(it, event, now)
    with pytest.raises(NotAllowed):
        withdraw_objection(objection=objection, by=supervisor, now=now)
    withdraw_objection(objection=objection, by=it, now=now)
    with pytest.raises(Conflict):
        withdraw_objection(objection=objection, by=it, now=now)


def test_only_the_assessor_answers(
    event: KpiEvent, it: User, planner: User, general_manager: User, now: datetime
) -> None:
    objection = raised(it, event, now)
    for person in (planner, general_manager, it):
        with pytest.raises(NotAllowed):
            answer_objection(objection=objection, text="x", decision="keep", by=person, now=now)
    objection.refresh_from_db()
    assert objection.state == "open"


def test_deputy_answers_and_is_traced_as_such(
    event: KpiEvent, it: User, supervisor: User, employee: User, now: datetime
) -> None:
    deputise(supervisor, employee, now)
    objection = raised(it, event, now)
    answer_objection(objection=objection, text="免除", decision="waive", by=employee, now=now)
    assert objection.decision is not None
    assert objection.decision.on_behalf_of == supervisor
    details = AuditEntry.objects.get(act="answer_objection").details
    assert details["on_behalf_of"] == "李督导"


def test_second_answer_is_a_conflict_and_changes_nothing(
    event: KpiEvent, it: User, supervisor: User, now: datetime
) -> None:
    objection = raised(it, event, now)
    stale = Objection.objects.get()
    answer_objection(objection=objection, text="维持", decision="keep", by=supervisor, now=now)
    with pytest.raises(Conflict, match="维持原判"):
        answer_objection(objection=stale, text="免", decision="waive", by=supervisor, now=now)
    event.refresh_from_db()
    assert event.state == "confirmed"


def test_answer_that_the_deduction_refuses_leaves_the_objection_open(
    event: KpiEvent, it: User, supervisor: User, now: datetime
) -> None:
    objection = raised(it, event, now)
    for quantity in (None, Fraction(2), Fraction(1, 2)):
        with pytest.raises(Invalid):
            answer_objection(
                objection=objection,
                text="改",
                decision="change",
                quantity=quantity,
                by=supervisor,
                now=now,
            )
    objection.refresh_from_db()
    assert (objection.state, objection.answer) == ("open", "")


def test_line_without_a_deduction_is_answered_by_the_supervisor(
    it: User, supervisor: User, now: datetime
) -> None:
    make_run(now)
    objection = raise_objection(
        month=OCTOBER, person=it, line="shortfall", text="A3 的阅读量填少了。", now=now
    )
    assert (objection.role, objection.event) == ("it", None)
    with pytest.raises(Invalid, match="不是扣减"):
        answer_objection(objection=objection, text="x", decision="waive", by=supervisor, now=now)
    answer_objection(
        objection=objection, text="已更正阅读量。", decision="change", by=supervisor, now=now
    )
    assert objection.state == "changed"


def test_supervisor_objecting_is_answered_by_the_general_manager(
    supervisor: User, general_manager: User, now: datetime
) -> None:
    make_run(now)
    objection = raise_objection(
        month=OCTOBER, person=supervisor, line="uplift", text="少一场。", now=now
    )
    with pytest.raises(NotAllowed, match="王总"):
        answer_objection(objection=objection, text="x", decision="keep", by=supervisor, now=now)
    answer_objection(objection=objection, text="x", decision="keep", by=general_manager, now=now)
    assert objection.state == "kept"


def test_person_with_two_roles_names_the_one(it: User, supervisor: User, now: datetime) -> None:
    from accounts.roles import Role

    make_tenure(user=it, role=Role.ART)
    make_run(now)
    objection = raise_objection(
        month=OCTOBER, person=it, line="share:it", text="份额不对。", now=now
    )
    assert objection.role == "it"


def test_deduction_of_last_year_is_a_line_of_this_years_months(
    it: User, planner: User, now: datetime
) -> None:
    event = propose_event(
        rule="it.interface_incomplete",
        month=Month(2025, 12),
        quantity=Fraction(1),
        key="x",
        by=None,
        now=now,
    )
    confirm_event(event=event, by=planner, now=now)
    assert raised(it, event, now).month == "2026-10"
    assert objection_deadlines(OCTOBER) == {"it": date(2026, 11, 6)}
