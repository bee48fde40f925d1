"""A month's steps: who may take them, what speaks against them, what they leave behind."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from accounts.models import Deputy, User
from accounts.roles import Role
from campaigns.models import Campaign, Store
from haitang.kernel import clock
from haitang.kernel.clock import business_day
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from haitang.kernel.models import AuditEntry, Notice
from incentives.calculation.services import calculate_month
from incentives.deductions.objections import raise_objection
from incentives.life.approval import (
    approve_month,
    close_month,
    mark_paid,
    return_month,
    reverse_approval,
    submit_month,
)
from incentives.models import (
    Journal,
    KpiEvent,
    LedgerAccount,
    Payment,
    Payout,
    Settlement,
    SettlementRun,
)
from incentives.payments.paying import set_payment_state
from tests.factories.people import make_tenure, make_user
from tests.factories.trade import make_event, make_manuscript, sell
from tests.incentives.life_scene import (
    NOVEMBER,
    OCTOBER,
    approved,
    balances,
    make_month,
    paid,
    submitted,
)

pytestmark = pytest.mark.django_db


def calculated(people: dict[str, User], now: datetime) -> SettlementRun:
    return calculate_month(month=OCTOBER, by=people["supervisor"], now=now)


def refusal(people: dict[str, User], now: datetime) -> str:
    with pytest.raises(Conflict) as caught:
        submit_month(month=OCTOBER, by=people["supervisor"], now=now)
    return str(caught.value)


def stand_in(person: User, deputy: User) -> None:
    today = business_day(clock.now())  # standing is that of the present day
    Deputy.objects.create(
        person=person,
        deputy=deputy,
        valid_from=today - timedelta(days=400),
        valid_to=today + timedelta(days=400),
        reason="休假",
        created_by=person,
        created_at=datetime(2026, 1, 1).astimezone(),
    )


# The whole way


def test_month_goes_from_draft_to_closed_with_who_and_when(
    people: dict[str, User], now: datetime
) -> None:
    paid(people, now)
    settlement = close_month(month=OCTOBER, by=people["finance"], now=now)
    assert settlement.state == Settlement.State.CLOSED
    assert list(settlement.steps.values_list("after", "by__username", "at")) == [
        ("calculated", "supervisor", now),
        ("submitted", "supervisor", now),
        ("approved", "general_manager", now),
        ("paid", "finance", now),
        ("closed", "finance", now),
    ]
    acts = AuditEntry.objects.filter(stream="incentives", object_type="incentives.settlement")
    assert {"submit_month", "approve_month", "pay_month", "close_month"} <= set(
        acts.values_list("act", flat=True)
    )


def test_approval_freezes_run_number_payouts_and_ledger_head(
    people: dict[str, User], now: datetime
) -> None:
    settlement = approved(people, now)
    assert settlement.document_number == "HT-JS-202610-1"
    last = Journal.objects.latest("number")
    assert (settlement.ledger_number, settlement.ledger_hash) == (last.number, last.hash)
    assert settlement.run == SettlementRun.objects.get()
    payouts = dict(Payout.objects.values_list("username", "payable_fen"))
    assert payouts["planner"] == 3000
    assert payouts["reserve"] == 4000
    assert sum(payouts.values()) == 20_000
    waiting = settlement.payments.filter(state=Payment.State.WAITING)
    assert sum(row.amount_fen for row in waiting) == 16_000
    assert balances() == {
        "company": 220_000,
        "maintenance": 200_000,
        "reserve": 4_000,
        "payable:planner": 3_000,
        "payable:supervisor": 3_000,
        **{f"payable:{role}": 2_000 for role in ("copy", "art", "it", "ops", "cs")},
    }


def test_adopted_manuscript_is_booked_and_gets_its_money(
    people: dict[str, User], now: datetime
) -> None:
    make_manuscript("M1", date(2026, 10, 9))
    settlement = approved(people, now)
    held = balances()
    assert (held["fee:M1"], held["maintenance"]) == (10_000, 190_000)
    assert "outstanding" not in held
    assert settlement.payments.filter(account="fee:M1", amount_fen=10_000).exists()


# Who


@pytest.mark.parametrize("who", ["planner", "general_manager", "finance"])
def test_others_than_supervisor_and_clerk_do_not_submit(
    who: str, people: dict[str, User], now: datetime
) -> None:
    calculated(people, now)
    with pytest.raises(NotAllowed, match="总督导、结算专员"):
        submit_month(month=OCTOBER, by=people[who], now=now)


def test_clerk_submits(people: dict[str, User], now: datetime) -> None:
    calculated(people, now)
    assert submit_month(month=OCTOBER, by=people["clerk"], now=now).state == "submitted"


@pytest.mark.parametrize("who", ["supervisor", "clerk", "finance", "planner"])
def test_only_the_general_manager_approves(
    who: str, people: dict[str, User], now: datetime
) -> None:
    submitted(people, now)
    with pytest.raises(NotAllowed, match="由总经理"):
        approve_month(month=OCTOBER, by=people[who], now=now)


def test_submitter_who_is_general_manager_too_does_not_approve(
    people: dict[str, User], now: datetime
) -> None:
    both = make_user(username="both")
    for role in (Role.CLERK, Role.GENERAL_MANAGER):
        make_tenure(user=both, role=role)
    calculated(people, now)
    submit_month(month=OCTOBER, by=both, now=now)
    with pytest.raises(NotAllowed, match="不能出自同一个人"):
        approve_month(month=OCTOBER, by=both, now=now)
    assert Settlement.objects.get().state == "submitted"
    assert not Journal.objects.exists()


def test_submitter_as_deputy_of_the_general_manager_does_not_approve(
    people: dict[str, User], now: datetime
) -> None:
    stand_in(people["general_manager"], people["supervisor"])
    submitted(people, now)
    with pytest.raises(NotAllowed, match="代理也算本人"):
        approve_month(month=OCTOBER, by=people["supervisor"], now=now)


def test_deputy_who_submitted_does_not_pay(people: dict[str, User], now: datetime) -> None:
    deputy = make_user(username="stand-in")
    make_tenure(user=deputy, role=Role.FINANCE)
    stand_in(people["supervisor"], deputy)
    calculated(people, now)
    submit_month(month=OCTOBER, by=deputy, now=now)
    step = Settlement.objects.get().steps.latest("pk")
    assert (step.by, step.on_behalf_of) == (deputy, people["supervisor"])
    settlement = approve_month(month=OCTOBER, by=people["general_manager"], now=now)
    settlement.payments.update(state=Payment.State.FAILED)
    with pytest.raises(NotAllowed, match="“提交”和“登记发放完毕”"):
        mark_paid(month=OCTOBER, by=deputy, now=now)


# What speaks against submitting


def test_stale_run_is_not_submitted(people: dict[str, User], now: datetime) -> None:
    calculated(people, now)
    make_event("planner.assessment", "5")
    assert "数据又有变化" in refusal(people, now)


def test_proposal_and_problem_are_told_together(people: dict[str, User], now: datetime) -> None:
    Campaign.objects.update(status="running")
    calculated(people, now)
    make_event("planner.assessment", "5", state=KpiEvent.State.PROPOSED)
    said = refusal(people, now)
    assert "有 1 个问题没有解决" in said
    assert "有 1 条扣减待考核人确认" in said


def test_open_objection_stops_submission_and_approval(
    people: dict[str, User], now: datetime
) -> None:
    submitted(people, now)
    raise_objection(month=OCTOBER, person=people["copy"], line="share", text="份额不对", now=now)
    with pytest.raises(Conflict, match="异议待书面答复"):
        approve_month(month=OCTOBER, by=people["general_manager"], now=now)
    return_month(month=OCTOBER, reason="先答复异议", by=people["general_manager"], now=now)
    assert "异议待书面答复" in refusal(people, now)


def test_month_that_is_not_over_is_not_submitted(people: dict[str, User], now: datetime) -> None:
    calculated(people, now)
    early = datetime(2026, 10, 31, 12, tzinfo=now.tzinfo)
    with pytest.raises(Conflict, match="还没有结束"):
        submit_month(month=OCTOBER, by=people["supervisor"], now=early)


def test_month_that_was_never_calculated_is_not_submitted(
    people: dict[str, User], now: datetime
) -> None:
    with pytest.raises(Conflict, match="还没有计算"):
        submit_month(month=OCTOBER, by=people["supervisor"], now=now)


def test_no_month_is_left_out_between_approved_ones(people: dict[str, User], now: datetime) -> None:
    later = datetime(2027, 1, 5, 10, tzinfo=now.tzinfo)
    approved(people, now)
    december = NOVEMBER.plus(1)
    calculate_month(month=december, by=None, now=later)
    with pytest.raises(Conflict, match="上一个月（2026年11月）还没有批准"):
        submit_month(month=december, by=people["supervisor"], now=later)
    september = OCTOBER.plus(-1)
    calculate_month(month=september, by=None, now=later)
    with pytest.raises(Conflict, match="更晚的2026年10月已经批准"):
        submit_month(month=september, by=people["supervisor"], now=later)


# Back


def test_general_manager_returns_with_a_reason_and_the_submitter_hears_it(
    people: dict[str, User], now: datetime
) -> None:
    submitted(people, now)
    with pytest.raises(Invalid, match="请写明退回的理由"):
        return_month(month=OCTOBER, reason=" ", by=people["general_manager"], now=now)
    settlement = return_month(
        month=OCTOBER, reason="客服的档案还没有核", by=people["general_manager"], now=now
    )
    assert settlement.state == "calculated"
    assert settlement.steps.latest("pk").reason == "客服的档案还没有核"
    assert "客服的档案还没有核" in Notice.objects.get(recipient=people["supervisor"]).text


def test_submitter_withdraws_and_nobody_elses_submission(
    people: dict[str, User], now: datetime
) -> None:
    submitted(people, now)
    with pytest.raises(NotAllowed, match="只有提交人可以撤回"):
        return_month(month=OCTOBER, reason="错了", by=people["clerk"], now=now)
    settlement = return_month(month=OCTOBER, reason="错了", by=people["supervisor"], now=now)
    assert settlement.state == "calculated"


def test_submitted_month_is_not_calculated(people: dict[str, User], now: datetime) -> None:
    submitted(people, now)
    with pytest.raises(Conflict, match="不能再计算"):
        calculated(people, now)


# Reversal


def test_reversal_takes_every_journal_back_and_a_new_approval_has_the_next_number(
    people: dict[str, User], now: datetime
) -> None:
    make_manuscript("M1", date(2026, 10, 9))
    approved(people, now)
    settlement = reverse_approval(
        month=OCTOBER, reason="漏了一场活动", by=people["general_manager"], now=now
    )
    assert (settlement.state, settlement.document_number) == ("calculated", "")
    # Adoption holds: the author is owed, the money is not there.
    assert balances() == {"fee:M1": 10_000, "outstanding": 10_000}
    assert set(settlement.payments.values_list("state", flat=True)) == {"void"}
    again = approved(people, now)
    assert again.document_number == "HT-JS-202610-2"
    assert balances()["payable:planner"] == 3_000
    assert Payout.objects.filter(approval=2, username="planner").count() == 1


def test_paid_month_is_not_reversed(people: dict[str, User], now: datetime) -> None:
    settlement = approved(people, now)
    payment = settlement.payments.earliest("pk")
    set_payment_state(payment=payment, state=Payment.State.PAID, by=people["finance"], now=now)
    before = balances()
    with pytest.raises(Conflict, match="已经付款"):
        reverse_approval(month=OCTOBER, reason="x", by=people["general_manager"], now=now)
    assert balances() == before
    assert Settlement.objects.get().state == "approved"


def test_month_below_a_later_one_is_not_reversed(people: dict[str, User], now: datetime) -> None:
    later = datetime(2026, 12, 3, 10, tzinfo=now.tzinfo)
    make_month(month=NOVEMBER)
    approved(people, now)
    submitted(people, later, NOVEMBER)
    with pytest.raises(Conflict, match="2026年11月已提交"):
        reverse_approval(month=OCTOBER, reason="x", by=people["general_manager"], now=later)
    approve_month(month=NOVEMBER, by=people["general_manager"], now=later)
    with pytest.raises(Conflict, match="2026年11月已批准"):
        reverse_approval(month=OCTOBER, reason="x", by=people["general_manager"], now=later)


# Approval


def test_approval_names_who_can_still_object_and_asks_to_know_it(
    people: dict[str, User], now: datetime
) -> None:
    make_event("planner.assessment", "5", confirmed_at=now)
    submitted(people, now)
    manager = people["general_manager"]
    with pytest.raises(Conflict, match=r"planner（到11月6日 周五）还在异议期内"):
        approve_month(month=OCTOBER, by=manager, now=now, before_deadline=False)
    approve_month(month=OCTOBER, by=manager, now=now, before_deadline=True)
    entry = AuditEntry.objects.get(act="approve_month")
    assert entry.details["before_deadline"] == "planner（到11月6日 周五）"


def test_approval_after_the_three_days_asks_nothing(people: dict[str, User], now: datetime) -> None:
    make_event("planner.assessment", "5", confirmed_at=now - timedelta(days=6))
    submitted(people, now)
    manager = people["general_manager"]
    approve_month(month=OCTOBER, by=manager, now=now, before_deadline=False)


def test_second_approval_is_told_who_was_first(people: dict[str, User], now: datetime) -> None:
    approved(people, now)
    with pytest.raises(Conflict, match="现在是“已批准”（general_manager刚处理过）"):
        approve_month(month=OCTOBER, by=people["general_manager"], now=now)
    assert Journal.objects.filter(kind="pool").count() == 1


def test_late_sales_after_submission_do_not_change_what_is_approved(
    people: dict[str, User], now: datetime
) -> None:
    settlement = submitted(people, now)
    sell(Store.objects.get(), "2026-10-30", "5000")
    settlement = approve_month(month=OCTOBER, by=people["general_manager"], now=now)
    assert settlement.run is not None
    assert str(settlement.run.pool) == "200.00"
    assert balances()["payable:planner"] == 3_000


# Paid and closed


def test_month_with_a_waiting_payment_is_not_paid_out(
    people: dict[str, User], now: datetime
) -> None:
    approved(people, now)
    with pytest.raises(Conflict, match="还有 7 笔付款待付"):
        mark_paid(month=OCTOBER, by=people["finance"], now=now)


def test_month_is_closed_only_when_the_ledger_verifies(
    people: dict[str, User], now: datetime
) -> None:
    paid(people, now)
    LedgerAccount.objects.filter(code="reserve").update(balance_fen=1)
    with pytest.raises(Conflict, match="账本核对不通过：科目“团队公费”"):
        close_month(month=OCTOBER, by=people["general_manager"], now=now)
    LedgerAccount.objects.filter(code="reserve").update(balance_fen=4_000)
    assert close_month(month=OCTOBER, by=people["general_manager"], now=now).state == "closed"
