"""Many people at once: one approval of a month, no fund drawn below zero; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Barrier

import pytest
from django.db import connections, transaction

from accounts.roles import Role
from haitang.kernel.errors import Conflict, Refusal
from incentives.ledger.chart import account
from incentives.ledger.posting import Insufficient, credit, debit, post
from incentives.life.approval import approve_month
from incentives.models import Journal, Payment, Payout, Settlement
from tests.factories.people import make_holder
from tests.incentives.life_scene import OCTOBER, balances, make_house, make_month, submitted

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(number: int, act: Callable[[int], object]) -> list[object]:
    """What each of so many threads got, or the refusal that it met; other errors fail the test."""
    barrier = Barrier(number)

    def run(index: int) -> object:
        try:
            barrier.wait()
            return act(index)
        except Refusal as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def test_twenty_approvers_of_one_month_make_one_approval(now: datetime) -> None:
    people = make_house()
    make_month()
    managers = [people["general_manager"]]
    managers += [make_holder(Role.GENERAL_MANAGER, username=f"gm{n}") for n in range(19)]
    submitted(people, now)
    found = at_once(20, lambda index: approve_month(month=OCTOBER, by=managers[index], now=now))
    refusals = [each for each in found if isinstance(each, Refusal)]
    assert len(refusals) == 19
    assert all(isinstance(each, Conflict) and "现在是“已批准”" in str(each) for each in refusals)
    settlement = Settlement.objects.get()
    assert (settlement.state, settlement.approvals) == ("approved", 1)
    assert settlement.steps.filter(after="approved").count() == 1
    assert list(Journal.objects.values_list("key", flat=True)) == [
        "2026-10/1/funding",
        "2026-10/1/pool",
        "2026-10/1/distribution",
    ]
    assert Payout.objects.count() == 8
    assert Payment.objects.count() == 7
    assert balances()["reserve"] == 4_000


def test_fifty_draws_on_a_fund_with_money_for_ten_make_ten(now: datetime) -> None:
    company, reserve, bank = account("company"), account("reserve"), account("bank")

    def put(key: str, *, fund: bool, amount: int) -> Journal | None:
        with transaction.atomic():
            return post(
                kind=Journal.Kind.OPENING if fund else Journal.Kind.EXPENSE,
                key=key,
                month=OCTOBER,
                effective_on=date(2026, 10, 1),
                memo="拨付" if fund else "支出",
                lines=[
                    debit(company if fund else reserve, amount),
                    credit(reserve if fund else bank, amount),
                ],
                by=None,
                now=now,
            )

    put("money", fund=True, amount=1_000)
    found = at_once(50, lambda index: put(f"draw-{index}", fund=False, amount=100))
    assert sum(isinstance(each, Insufficient) for each in found) == 40
    assert Journal.objects.filter(kind="expense").count() == 10
    assert balances() == {"company": 1_000, "bank": 1_000}


def test_same_posting_from_many_threads_is_written_once(now: datetime) -> None:
    def put(_: int) -> int:
        with transaction.atomic():
            made = post(
                kind=Journal.Kind.FUNDING,
                key="2026-10/1/funding",
                month=OCTOBER,
                effective_on=date(2026, 10, 1),
                memo="拨付",
                lines=[debit(account("company"), 5), credit(account("maintenance"), 5)],
                by=None,
                now=now,
            )
        assert made is not None
        return made.number

    assert at_once(10, put) == [1] * 10
    assert balances() == {"company": 5, "maintenance": 5}
