"""docs/accounting.md against the code: every example there is what the code posts, to the fen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from accounts.services.people import RESERVED_NAMES
from haitang.kernel.clock import Month
from haitang.kernel.money import fen
from incentives.funds.fees import take_up_fees
from incentives.ledger.chart import GROUPS, account
from incentives.ledger.posting import Line, credit, debit, post, reverse
from incentives.ledger.postings import Frozen, postings
from incentives.models import ArticleFee, Journal, Payment, Settlement
from incentives.payments.paying import set_payment_state
from tests.factories.trade import make_manuscript

DOCUMENT = Path(__file__).parents[3] / "docs" / "accounting.md"
JANUARY, FEBRUARY = Month(2027, 1), Month(2027, 2)
Entries = dict[str, int]
PEOPLE = {
    "liu": ("刘策划", 4381),
    "li": ("李督导", 4381),
    "zhu": ("朱文案", 2921),
    "zhang": ("张美工", 2921),
    "wu": ("吴信息", 2921),
    "zhou": ("周运营", 2921),
    "song": ("宋客服", 2629),
    "reserve": ("团队公费", 5841),
}


def test_nobody_may_be_called_like_an_account() -> None:
    assert set(GROUPS) <= RESERVED_NAMES


def examples() -> dict[str, list[Entries]]:
    """Kind of journal → its examples in the document: account → fen, debit positive."""
    found: dict[str, list[Entries]] = {}
    kind, was_table = "", False
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = re.fullmatch(r"### .+（`(\w+)`）", line)
            kind = heading[1] if heading else ""
        is_table = bool(kind) and line.startswith("|")
        if is_table and not was_table:
            found.setdefault(kind, []).append({})
        if is_table:
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            for (name, amount), sign in ((cells[:2], 1), (cells[2:], -1)):
                if code := re.search(r"`([^`]+)`", name):
                    found[kind][-1][code[1]] = sign * fen(amount.replace(",", ""))
        was_table = is_table
    return found


def entries(lines: Sequence[Line]) -> Entries:
    return {line.account.code: line.amount_fen for line in lines if line.amount_fen}


def posted(journal: Journal) -> Entries:
    return dict(journal.entries.values_list("account_id", "amount_fen"))


def january() -> Frozen:
    """January 2027 as the document tells it."""
    fees = [
        {"manuscript": f"G{number:02}", "from_fund": "200.00", "from_reserve": "0.00"}
        for number in range(1, 10)
    ]
    fees.append({"manuscript": "G10", "from_fund": "120.00", "from_reserve": "50.00"})
    return Frozen(
        JANUARY,
        {
            "fund": {
                "opening": "120.00",
                "credited": "2000.00",
                "annual_fee": "200.00",
                "fees": fees,
            },
            "reserve": {
                "opening": "80.00",
                "expenses": [
                    {"date": "2027-01-08", "amount": "30.00", "paid": True},
                    {"date": "2027-01-09", "amount": "60.00", "paid": False},
                ],
            },
            "pool": "292.08",
        },
        {
            "payouts": [
                {"username": username, "name": name, "earned": earned, "payable": earned}
                for username, (name, earned) in PEOPLE.items()
            ]
        },
        maintenance=0,
        is_first=True,
    )


def february(*, carries: bool = True) -> Frozen:
    """February: the planner got 10.00 too much in January, customer service 2.92 too little."""
    adjustments = [
        {"origin": "2027-01", "role": "planner", "username": "liu", "delta": "-10.00"},
        {"origin": "2027-01", "role": "cs", "username": "song", "delta": "2.92"},
        {"origin": "2027-01", "role": "withheld", "username": "", "delta": "-2.92"},
    ]
    empty = {"credited": "0.00", "annual_fee": "0.00", "fees": []}
    return Frozen(
        FEBRUARY,
        {
            "fund": {"opening": "0.00", **empty},
            "reserve": {"opening": "58.41", "expenses": []},
            "pool": "43.81",
            "adjustments": adjustments,
        },
        {
            "payouts": [
                {"username": "liu", "name": "刘策划", "earned": 4381, "payable": 3381},
                {"username": "song", "name": "宋客服", "earned": 0, "payable": 292},
            ]
        },
        maintenance=0 if carries else 15_000,
        is_first=False,
        fund_carries=carries,
    )


def by_key(frozen: Frozen) -> dict[str, Entries]:
    return {posting.key: entries(posting.lines) for posting in postings(frozen)}


def test_document_has_an_example_of_every_kind_of_journal() -> None:
    assert set(examples()) == set(Journal.Kind.values)


def test_every_example_balances() -> None:
    for kind, tables in examples().items():
        for table in tables:
            assert len(table) >= 2, kind
            assert sum(table.values()) == 0, kind


def test_chart_of_accounts_is_that_of_the_code() -> None:
    rows = re.findall(
        r"^\| `(\w+)(?::[^`]+)?` \| ([^|·]+?)(?:·[^|]*)? \| (借|贷) \| [^|]+ \| (可以|不可以) \|$",
        DOCUMENT.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert rows == [
        (
            group.code,
            group.name,
            "借" if group.side > 0 else "贷",
            "可以" if group.may_go_negative else "不可以",
        )
        for group in GROUPS.values()
    ]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("opening", "opening"),
        ("funding", "funding"),
        ("annual_fee", "annual-fee"),
        ("expense", "expense-1"),
        ("fee_funded", "fee-G10"),
        ("pool", "pool"),
        ("distribution", "distribution"),
    ],
)
def test_january_is_posted_as_the_document_says(kind: str, key: str) -> None:
    assert [by_key(january())[key]] == examples()[kind]


def test_expense_that_was_not_paid_is_not_posted() -> None:
    assert "expense-2" not in by_key(january())


def test_january_closes_with_the_balances_that_the_document_names() -> None:
    sums: Entries = {}
    for posting in by_key(january()).values():
        for code, amount in posting.items():
            sums[code] = sums.get(code, 0) + amount
    assert (sums["maintenance"], sums["reserve"], sums["pool"]) == (0, -5841, 0)
    assert sums["outstanding"] + 10 * 20_000 == 3_000


@pytest.mark.parametrize(
    ("kind", "key"), [("adjustment", "adjustment-2027-01"), ("set_off", "set-off-liu")]
)
def test_february_is_posted_as_the_document_says(kind: str, key: str) -> None:
    assert [by_key(february())[key]] == examples()[kind]


def test_money_that_lapses_is_posted_as_the_document_says() -> None:
    assert [by_key(february(carries=False))["lapse"]] == examples()["lapse"]
    assert "lapse" not in by_key(february())


@pytest.mark.django_db
def test_adoption_is_posted_as_the_document_says(now: datetime) -> None:
    make_manuscript("G10", date(2027, 1, 20), "professional")
    take_up_fees(now=now, first=JANUARY)
    ArticleFee.objects.update(licence="110000123456")
    assert [posted(Journal.objects.get())] == examples()["fee_adopted"]


@pytest.mark.django_db
def test_payments_and_returns_are_posted_as_the_document_says(now: datetime, finance: User) -> None:
    settlement = Settlement.objects.create(month="2027-01", state="approved", approvals=1)
    owed: dict[str, Any] = {
        "payable:song": (account("payable", "song", "宋客服"), 2629),
        "fee:G01": (account("fee", "G01", "稿件 G01"), 20_000),
    }
    for code, (spec, amount) in owed.items():
        with transaction.atomic():
            post(
                kind=Journal.Kind.POOL,
                key=code,
                month=JANUARY,
                effective_on=JANUARY.last,
                memo=code,
                lines=[debit(account("company"), amount), credit(spec, amount)],
                by=None,
                now=now,
            )
        payment = Payment.objects.create(
            settlement=settlement,
            account_id=code,
            payee=code,
            name=code,
            purpose="测试",
            amount_fen=amount,
            changed_at=now,
        )
        set_payment_state(payment=payment, state=Payment.State.PAID, by=finance, now=now)
    first = Payment.objects.get(account="payable:song")
    set_payment_state(
        payment=first, state=Payment.State.RETURNED, note="账号有误", by=finance, now=now
    )
    paid = Journal.objects.filter(kind="payment").order_by("number")
    assert [posted(journal) for journal in paid] == examples()["payment"]
    returned = Journal.objects.get(kind="payment_return")
    assert [posted(returned)] == examples()["payment_return"]


@pytest.mark.django_db
def test_reversal_is_posted_as_the_document_says(now: datetime) -> None:
    funding = next(each for each in postings(january()) if each.key == "funding")
    with transaction.atomic():
        journal = post(
            kind=funding.kind,
            key="2027-01/1/funding",
            month=JANUARY,
            effective_on=funding.effective_on,
            memo=funding.memo,
            lines=funding.lines,
            by=None,
            now=now,
        )
        assert journal is not None
        taken = reverse(
            journal, key="r", effective_on=JANUARY.last, reason="撤销", by=None, now=now
        )
    assert [posted(taken)] == examples()["reversal"]
