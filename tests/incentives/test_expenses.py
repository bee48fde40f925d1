"""Expenses of the reserve: asked for with a voucher, promised only while there is money."""

from __future__ import annotations

import threading
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import connection

from accounts.models import Deputy, User
from accounts.roles import Role
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from haitang.kernel.files import open_file
from haitang.kernel.models import AuditEntry, Notice
from incentives.funds.expenses import (
    ExpenseFacts,
    approve_expense,
    available,
    refuse_expense,
    request_expense,
)
from incentives.models import OpeningBalance, ReserveExpense, Settlement
from tests.factories.people import make_holder, make_tenure
from tests.factories.trade import make_expense

pytestmark = pytest.mark.django_db
JPEG = b"\xff\xd8\xff\xe0" + b"photo" * 10
FACTS = ExpenseFacts(date(2026, 11, 2), "team", 12_000, "海棠图文", "打印海报")


def ask(by: User, now: datetime, key: str = "k", content: bytes = JPEG, **facts: Any) -> Any:
    return request_expense(
        facts=ExpenseFacts(**{**FACTS.__dict__, **facts}),
        voucher=BytesIO(content),
        name="发票.jpg",
        key=key,
        by=by,
        now=now,
    )


@pytest.fixture
def money(now: datetime) -> None:
    """The reserve opens November 2026 with 1,000.00."""
    OpeningBalance.objects.create(month="2026-11", maintenance=0, reserve=1000, recorded_at=now)


@pytest.fixture
def expense(money: None, planner: User, now: datetime) -> ReserveExpense:
    made: ReserveExpense = ask(planner, now)
    return made


def test_request_keeps_the_voucher_and_counts_nowhere_yet(
    expense: ReserveExpense, planner: User
) -> None:
    assert (expense.state, expense.amount, expense.recorded_by) == (
        "requested",
        Decimal("120.00"),
        planner,
    )
    assert expense.voucher is not None
    with open_file(expense.voucher) as kept:
        assert kept.read() == JPEG
    assert available().fen == 100_000


def test_same_request_sent_twice_is_one(
    expense: ReserveExpense, planner: User, now: datetime
) -> None:
    assert ask(planner, now) == expense
    assert ReserveExpense.objects.count() == 1


def test_approval_promises_the_money_and_tells_the_requester(
    expense: ReserveExpense, planner: User, general_manager: User, now: datetime
) -> None:
    approve_expense(expense=expense, by=general_manager, now=now)
    expense.refresh_from_db()
    assert (expense.state, expense.decided_by) == ("approved", general_manager)
    assert (available().opening, available().promised) == (100_000, 12_000)
    notice = Notice.objects.get(recipient=planner)
    assert "¥120.00（海棠图文）已批准" in notice.text
    entry = AuditEntry.objects.get(act="approve_expense")
    assert entry.details["amount"] == "120.00"


def test_refusal_needs_a_reason_and_says_it(
    expense: ReserveExpense, planner: User, vice_general_manager: User, now: datetime
) -> None:
    with pytest.raises(Invalid, match="写明不批准的理由"):
        refuse_expense(expense=expense, reason=" ", by=vice_general_manager, now=now)
    refuse_expense(expense=expense, reason="已有同样的物料", by=vice_general_manager, now=now)
    expense.refresh_from_db()
    assert (expense.state, expense.decision) == ("refused", "已有同样的物料")
    assert "没有批准：已有同样的物料" in Notice.objects.get(recipient=planner).text
    assert available().fen == 100_000


def test_second_decision_is_refused(
    expense: ReserveExpense, general_manager: User, vice_general_manager: User, now: datetime
) -> None:
    approve_expense(expense=expense, by=general_manager, now=now)
    with pytest.raises(Conflict, match="您刚处理过"):
        approve_expense(expense=expense, by=general_manager, now=now)
    with pytest.raises(Conflict, match="刚由别人处理"):
        refuse_expense(expense=expense, reason="不", by=vice_general_manager, now=now)


@pytest.mark.parametrize("role", [Role.PLANNER, Role.FINANCE, Role.SUPERVISOR])
def test_only_the_general_and_vice_general_manager_decide(
    role: Role, money: None, copy: User, now: datetime
) -> None:
    expense = ask(copy, now)
    with pytest.raises(NotAllowed, match="总经理或副总经理"):
        approve_expense(expense=expense, by=make_holder(role), now=now)


@pytest.mark.parametrize("role", [Role.FINANCE, Role.EMPLOYEE, Role.STORE_MANAGER])
def test_only_the_team_asks(role: Role, money: None, now: datetime) -> None:
    with pytest.raises(NotAllowed, match="只有团队成员"):
        ask(make_holder(role, store_code="S01"), now)


