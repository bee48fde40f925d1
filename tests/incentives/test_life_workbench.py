"""What waits for whom: each step of a month is on the workbench of who takes it, of nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.workbench import WorkItem
from haitang.web.workbench import work_of
from incentives.calculation.services import calculate_month
from incentives.deductions.deducting import waive_event
from incentives.life.approval import approve_month, close_month, mark_paid, submit_month
from incentives.models import KpiEvent, Objection, Payment, Settlement, SettlementRun
from incentives.payments.paying import retry_payment, set_payment_state
from incentives.workbench import workbench_items
from tests.factories.trade import make_event
from tests.incentives.life_scene import NOVEMBER, OCTOBER, approved, make_month, paid, submitted

pytestmark = pytest.mark.django_db
DECEMBER = Month(2026, 12)
HOUR = timedelta(hours=1)
STEPS = {"month_submit", "month_approve", "month_pay", "month_close"}


def waiting(people: dict[str, User], now: datetime) -> dict[str, list[str]]:
    """Whose workbench has which of the steps."""
    found = {name: [item.kind for item in items(user, now)] for name, user in people.items()}
    return {name: kinds for name, kinds in found.items() if kinds}


def items(user: User, now: datetime) -> list[WorkItem]:
    return [item for item in workbench_items(user, now) if item.kind in STEPS]


def test_each_step_waits_for_its_people(people: dict[str, User], now: datetime) -> None:
    assert waiting(people, now) == {}
    calculate_month(month=OCTOBER, by=people["supervisor"], now=now)
    assert waiting(people, now) == {"supervisor": ["month_submit"], "clerk": ["month_submit"]}
    submit_month(month=OCTOBER, by=people["supervisor"], now=now)
    assert waiting(people, now) == {"general_manager": ["month_approve"]}
    settlement = approve_month(month=OCTOBER, by=people["general_manager"], now=now)
    assert waiting(people, now) == {"finance": ["month_pay"]}
    settlement.payments.update(state="failed")
    (item,) = items(people["finance"], now)
    assert item.title == "2026年10月没有待付的付款了：请登记发放完毕。"
    assert (item.url, item.action) == ("/months/2026-10/", "去登记")
    mark_paid(month=OCTOBER, by=people["finance"], now=now)
    assert waiting(people, now) == {
        "finance": ["month_close"],
        "general_manager": ["month_close"],
    }


def test_item_names_month_sum_and_the_way_there(people: dict[str, User], now: datetime) -> None:
    submitted(people, now)
    (item,) = items(people["general_manager"], now)
    assert item.title == "2026年10月的结算等您批准：提成池 ¥200.00。"
    assert item.url == "/months/2026-10/"
    approve_month(month=OCTOBER, by=people["general_manager"], now=now)
    (item,) = items(people["finance"], now)
    assert item.title == "2026年10月已经批准，有 7 笔付款等您付。"


def test_finance_is_told_of_what_did_not_arrive_until_it_is_paid(
    people: dict[str, User], now: datetime
) -> None:
    def told() -> list[tuple[str, str]]:
        found = workbench_items(people["finance"], now)
        return [(item.title, item.url) for item in found if item.kind == "payments_unpaid"]

    settlement = paid(people, now)
    assert told() == []
    payment, finance = settlement.payments.get(payee="art"), people["finance"]
    address = "/months/2026-10/payments/"
    set_payment_state(
        payment=payment, state=Payment.State.RETURNED, note="户名不符", by=finance, now=now
    )
    assert told() == [("2026年10月有 1 笔付款没有付成或被退回：核对账户后重新付。", address)]
    close_month(month=OCTOBER, by=finance, now=now)
    again = retry_payment(payment=payment, by=finance, now=now)
    assert told() == [("2026年10月有 1 笔重新付的还待付。", address)]
    set_payment_state(payment=again, state=Payment.State.PAID, by=finance, now=now)
    assert told() == []
    titles = {item.kind for item in workbench_items(people["general_manager"], now)}
    assert "payments_unpaid" not in titles


def test_month_that_waits_for_an_assessor_says_so_and_a_later_one_asks_for_nothing(
    people: dict[str, User], now: datetime
) -> None:
    approved(people, now)
    later = datetime(2027, 1, 5, 10, tzinfo=now.tzinfo)
    for month in (NOVEMBER, DECEMBER):
        calculate_month(month=month, by=people["supervisor"], now=later)
    Settlement.objects.filter(month__in=("2026-11", "2026-12")).update(state="calculated")
    SettlementRun.objects.update(open_problems=0)
    (item,) = items(people["supervisor"], later)
    assert item.title == "2026年11月的结算已经计算（提成池 ¥0.00），没有问题：等您提交。"
    make_event("it.complaint", month="2026-11", state="proposed")
    Objection.objects.create(
        month="2026-11", person=people["art"], role="art", line="share", text="x", raised_at=later
    )
    (item,) = items(people["supervisor"], later)
    assert "1 条扣减待确认、1 条异议待答复：请催考核人" in item.title
    assert (item.url, item.action) == ("/months/2026-11/", "去看")


def test_older_month_stands_above_a_newer_one_of_the_same_urgency(
    people: dict[str, User], now: datetime
) -> None:
    """October waits to be submitted since December only, November to be calculated."""
    make_month(month=NOVEMBER)
    december = datetime(2026, 12, 5, 10, tzinfo=now.tzinfo)
    calculate_month(month=OCTOBER, by=people["supervisor"], now=december)
    found = [(each.kind, each.url) for each in work_of(people["supervisor"], december)]
    assert found[:2] == [
        ("month_submit", "/months/2026-10/"),
        ("month_not_calculated", "/months/2026-11/"),
    ]


def test_approved_month_whose_data_changed_asks_nobody_to_calculate_again(
    people: dict[str, User], now: datetime
) -> None:
    approved(people, now)
    make_event("planner.assessment", "5")
    kinds = {item.kind for item in workbench_items(people["supervisor"], now)}
    assert "month_changed" not in kinds


def test_calculating_again_with_the_same_result_ends_the_asking(
    people: dict[str, User], now: datetime
) -> None:
    calculate_month(month=OCTOBER, by=None, now=now)
    event = make_event("it.complaint", "1", state=KpiEvent.State.PROPOSED)
    waive_event(event=event, reason="查无此事", by=people["supervisor"], now=now + HOUR)

    def asked(when: datetime) -> bool:
        return "month_changed" in {item.kind for item in workbench_items(people["clerk"], when)}

    assert asked(now + HOUR)
    run = calculate_month(month=OCTOBER, by=None, now=now + 2 * HOUR)
    assert not asked(now + 2 * HOUR)
    assert (run.number, run.calculated_at) == (1, now)
