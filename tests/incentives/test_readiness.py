"""What speaks against a step of a month that only shows between two steps."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from django.test import Client

from accounts.models import User
from haitang.kernel.errors import Conflict
from incentives.calculation.services import calculate_month
from incentives.deductions.deducting import change_event, waive_event
from incentives.deductions.objections import answer_objection, raise_objection
from incentives.life.approval import approve_month, return_month, submit_month
from incentives.models import KpiEvent, Settlement
from tests.factories.trade import make_event, make_expense
from tests.incentives.life_scene import OCTOBER, calculated, submitted

pytestmark = pytest.mark.django_db


def payables(settlement: Settlement) -> dict[str, int]:
    assert settlement.run is not None
    return {row["username"]: row["payable"] for row in settlement.run.trace["payouts"]}


def test_objection_answered_after_submission_is_in_the_month_that_is_approved(
    people: dict[str, User], now: datetime
) -> None:
    event = make_event("art.no_artwork", "1", confirmed_at=now)
    assert "art" not in payables(submitted(people, now))
    objection = raise_objection(
        month=OCTOBER, person=people["art"], line=f"event:{event.pk}", text="按时交了", now=now
    )
    later = now + timedelta(minutes=1)
    answer_objection(
        objection=objection,
        text="核实过，确实按时",
        decision="waive",
        quantity=Fraction(0),
        by=people["planner"],
        now=later,
    )
    with pytest.raises(Conflict, match="提交之后有扣减重新作过决定"):
        approve_month(month=OCTOBER, by=people["general_manager"], now=later)
    return_month(month=OCTOBER, reason="重新计算", by=people["general_manager"], now=later)
    calculate_month(month=OCTOBER, by=people["supervisor"], now=later)
    submit_month(month=OCTOBER, by=people["supervisor"], now=later)
    approved = approve_month(month=OCTOBER, by=people["general_manager"], now=later)
    assert payables(approved)["art"] == 2_000


def test_decision_of_another_month_does_not_hold_up_the_approval(
    people: dict[str, User], now: datetime
) -> None:
    other = make_event("art.no_artwork", "1", month="2026-09", confirmed_at=now)
    submitted(people, now)
    later = now + timedelta(minutes=1)
    waive_event(event=other, reason="补了证据", by=people["planner"], now=later)
    assert approve_month(month=OCTOBER, by=people["general_manager"], now=later).state == "approved"


def test_proposal_that_was_waived_does_not_hold_up_the_approval(
    people: dict[str, User], now: datetime
) -> None:
    calculated(people, now)
    later = now + timedelta(hours=1)
    event = make_event("it.complaint", "1", state=KpiEvent.State.PROPOSED)
    waive_event(event=event, reason="查无此事", by=people["supervisor"], now=later)
    calculate_month(month=OCTOBER, by=people["supervisor"], now=later)
    submit_month(month=OCTOBER, by=people["supervisor"], now=later)
    assert approve_month(month=OCTOBER, by=people["general_manager"], now=later).state == "approved"


def test_deduction_decided_to_and_fro_does_not_hold_up_the_approval(
    people: dict[str, User], now: datetime
) -> None:
    event = make_event("it.complaint", "1", confirmed_at=now)
    submitted(people, now)
    later, assessor = now + timedelta(hours=1), people["supervisor"]
    change_event(event=event, quantity=Fraction(2), reason="两次", by=assessor, now=later)
    with pytest.raises(Conflict, match="提交之后有扣减重新作过决定"):
        approve_month(month=OCTOBER, by=people["general_manager"], now=later)
    change_event(event=event, quantity=Fraction(1), reason="还是一次", by=assessor, now=later)
    assert approve_month(month=OCTOBER, by=people["general_manager"], now=later).state == "approved"


def test_undecided_request_is_a_warning_and_does_not_hold_the_month_up(
    people: dict[str, User], now: datetime, client: Client
) -> None:
    expense = make_expense(OCTOBER.first, "80")
    type(expense).objects.update(state="requested")
    calculated(people, now)
    client.force_login(people["supervisor"])
    page = client.get("/months/2026-10/")
    assert "1 笔公费申请还没有批准" in page.content.decode()
    assert (page.context["missing"], list(page.context["life"].against)) == (0, [])
    assert submit_month(month=OCTOBER, by=people["supervisor"], now=now).state == "submitted"