def test_requester_does_not_decide_on_the_own_request(money: None, now: datetime) -> None:
    both = make_holder(Role.PLANNER)
    make_tenure(user=both, role=Role.VICE_GENERAL_MANAGER)
    with pytest.raises(NotAllowed, match="不能出自同一个人"):
        approve_expense(expense=ask(both, now), by=both, now=now)


def deputise(person: User, deputy: User, now: datetime) -> None:
    Deputy.objects.create(
        person=person,
        deputy=deputy,
        valid_from=date(2026, 11, 1),
        valid_to=date(2026, 11, 30),
        reason="休假",
        created_by=person,
        created_at=now,
    )


def test_deputy_decides_and_is_traced_but_not_on_the_own_request(
    money: None, planner: User, copy: User, general_manager: User, now: datetime
) -> None:
    deputise(general_manager, copy, now)
    approve_expense(expense=ask(planner, now, "a"), by=copy, now=now)
    assert AuditEntry.objects.get(act="approve_expense").details["on_behalf_of"] == "王总"
    with pytest.raises(NotAllowed, match="不能出自同一个人"):
        approve_expense(expense=ask(copy, now, "b"), by=copy, now=now)


def test_approval_above_what_is_left_is_refused(
    money: None, planner: User, general_manager: User, now: datetime
) -> None:
    first, second = ask(planner, now, "a", amount=60_000), ask(planner, now, "b", amount=40_001)
    approve_expense(expense=first, by=general_manager, now=now)
    with pytest.raises(Conflict, match=r"可用 ¥400.00，不够这笔 ¥400.01"):
        approve_expense(expense=second, by=general_manager, now=now)
    exact = ask(planner, now, "c", amount=40_000)
    approve_expense(expense=exact, by=general_manager, now=now)
    assert available().fen == 0


def test_expenses_before_the_open_month_take_nothing_from_it(money: None) -> None:
    make_expense(date(2026, 10, 31), "500")
    assert available().promised == 0


@pytest.mark.parametrize("state", ["submitted", "approved", "paid", "closed"])
def test_settled_month_takes_no_expense(
    expense: ReserveExpense, planner: User, general_manager: User, now: datetime, state: str
) -> None:
    Settlement.objects.create(month="2026-11", state=state)
    with pytest.raises(Conflict, match="2026年11月的结算已经"):
        ask(planner, now, "late")
    with pytest.raises(Conflict, match="2026年11月的结算已经"):
        approve_expense(expense=expense, by=general_manager, now=now)
    refuse_expense(expense=expense, reason="写到下个月", by=general_manager, now=now)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"amount": 0}, "金额要大于 0"),
        ({"date": date(2026, 11, 4)}, "不能晚于今天"),
        ({"kind": "gift"}, "请选"),
        ({"payee": " "}, "收款人"),
        ({"note": ""}, "用途"),
    ],
)
def test_facts_that_cannot_be_are_refused(
    planner: User, now: datetime, facts: dict[str, Any], says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        ask(planner, now, **facts)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"MZ program", "凭证要是照片"),
        (b"<svg onload=alert(1)>", "凭证要是照片"),
        (JPEG + b"x" * 10 * 1024 * 1024, "超过 10 MB"),
    ],
)
def test_voucher_that_is_none_is_refused(
    planner: User, now: datetime, content: bytes, says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        ask(planner, now, content=content)
    assert not ReserveExpense.objects.exists()


def test_long_numbers_in_payee_and_note_are_masked(planner: User, now: datetime) -> None:
    made = ask(planner, now, payee="王五 13812345678", note="卡号 6222000012345678")
    assert (made.payee, made.note) == ("王五 *******5678", "卡号 ************5678")


@pytest.mark.django_db(transaction=True)
def test_fifty_approvals_at_once_with_money_for_ten_give_ten(
    money: None, planner: User, general_manager: User, now: datetime
) -> None:
    expenses = [ask(planner, now, f"k{n}", amount=10_000) for n in range(50)]
    approved: list[int] = []
    refused: list[str] = []
    faults: list[BaseException] = []
    start = threading.Barrier(50)

    def work(mine: list[ReserveExpense]) -> None:
        try:
            start.wait()
            for expense in mine:
                try:
                    approve_expense(expense=expense, by=general_manager, now=now)
                    approved.append(expense.pk)
                except Conflict as refusal:
                    refused.append(refusal.sentence)
        except BaseException as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(expenses[n::50],)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert (len(approved), len(refused), available().fen) == (10, 40, 0)
    assert all("不够这笔" in sentence for sentence in refused)
    assert ReserveExpense.objects.filter(state="approved").count() == 10
