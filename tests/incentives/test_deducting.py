"""Deductions: proposed by anybody, decided by the rule's assessor, once, with a trace."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Deputy, User
from accounts.roles import Role
from haitang.kernel.clock import Month, business_day
from haitang.kernel.errors import Conflict, Invalid, NotAllowed, Refusal
from haitang.kernel.models import AuditEntry, Notice
from incentives.calculation.kpi import deductions
from incentives.deductions.deducting import (
    Told,
    change_event,
    confirm_event,
    consequence,
    propose_event,
    propose_events,
    undecided_events,
    waive_event,
)
from incentives.deductions.scoring import score_month
from incentives.models import KpiDecision, KpiEvent, Settlement
from tests.factories.people import make_tenure, make_user
from tests.factories.rules import make_policy
from tests.factories.trade import make_event

pytestmark = pytest.mark.django_db
OCTOBER = Month(2026, 10)
ONE = Fraction(1)


def proposed(now: datetime, rule: str = "it.complaint", **fields: Any) -> KpiEvent:
    values: dict[str, Any] = {
        "quantity": ONE,
        "evidence": "运营部 10月12日投诉：网络断了一天",
        "key": f"test:{rule}",
        "by": None,
        **fields,
    }
    return propose_event(rule=rule, month=OCTOBER, now=now, **values)


def deputise(person: User, deputy: User, now: datetime, role: str = "") -> Deputy:
    day = business_day(now)
    return Deputy.objects.create(
        person=person,
        deputy=deputy,
        role=role,
        valid_from=day,
        valid_to=day + timedelta(days=3),
        reason="出差",
        created_by=person,
        created_at=now,
    )


def settle_at(state: str) -> None:
    Settlement.objects.create(month=str(OCTOBER), state=state)


def test_employee_proposes_and_the_assessor_confirms(
    employee: User, supervisor: User, it: User, now: datetime
) -> None:
    event = proposed(now, by=employee)
    assert undecided_events(OCTOBER) == [event]
    decision = confirm_event(event=event, by=supervisor, now=now)
    event.refresh_from_db()
    assert (event.state, event.confirmed_by, event.confirmed_at) == ("confirmed", supervisor, now)
    assert undecided_events(OCTOBER) == []
    assert [each.act for each in event.decisions.all()] == ["propose", "confirm"]
    assert decision.by == supervisor
    entry = AuditEntry.objects.get(act="confirm_event")
    assert (entry.stream, entry.actor) == ("incentives", supervisor)
    notice = Notice.objects.get(recipient=it)
    # Tuesday 3 November: Wednesday, Thursday and Friday are the three working days.
    assert "如有异议，请在11月6日 周五之前提出" in notice.text
    assert notice.url == "/kpi/people/it/?year=2026"


def test_proposal_told_twice_is_one_event(employee: User, now: datetime) -> None:
    first = proposed(now, by=employee)
    assert proposed(now, by=employee) == first
    assert KpiDecision.objects.count() == 1
    with pytest.raises(Conflict, match="已用于另一条内容"):
        proposed(now, by=employee, quantity=Fraction(2))


def test_rows_of_an_entry_are_kept_all_or_none(employee: User, now: datetime) -> None:
    entries = [Told(ONE, "S01 没有挂海报"), Told(Fraction(1, 2), "S02")]
    given: dict[str, Any] = {"rule": "ops.store_not_executed", "month": OCTOBER, "key": "rows"}
    with pytest.raises(Invalid, match="整数"):
        propose_events(entries=entries, by=employee, now=now, **given)
    assert not KpiEvent.objects.exists()
    kept = propose_events(entries=entries[:1], by=employee, now=now, **given)
    assert [each.evidence for each in kept] == ["S01 没有挂海报"]


def test_person_without_a_post_may_not_propose(now: datetime, db: None) -> None:
    with pytest.raises(NotAllowed, match="现在没有任职"):
        proposed(now, by=make_user())


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"rule": "no.rule"}, "没有“no.rule”这条考核规则"),
        ({"rule": "planner.assessment"}, "由总经理打分"),
        ({"evidence": " "}, "请写明证据"),
        ({"quantity": Fraction(0)}, "1 到 999 的整数"),
        ({"quantity": Fraction(-1)}, "1 到 999 的整数"),
        ({"quantity": Fraction(3, 2)}, "整数"),
        ({"rule": "it.interface_incomplete", "quantity": Fraction(2)}, "1 到 1 的整数"),
        ({"rule": "cs.archive_incomplete", "quantity": Fraction(101)}, "0 到 100"),
        ({"rule": "cs.archive_incomplete", "quantity": Fraction(0)}, "不用登记"),
        ({"evidence_url": "javascript:alert(1)"}, "证据链接要以"),
    ],
)
def test_proposal_that_cannot_be_is_refused(
    fields: dict[str, Any], sentence: str, employee: User, now: datetime
) -> None:
    with pytest.raises(Invalid, match=sentence):
        proposed(now, **{"by": employee, **fields})


def test_proposal_of_a_month_to_come_is_refused(employee: User, now: datetime) -> None:
    with pytest.raises(Invalid, match="还没有到"):
        propose_event(
            rule="it.complaint",
            month=Month(2026, 12),
            quantity=ONE,
            evidence="x",
            key="x",
            by=employee,
            now=now,
        )


def test_colleague_who_is_not_the_assessor_is_told_whose_it_is(
    planner: User, supervisor: User, now: datetime
) -> None:
    event = proposed(now)
    with pytest.raises(NotAllowed, match="由总督导 李督导决定"):
        confirm_event(event=event, by=planner, now=now)
    assert KpiEvent.objects.get().state == "proposed"


def test_general_manager_decides_only_what_is_his(
    general_manager: User, supervisor: User, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="李督导"):
        confirm_event(event=proposed(now), by=general_manager, now=now)


def test_assessor_who_holds_the_role_leaves_it_to_the_general_manager(
    general_manager: User, supervisor: User, now: datetime
) -> None:
    make_tenure(user=supervisor, role=Role.IT)
    event = proposed(now)
    with pytest.raises(NotAllowed, match=r"与您自己的岗位有关.*总经理 王总"):
        confirm_event(event=event, by=supervisor, now=now)
    confirm_event(event=event, by=general_manager, now=now)
    assert event.state == "confirmed"


def test_holder_of_that_month_is_concerned_though_he_left_the_role(
    general_manager: User, supervisor: User, now: datetime
) -> None:
    make_tenure(user=supervisor, role=Role.IT, valid_from=OCTOBER.first, valid_to=OCTOBER.day(10))
    with pytest.raises(NotAllowed, match="自己的岗位"):
        confirm_event(event=proposed(now), by=supervisor, now=now)


def test_post_that_nobody_holds_passes_the_decision_on(
    general_manager: User, now: datetime
) -> None:
    confirm_event(event=proposed(now), by=general_manager, now=now)
    assert KpiEvent.objects.get().confirmed_by == general_manager


def test_deputy_decides_and_is_traced_as_such(
    supervisor: User, employee: User, now: datetime
) -> None:
    deputise(supervisor, employee, now)
    decision = confirm_event(event=proposed(now), by=employee, now=now)
    assert (decision.by, decision.on_behalf_of) == (employee, supervisor)
    details = AuditEntry.objects.get(act="confirm_event").details
    assert (details["on_behalf_of"], details["as_role"]) == ("李督导", "supervisor")


def test_deputy_who_holds_the_role_decides_nothing_about_it(
    supervisor: User, it: User, now: datetime
) -> None:
    deputise(supervisor, it, now)
    with pytest.raises(NotAllowed, match="自己的岗位"):
        waive_event(event=proposed(now), reason="没有的事", by=it, now=now)


def test_change_and_waiver_want_a_reason_and_keep_what_was(
    supervisor: User, it: User, now: datetime
) -> None:
    event = proposed(now, quantity=Fraction(2))
    with pytest.raises(Invalid, match="理由"):
        change_event(event=event, quantity=ONE, reason=" ", by=supervisor, now=now)
    changed = change_event(event=event, quantity=ONE, reason="只有一次", by=supervisor, now=now)
    assert (changed.before, changed.quantity) == (Fraction(2), ONE)
    assert (event.state, event.quantity) == ("confirmed", ONE)
    waived = waive_event(event=event, reason="投诉撤回了", by=supervisor, now=now)
    assert (waived.act, event.state) == ("waive", "waived")
    assert "不再计入" in Notice.objects.filter(recipient=it).latest("pk").text
    back = change_event(event=event, quantity=ONE, reason="又提出了", by=supervisor, now=now)
    assert (back.act, event.state) == ("change", "confirmed")
    with pytest.raises(Invalid, match="没有更改"):
        change_event(event=event, quantity=ONE, reason="x", by=supervisor, now=now)


def test_event_decided_meanwhile_is_a_conflict(supervisor: User, now: datetime) -> None:
    event = proposed(now)
    stale = KpiEvent.objects.get()
    waive_event(event=event, reason="没有的事", by=supervisor, now=now)
    with pytest.raises(Conflict, match=r"已免除.*李督导刚刚处理过"):
        confirm_event(event=stale, by=supervisor, now=now)
    with pytest.raises(Conflict):
        waive_event(event=event, reason="再来", by=supervisor, now=now)
    assert KpiDecision.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_deciders_at_once_make_one_decision(
    supervisor: User, employee: User, now: datetime
) -> None:
    deputise(supervisor, employee, now)
    seen = proposed(now)
    copies = [KpiEvent.objects.get(pk=seen.pk) for _ in range(2)]
    start, outcomes = threading.Barrier(2), list[str]()

    def decide(event: KpiEvent, by: User, act: str) -> None:
        try:
            start.wait(30)
            if act == "confirm":
                confirm_event(event=event, by=by, now=now)
            else:
                waive_event(event=event, reason="没有的事", by=by, now=now)
            outcomes.append("done")
        except Refusal as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=decide, args=(copies[0], supervisor, "confirm")),
        threading.Thread(target=decide, args=(copies[1], employee, "waive")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["Conflict", "done"]
    assert KpiDecision.objects.exclude(act="propose").count() == 1


def test_event_of_an_approved_month_can_be_waived_with_a_plain_notice(
    supervisor: User, now: datetime
) -> None:
    event = proposed(now)
    confirm_event(event=event, by=supervisor, now=now)
    assert consequence(OCTOBER) == ""
    settle_at("approved")
    waive_event(event=event, reason="投诉撤回了", by=supervisor, now=now)
    assert event.state == "waived"
    assert "作为调整计入下一个未结的月份" in consequence(OCTOBER)


def test_event_of_a_pack_can_be_changed(supervisor: User, now: datetime) -> None:
    event = make_event("it.complaint", "3", source="file", confirmed_at=now)
    change_event(event=event, quantity=ONE, reason="重复登记", by=supervisor, now=now)
    assert event.quantity == 1


def test_decision_admits_no_change(supervisor: User, now: datetime) -> None:
    confirm_event(event=proposed(now), by=supervisor, now=now)
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        KpiDecision.objects.update(reason="别的")


SCORES = {"planner.assessment": Fraction(5), "supervisor.assessment": Fraction(5, 2)}


def test_supervisor_is_scored_by_the_general_manager_with_a_reason_and_a_percent(
    general_manager: User, supervisor: User, planner: User, now: datetime
) -> None:
    """S000-49: 保障线下执行有力, entered with a reason and a deduction percent."""
    with pytest.raises(Invalid, match="理由"):
        score_month(
            month=OCTOBER,
            scores=SCORES,
            reasons=dict.fromkeys(SCORES, ""),
            by=general_manager,
            now=now,
        )
    kept = score_month(
        month=OCTOBER,
        scores=SCORES,
        reasons=dict.fromkeys(SCORES, "三家店没有陈列"),
        by=general_manager,
        now=now,
    )
    assert {each.event.rule: each.quantity for each in kept} == SCORES
    event = KpiEvent.objects.get(rule="supervisor.assessment")
    assert (event.state, event.note) == ("confirmed", "三家店没有陈列")
    cut = deductions(
        "supervisor",
        month=OCTOBER,
        events=[_counted(event)],
        policy=make_policy(),
    )
    assert cut.monthly == Fraction(25, 1000)


def _counted(event: KpiEvent) -> Any:
    from incentives.calculation.kpi import Event

    return Event(OCTOBER, event.rule, event.quantity)


def test_scoring_again_is_a_decision_each_until_submission(
    general_manager: User, planner: User, supervisor: User, now: datetime
) -> None:
    score_month(
        month=OCTOBER,
        scores=SCORES,
        reasons=dict.fromkeys(SCORES, "初评"),
        by=general_manager,
        now=now,
    )
    again = {**SCORES, "planner.assessment": Fraction(0)}
    kept = score_month(
        month=OCTOBER,
        scores=again,
        reasons=dict.fromkeys(SCORES, "复核"),
        by=general_manager,
        now=now,
    )
    assert [(each.act, each.before, each.quantity) for each in kept] == [
        ("change", Fraction(5), Fraction(0))
    ]
    assert KpiEvent.objects.count() == 2
    assert not score_month(
        month=OCTOBER, scores=again, reasons=dict.fromkeys(SCORES, "x"), by=general_manager, now=now
    )
    settle_at("submitted")
    with pytest.raises(Conflict, match="已提交，不能再打分"):
        score_month(
            month=OCTOBER,
            scores=SCORES,
            reasons=dict.fromkeys(SCORES, "x"),
            by=general_manager,
            now=now,
        )


def test_colleague_may_not_score(
    general_manager: User, vice_general_manager: User, planner: User, now: datetime
) -> None:
    for person in (vice_general_manager, planner):
        with pytest.raises(NotAllowed):
            score_month(
                month=OCTOBER, scores=SCORES, reasons=dict.fromkeys(SCORES, "x"), by=person, now=now
            )
    assert not KpiEvent.objects.exists()
