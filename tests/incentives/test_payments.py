"""Payments of an approved month: opened once, paid by a third person, posted, tried again."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.db import transaction

from accounts.models import Deputy, User
from accounts.roles import Role
from haitang.kernel import clock
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from haitang.kernel.models import AuditEntry
from incentives.ledger.verify import verify
from incentives.models import Journal, LedgerAccount, Payment, Settlement
from incentives.payments.paying import (
    is_paid_out,
    open_payments,
    paid_fen,
    pay_all,
    retry_payment,
    set_payment_state,
    void_payments,
)
from tests.factories.payments import make_approved, make_people, payment_of
from tests.factories.people import make_tenure

pytestmark = pytest.mark.django_db
State = Payment.State


@pytest.fixture
def people() -> dict[str, User]:
    return make_people()


@pytest.fixture
def month(people: dict[str, User], now: datetime) -> Settlement:
    """刘洋 6007.14, 王芳 1680.32, and an article fee of 100.00."""
    return make_approved(people, now=now, fees={"M1": 10_000})


def balance(code: str) -> int:
    return LedgerAccount.objects.get(code=code).balance_fen


def paid(month: Settlement, payee: str, people: dict[str, User], now: datetime) -> Payment:
    return set_payment_state(
        payment=payment_of(month, payee), state=State.PAID, by=people["finance"], now=now
    )


def test_approval_opens_one_payment_for_each_payee_and_fee(month: Settlement) -> None:
    rows = [
        (row.payee, row.account_id, row.name, row.amount_fen, row.state)
        for row in month.payments.order_by("pk")
    ]
    assert rows == [
        ("liu", "payable:liu", "刘洋", 600_714, "waiting"),
        ("wang", "payable:wang", "王芳", 168_032, "waiting"),
        ("M1", "fee:M1", "周敏", 10_000, "waiting"),
    ]


def test_opening_again_opens_nothing(
    month: Settlement, people: dict[str, User], now: datetime
) -> None:
    before = list(month.payments.order_by("pk"))
    with transaction.atomic():
        assert open_payments(settlement=month, by=people["gm"], now=now) == before


def test_payment_debits_the_payee_and_credits_the_bank(
    month: Settlement, people: dict[str, User], now: datetime
) -> None:
    row = paid(month, "liu", people, now)
    journal = Journal.objects.get(key=f"payment/{row.pk}")
    entries = [(each.account_id, each.amount_fen) for each in journal.entries.order_by("line")]
    assert entries == [("payable:liu", 600_714), ("bank", -600_714)]
    assert (journal.kind, journal.month, journal.effective_on) == (
        "payment",
        "2026-10",
        date(2026, 11, 3),
    )
    assert (balance("payable:liu"), balance("bank"), paid_fen(month)) == (0, 600_714, 600_714)
    entry = AuditEntry.objects.get(act="payment_paid")
    assert (entry.actor, entry.details) == (
        people["finance"],
        {"amount": "6007.14", "attempt": 1},
    )


def test_returned_payment_is_owed_again_and_tried_by_a_new_row(
    month: Settlement, people: dict[str, User], now: datetime
) -> None:
    row = paid(month, "liu", people, now)
    set_payment_state(
        payment=row, state=State.RETURNED, note="户名不符", by=people["finance"], now=now
    )
    assert (balance("payable:liu"), balance("bank")) == (600_714, 0)
    again = retry_payment(payment=row, by=people["finance"], now=now)
    assert (again.attempt, again.state, again.amount_fen) == (2, "waiting", 600_714)
    set_payment_state(payment=again, state=State.PAID, by=people["finance"], now=now)
    assert (balance("payable:liu"), balance("bank")) == (0, 600_714)
    with pytest.raises(Conflict, match="已经重新付过"):
        retry_payment(payment=row, by=people["finance"], now=now)
    assert list(verify()) == []


def test_failed_payment_posts_nothing_and_needs_a_reason(
    month: Settlement, people: dict[str, User], now: datetime
) -> None:
    row = payment_of(month, "liu")
    with pytest.raises(Invalid, match="原因"):
        set_payment_state(payment=row, state=State.FAILED, by=people["finance"], now=now)
    note = "账号 6222020200112233 有误"
    set_payment_state(payment=row, state=State.FAILED, note=note, by=people["finance"], now=now)
    row.refresh_from_db()
    assert row.note == "账号 ************2233 有误"
    assert not Journal.objects.filter(kind="payment").exists()
    assert not is_paid_out(month)


@pytest.mark.parametrize(
    ("before", "after"),
    [("waiting", "returned"), ("failed", "paid"), ("returned", "paid"), ("paid", "failed")],
)
def test_step_that_there_is_not_is_refused(
    month: Settlement, people: dict[str, User], now: datetime, before: str, after: str
) -> None:
    month.payments.filter(payee="liu").update(state=before)
    with pytest.raises(Conflict, match="不能改为"):
        set_payment_state(
            payment=payment_of(month, "liu"),
            state=State(after),
            note="原因",
            by=people["finance"],
            now=now,
        )


def test_second_who_pays_the_same_is_told_and_nothing_is_posted_twice(
    month: Settlement, people: dict[str, User], now: datetime
) -> None:
    seen_by_two = payment_of(month, "liu")
    paid(month, "liu", people, now)
    with pytest.raises(Conflict, match="刚由别人登记过"):
        set_payment_state(payment=seen_by_two, state=State.PAID, by=people["finance"], now=now)
    assert Journal.objects.filter(kind="payment").count() == 1


@pytest.mark.parametrize("who", ["gm", "supervisor", "liu"])
def test_who_is_not_finance_does_not_pay(
    month: Settlement, people: dict[str, User], now: datetime, who: str
) -> None:
    with pytest.raises(NotAllowed, match="只有财务"):
        set_payment_state(
            payment=payment_of(month, "liu"), state=State.PAID, by=people[who], now=now
        )


@pytest.mark.parametrize(("who", "step"), [("supervisor", "提交"), ("gm", "批准")])
def test_who_submitted_or_approved_does_not_pay_even_as_finance(
    month: Settlement, people: dict[str, User], now: datetime, who: str, step: str
) -> None:
    make_tenure(user=people[who], role=Role.FINANCE)
    with pytest.raises(NotAllowed, match=f"“{step}”和“付款”不能出自同一个人"):
        pay_all(settlement=month, count=3, amount_fen=778_746, by=people[who], now=now)
    assert not Journal.objects.filter(kind="payment").exists()


def test_deputy_of_finance_pays_and_is_traced(
    month: Settlement, people: dict[str, User], now: datetime
) -> None:
    today = clock.business_day(clock.now())
    Deputy.objects.create(
        person=people["finance"],
        deputy=people["wang"],
        valid_from=today,
        valid_to=today,
        reason="休假",
        created_by=people["finance"],
        created_at=now,
    )
    set_payment_state(
        payment=payment_of(month, "liu"), state=State.PAID, by=people["wang"], now=now
    )
    entry = AuditEntry.objects.get(act="payment_paid")
    assert (entry.actor, entry.details["on_behalf_of"]) == (people["wang"], "钱会计")


def test_all_at_once_pays_what_waits_in_one_go(
    month: Settlement, people: dict[str, User], now: datetime
) -> None:
    row = payment_of(month, "wang")
    set_payment_state(
        payment=row, state=State.FAILED, note="账户冻结", by=people["finance"], now=now
    )
    pay_all(settlement=month, count=2, amount_fen=610_714, by=people["finance"], now=now)
    states = dict(month.payments.values_list("payee", "state"))
    assert states == {"liu": "paid", "M1": "paid", "wang": "failed"}
    assert balance("bank") == 610_714


@pytest.mark.parametrize(("count", "amount"), [(2, 778_746), (3, 778_745), (0, 0)])
def test_all_at_once_refuses_when_the_list_is_not_the_one_confirmed(
    month: Settlement, people: dict[str, User], now: datetime, count: int, amount: int
) -> None:
    with pytest.raises(Conflict, match=r"待付的是 3 笔共 ¥7,787.46"):
        pay_all(settlement=month, count=count, amount_fen=amount, by=people["finance"], now=now)
    assert set(month.payments.values_list("state", flat=True)) == {"waiting"}


def test_all_at_once_pays_none_when_one_cannot_be_posted(
    month: Settlement, people: dict[str, User], now: datetime
) -> None:
    """The last account owes less than its payment: the ones before are taken back, too."""
    month.payments.filter(payee="M1").update(amount_fen=10_001)
    with pytest.raises(Exception, match="不够支出"):
        pay_all(settlement=month, count=3, amount_fen=778_747, by=people["finance"], now=now)
    assert set(month.payments.values_list("state", flat=True)) == {"waiting"}
    assert not Journal.objects.filter(kind="payment").exists()


@pytest.mark.parametrize("state", ["draft", "calculated", "submitted"])
def test_month_that_is_not_approved_is_not_paid(
    month: Settlement, people: dict[str, User], now: datetime, state: str
) -> None:
    Settlement.objects.update(state=state)
    with pytest.raises(Conflict, match="批准之后才能付款"):
        paid(month, "liu", people, now)


def test_reversed_approval_voids_what_waits_and_a_new_one_opens_the_next_try(
    month: Settlement, people: dict[str, User], now: datetime
) -> None:
    with transaction.atomic():
        assert void_payments(settlement=month, by=people["gm"], now=now) == 3
    month.approvals = 2
    month.save()
    for row in month.payouts.all():
        row.pk, row.approval, row.earned_fen, row.payable_fen = None, 2, 5, 5
        row.save(force_insert=True)
    with transaction.atomic():
        made = open_payments(settlement=month, by=people["gm"], now=now)
    assert {(row.payee, row.attempt, row.amount_fen) for row in made} == {
        ("liu", 2, 5),
        ("wang", 2, 5),
        ("M1", 2, 10_000),
    }


def test_approval_is_not_reversed_while_a_payment_is_out(
    month: Settlement, people: dict[str, User], now: datetime
) -> None:
    paid(month, "liu", people, now)
    with pytest.raises(Conflict, match=r"已经付款（刘洋）"), transaction.atomic():
        void_payments(settlement=month, by=people["gm"], now=now)
    assert payment_of(month, "wang").state == "waiting"


def test_month_is_paid_out_when_the_last_try_of_each_payee_went_out(
    month: Settlement, people: dict[str, User], now: datetime
) -> None:
    row = payment_of(month, "liu")
    set_payment_state(payment=row, state=State.FAILED, note="冻结", by=people["finance"], now=now)
    retry_payment(payment=row, by=people["finance"], now=now)
    assert not is_paid_out(month)
    pay_all(settlement=month, count=3, amount_fen=778_746, by=people["finance"], now=now)
    assert is_paid_out(month)
