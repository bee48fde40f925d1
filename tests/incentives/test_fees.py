"""Adopted manuscripts become fees owed: once, dated with the adoption, never before the ledger."""

from __future__ import annotations

import threading
from datetime import date, datetime

import pytest
from django.db import connection

from accounts.models import User
from haitang.kernel import jobs
from haitang.kernel.clock import Month
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.models import AuditEntry
from incentives.funds.fees import change_fee, ledger_start, take_up_fees
from incentives.ledger.verify import rebuilt_balances, verify
from incentives.models import ArticleFee, Journal, LedgerAccount, OpeningBalance, Settlement
from incentives.tasks import take_up_fees as nightly
from tests.factories.trade import make_manuscript, publish

pytestmark = pytest.mark.django_db
OCTOBER = Month(2026, 10)


def approved(month: str = "2026-10") -> Settlement:
    return Settlement.objects.create(month=month, state="approved", approvals=1)


def booked() -> dict[str, str]:
    return {fee.manuscript: str(fee.amount) for fee in ArticleFee.objects.all()}


def balances() -> dict[str, int]:
    return dict(LedgerAccount.objects.values_list("code", "balance_fen"))


def test_adopted_manuscripts_are_owed_to_their_authors(now: datetime) -> None:
    approved()
    make_manuscript("M1", date(2026, 10, 5), "employee")
    make_manuscript("M2", date(2026, 11, 2), "professional")
    make_manuscript("M3", date(2026, 11, 1), "customer")
    assert take_up_fees(now=now) == 3
    assert booked() == {"M1": "100.00", "M2": "200.00", "M3": "200.00"}
    assert balances() == {
        "outstanding": 50_000,
        "fee:M1": 10_000,
        "fee:M2": 20_000,
        "fee:M3": 20_000,
    }
    assert list(Journal.objects.values_list("key", "kind", "month", "effective_on")) == [
        ("fee/M1", "fee_adopted", "2026-10", date(2026, 10, 5)),
        ("fee/M3", "fee_adopted", "2026-11", date(2026, 11, 1)),
        ("fee/M2", "fee_adopted", "2026-11", date(2026, 11, 2)),
    ]
    assert (rebuilt_balances(), list(verify())) == (balances(), [])


def test_second_time_books_nothing(now: datetime) -> None:
    approved()
    make_manuscript("M1", date(2026, 10, 5))
    assert [take_up_fees(now=now), take_up_fees(now=now)] == [1, 0]
    assert balances()["outstanding"] == 10_000
    assert AuditEntry.objects.filter(act="take_up_fee").count() == 1


def test_manuscript_that_was_not_adopted_earns_nothing(now: datetime) -> None:
    """S000-28: a fee only for what was adopted."""
    approved()
    make_manuscript("M1", None)
    assert (take_up_fees(now=now), booked(), balances()) == (0, {}, {})


def test_amount_is_that_of_the_policy_of_the_adoption_month(now: datetime) -> None:
    approved()
    fees = {"employee": "150", "professional": "200", "customer": "200"}
    publish(
        valid_from="2026-11-01",
        fund={"monthly": "2000", "annual_fee": "200", "annual_fee_month": 1, "fees": fees},
    )
    make_manuscript("M1", date(2026, 10, 31))
    make_manuscript("M2", date(2026, 11, 1))
    take_up_fees(now=now)
    assert booked() == {"M1": "100.00", "M2": "150.00"}


@pytest.mark.parametrize("with_file", [False, True])
def test_nothing_is_booked_before_a_month_is_approved(now: datetime, with_file: bool) -> None:
    if with_file:
        OpeningBalance.objects.create(month="2026-08", maintenance=1, reserve=1, recorded_at=now)
    make_manuscript("M1", date(2026, 8, 5))
    Settlement.objects.create(month="2026-08", state="submitted")
    assert take_up_fees(now=now) == 0
    assert (ledger_start(), booked()) == (None, {})


def test_manuscripts_from_before_the_first_approved_month_are_not_booked(now: datetime) -> None:
    approved("2026-11")
    approved("2026-10")
    make_manuscript("OLD", date(2026, 9, 30))
    make_manuscript("NEW", date(2026, 10, 1))
    assert take_up_fees(now=now) == 1
    assert (ledger_start(), booked()) == (OCTOBER, {"NEW": "100.00"})


