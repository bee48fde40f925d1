"""A manuscript that changes after its fee was booked: reversed and booked anew, or listed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import User
from content.models import Manuscript
from haitang.kernel.clock import Month
from haitang.kernel.models import AuditEntry
from incentives.calculation.services import calculate_month, compute_month
from incentives.funds.fee_corrections import frozen_mismatches, mismatches
from incentives.funds.fees import take_up_fees
from incentives.ledger.verify import rebuilt_balances, verify
from incentives.life.approval import approve_month, submit_month
from incentives.models import ArticleFee, Journal, LedgerAccount, Settlement
from tests.factories.trade import make_manuscript

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


@pytest.fixture
def booked(now: datetime) -> Manuscript:
    """September is approved; M1 of an employee was adopted on 5 October and booked: 100.00."""
    Settlement.objects.create(month="2026-09", state="approved", approvals=1)
    manuscript = make_manuscript("M1", date(2026, 10, 5), "employee")
    assert take_up_fees(now=now) == 1
    return manuscript


def change(**fields: object) -> None:
    Manuscript.objects.update(**fields)


def journals() -> list[tuple[str, str, date]]:
    rows = Journal.objects.order_by("number")
    return [(each.key, each.month, each.effective_on) for each in rows]


def balances() -> dict[str, int]:
    return dict(LedgerAccount.objects.exclude(balance_fen=0).values_list("code", "balance_fen"))


def test_other_kind_of_author_is_booked_anew(booked: Manuscript, now: datetime) -> None:
    change(author_kind="professional")
    assert [take_up_fees(now=now), take_up_fees(now=now)] == [1, 0]
    assert journals() == [
        ("fee/M1", "2026-10", date(2026, 10, 5)),
        ("fee-1-reversal/M1", "2026-10", date(2026, 11, 3)),
        ("fee-2/M1", "2026-10", date(2026, 10, 5)),
    ]
    assert balances() == {"outstanding": 20_000, "fee:M1": 20_000}
    fee = ArticleFee.objects.get()
    assert (fee.kind, str(fee.amount)) == ("professional", "200.00")
    assert (rebuilt_balances()["fee:M1"], list(verify())) == (20_000, [])
    entry = AuditEntry.objects.get(act="correct_fee")
    assert (entry.details["was"]["amount"], entry.details["amount"]) == ("100.00", "200.00")


def test_there_and_back_again_is_three_adoptions(booked: Manuscript, now: datetime) -> None:
    for kind in ("customer", "employee"):
        change(author_kind=kind)
        take_up_fees(now=now)
    assert [key for key, *_ in journals()][-2:] == ["fee-2-reversal/M1", "fee-3/M1"]
    assert balances() == {"outstanding": 10_000, "fee:M1": 10_000}


def test_other_day_is_booked_in_its_own_month(booked: Manuscript, now: datetime) -> None:
    change(adopted_on=date(2026, 11, 1))
    take_up_fees(now=now)
    assert journals()[-1] == ("fee-2/M1", "2026-11", date(2026, 11, 1))
    assert ArticleFee.objects.get().adopted_on == date(2026, 11, 1)


@pytest.mark.parametrize("day", [None, date(2026, 8, 31)])
def test_adoption_taken_back_is_reversed_only(
    day: date | None, booked: Manuscript, now: datetime
) -> None:
    """Or moved to before the ledger begins; adopted again, it is booked again."""
    change(adopted_on=day)
    assert [take_up_fees(now=now), take_up_fees(now=now)] == [1, 0]
    assert (balances(), str(ArticleFee.objects.get().amount)) == ({}, "0.00")
    change(adopted_on=date(2026, 10, 9))
    take_up_fees(now=now)
    assert balances() == {"outstanding": 10_000, "fee:M1": 10_000}
    assert journals()[-1][0] == "fee-2/M1"


def test_document_of_an_open_month_owes_what_is_booked(booked: Manuscript, now: datetime) -> None:
    change(author_kind="professional")
    take_up_fees(now=now)
    fees = compute_month(OCTOBER).document()["fund"]["fees"]
    assert [(each["manuscript"], each["fee"]) for each in fees] == [("M1", "200.00")]


@pytest.fixture
def settled(
    supervisor: User, general_manager: User, now: datetime, db: None
) -> dict[str, datetime]:
    """October is submitted with M1 of an employee, not booked yet; nobody approved it so far."""
    make_manuscript("M1", date(2026, 10, 5), "employee")
    run = calculate_month(month=OCTOBER, by=supervisor, now=now)
    type(run).objects.update(document={**run.document, "problems": []}, open_problems=0)
    submit_month(month=OCTOBER, by=supervisor, now=now + timedelta(minutes=1))
    return {"approval": now + timedelta(minutes=2), "later": now + timedelta(days=1)}


def test_change_after_submission_stands_as_submitted_and_is_listed(
    settled: dict[str, datetime], general_manager: User, client: Client, finance: User
) -> None:
    change(author_kind="professional")
    approve_month(month=OCTOBER, by=general_manager, now=settled["approval"])
    assert take_up_fees(now=settled["later"]) == 0
    assert (balances()["fee:M1"], balances().get("outstanding")) == (10_000, None)
    assert list(verify()) == []
    (found,) = frozen_mismatches(OCTOBER)
    assert (found.kind, found.amount) == ("professional", 20_000)
    client.force_login(finance)
    for address in ("/funds/fees/", "/discrepancies/"):
        page = client.get(address).content.decode()
        assert "现在是执业药师/执业医师、2026年10月5日 周一录用，应为 ¥200.00" in page


def test_approved_fee_moved_to_an_open_month_is_not_owed_twice(
    settled: dict[str, datetime], general_manager: User
) -> None:
    approve_month(month=OCTOBER, by=general_manager, now=settled["approval"])
    change(adopted_on=date(2026, 11, 2))
    assert compute_month(NOVEMBER).document()["fund"]["fees"] == []
    assert [each.fee.manuscript for each in frozen_mismatches(OCTOBER)] == ["M1"]


def test_manuscript_as_it_was_booked_is_no_mismatch(booked: Manuscript) -> None:
    assert mismatches(Month(2026, 9)) == []