def test_month_being_approved_begins_the_ledger(now: datetime) -> None:
    make_manuscript("OLD", date(2026, 9, 30))
    make_manuscript("NEW", date(2026, 10, 1))
    assert take_up_fees(now=now, first=OCTOBER) == 1
    assert booked() == {"NEW": "100.00"}


def test_manuscript_known_after_its_month_was_approved_is_booked(now: datetime) -> None:
    approved()
    take_up_fees(now=now)
    make_manuscript("M2", date(2026, 10, 2), "customer")
    assert take_up_fees(now=now) == 1
    assert Journal.objects.get().effective_on == date(2026, 10, 2)


def test_one_that_fails_leaves_nothing_and_the_others_stay(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved()
    make_manuscript("M1", date(2026, 10, 5))
    make_manuscript("M2", date(2026, 10, 6))

    def die(name: str) -> None:
        if name == "ledger.posted" and Journal.objects.filter(key="fee/M2").exists():
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("incentives.ledger.posting.fail_point", die)
        with pytest.raises(KeyboardInterrupt):
            take_up_fees(now=now)
    assert (booked(), balances()["outstanding"]) == ({"M1": "100.00"}, 10_000)
    assert take_up_fees(now=now) == 1
    assert (booked(), list(verify())) == ({"M1": "100.00", "M2": "100.00"}, [])


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_book_each_fee_once(now: datetime) -> None:
    approved()
    for number in range(5):
        make_manuscript(f"M{number}", date(2026, 10, 1 + number))
    done: list[int] = []
    faults: list[BaseException] = []

    def work() -> None:
        try:
            done.append(take_up_fees(now=now))
        except BaseException as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (faults, sum(done)) == ([], 5)
    assert (len(booked()), Journal.objects.count()) == (5, 5)
    assert list(verify()) == []


@pytest.mark.django_db(transaction=True)
def test_nightly_job_books_and_is_queued_once_a_day(now: datetime) -> None:
    approved()
    make_manuscript("M1", date(2026, 10, 5))
    nightly()
    nightly()
    jobs.run_pending()
    assert booked() == {"M1": "100.00"}


# Tax category and author


@pytest.fixture
def fee(now: datetime) -> ArticleFee:
    approved()
    make_manuscript("M1", date(2026, 10, 5))
    take_up_fees(now=now)
    return ArticleFee.objects.get()


def test_category_and_author_are_changed_and_traced(
    fee: ArticleFee, finance: User, now: datetime
) -> None:
    def change() -> bool:
        return change_fee(
            fee=fee,
            tax="service",
            author_name=" 周员工 ",
            was=("royalty", ""),
            by=finance,
            now=now,
        )

    assert [change(), change()] == [True, False]
    fee.refresh_from_db()
    assert (fee.tax, fee.author_name) == ("service", "周员工")
    entry = AuditEntry.objects.get(act="change_fee")
    assert (entry.actor, entry.details["tax"]) == (finance, {"was": "royalty", "now": "service"})
    assert "周员工" not in str(entry.details)


def test_change_upon_another_change_is_refused(
    fee: ArticleFee, finance: User, now: datetime
) -> None:
    ArticleFee.objects.update(tax="wages")
    with pytest.raises(Conflict, match="刚由别人改过"):
        change_fee(fee=fee, tax="service", author_name="", was=("royalty", ""), by=finance, now=now)


@pytest.mark.parametrize(("tax", "name"), [("gift", ""), ("royalty", "周 13812345678")])
def test_category_that_is_none_and_number_in_a_name_are_refused(
    fee: ArticleFee, finance: User, now: datetime, tax: str, name: str
) -> None:
    with pytest.raises(Invalid):
        change_fee(fee=fee, tax=tax, author_name=name, was=("royalty", ""), by=finance, now=now)


def test_amount_of_a_fee_is_frozen_when_it_is_booked(now: datetime) -> None:
    approved()
    make_manuscript("M1", date(2026, 10, 5))
    take_up_fees(now=now)
    fees = {"employee": "150", "professional": "200", "customer": "200"}
    publish(
        valid_from="2026-10-01",
        fund={"monthly": "2000", "annual_fee": "200", "annual_fee_month": 1, "fees": fees},
    )
    assert take_up_fees(now=now) == 0
    assert (booked(), balances()["fee:M1"]) == ({"M1": "100.00"}, 10_000)
