"""The ledger's pages: what they show, whom they refuse, how much they ask of the database."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.roles import Role
from haitang.kernel.clock import Month
from haitang.kernel.models import AuditEntry
from incentives.ledger.chart import AccountSpec, account
from incentives.ledger.posting import credit, debit, post, reverse
from incentives.ledger.selectors import trial_balance
from incentives.models import Journal, LedgerAccount
from tests.factories.people import make_holder
from tests.support.append_only import lifted_triggers

pytestmark = pytest.mark.django_db
COMPANY, FUND, RESERVE = account("company"), account("maintenance"), account("reserve")
OWED, BANK = account("outstanding"), account("bank")


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Views read the clock of the tests: 3 November 2026."""
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)


def put(
    key: str,
    day: date,
    amount: int,
    of: AccountSpec,
    to: AccountSpec,
    now: datetime,
    *,
    kind: Journal.Kind = Journal.Kind.FUNDING,
    memo: str = "拨付",
) -> Journal:
    with transaction.atomic():
        made = post(
            kind=kind,
            key=key,
            month=Month.of(day),
            effective_on=day,
            memo=memo,
            lines=[debit(of, amount), credit(to, amount)],
            by=None,
            now=now,
        )
    assert made is not None
    return made


@pytest.fixture
def books(now: datetime) -> None:
    """Opening 500.00 on 30 September; October: 2,000.00 in, two fees adopted; 200.00 paid."""
    put("o", date(2026, 9, 30), 50_000, COMPANY, FUND, now, kind=Journal.Kind.OPENING, memo="期初")
    put("f", date(2026, 10, 1), 200_000, COMPANY, FUND, now)
    kind = Journal.Kind.FEE_ADOPTED
    for code, amount in (("M1", 10_000), ("M2", 20_000)):
        to = account("fee", code, f"稿件 {code}")
        put(f"fee/{code}", date(2026, 10, 5), amount, OWED, to, now, kind=kind, memo=f"稿件 {code}")
    put("b", date(2026, 11, 1), 20_000, FUND, BANK, now, kind=Journal.Kind.ANNUAL_FEE, memo="年费")


@pytest.fixture
def books_open(books: None, finance: User, client: Client) -> Client:
    client.force_login(finance)
    return client


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def test_trial_balance_of_a_month_has_opening_turnover_and_closing(books: None) -> None:
    october = trial_balance(first=date(2026, 10, 1), last=date(2026, 10, 31))
    assert {line.code: line.sides for line in october.lines} == {
        "company": (50_000, 0, 200_000, 0, 250_000, 0),
        "maintenance": (0, 50_000, 0, 200_000, 0, 250_000),
        "fee": (0, 0, 0, 30_000, 0, 30_000),
        "outstanding": (0, 0, 30_000, 0, 30_000, 0),
    }
    assert october.totals == (50_000, 50_000, 230_000, 230_000, 280_000, 280_000)
    assert october.is_even


def test_trial_balance_as_of_a_day_counts_by_effective_day(books: None) -> None:
    def closing(day: date) -> dict[str, int]:
        return {line.code: line.closing for line in trial_balance(last=day).lines}

    assert closing(date(2026, 9, 30)) == {"company": 50_000, "maintenance": -50_000}
    assert closing(date(2026, 10, 31))["maintenance"] == -250_000
    assert closing(date(2026, 11, 1))["maintenance"] == -230_000


def test_trial_balance_names_each_account_when_asked(books_open: Client) -> None:
    grouped = _text(books_open.get("/ledger/?month=2026-10"))
    assert '应付稿酬</a> <span class="soft small">2 户' in grouped
    assert "借贷平衡" in grouped
    detailed = _text(books_open.get("/ledger/?month=2026-10&detail=on"))
    assert 'href="/ledger/accounts/fee:M1/"' in detailed
    assert "¥200.00" in detailed


def test_trial_balance_is_taken_along_with_real_numbers(books_open: Client) -> None:
    answer = books_open.get("/ledger/export.xlsx?month=2026-10")
    sheet: Any = load_workbook(BytesIO(answer.content)).active
    rows = list(sheet.values)
    assert rows[0][:4] == ("科目编码", "科目", "期初借方", "期初贷方")
    assert rows[1][:3] == ("company", "公司拨付", 500)
    assert rows[-1][0] == "合计"
    assert [Decimal(str(cell)) for cell in rows[-1][2:]] == [500, 500, 2300, 2300, 2800, 2800]
    text = books_open.get("/ledger/export.csv").content.decode("utf-8-sig")
    assert "bank,银行存款（付出）,0.00,0.00,0.00,200.00,0.00,200.00" in text
    assert AuditEntry.objects.filter(act="download").count() == 2


def test_empty_ledger_says_when_it_begins(finance: User, client: Client) -> None:
    client.force_login(finance)
    assert "第一个月的结算批准时" in _text(client.get("/ledger/"))
    assert "第一个月的结算批准时" in _text(client.get("/ledger/journals/"))


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("?month=2026-10", [4, 3, 2]),
        ("?kind=annual_fee", [5]),
        ("?account=fee", [4, 3]),
        ("?account=fee:M2", [4]),
        ("?account=maintenance", [5, 2, 1]),
        ("?q=稿件", [4, 3]),
        ("?q=2", [4, 2]),
        ("?month=x&kind=none", [5, 4, 3, 2, 1]),
    ],
)
def test_journals_are_narrowed_as_the_address_says(
    books_open: Client, query: str, numbers: list[int]
) -> None:
    page = books_open.get(f"/ledger/journals/{query}").context["page"]
    assert [journal.number for journal in page] == numbers


def test_journals_are_taken_along_entry_by_entry(books_open: Client) -> None:
    text = books_open.get("/ledger/journals/export.csv?account=fee:M2").content.decode("utf-8-sig")
    lines = [line.split(",")[:10] for line in text.splitlines()[1:]]
    assert lines == [
        ["4", "稿件录用", "2026-10", "2026-10-05", "2026-11-03", "稿件 M2", *entry]
        for entry in (
            ["outstanding", "未落实稿酬", "200.00", ""],
            ["fee:M2", "应付稿酬·稿件 M2", "", "200.00"],
        )
    ]


def test_journal_shows_entries_chain_and_reversal(books_open: Client, now: datetime) -> None:
    first = Journal.objects.get(key="b")
    reverse(first, key="r", effective_on=date(2026, 11, 2), reason="重复", by=None, now=now)
    text = _text(books_open.get("/ledger/journals/5/"))
    assert '已由<a href="/ledger/journals/6/">凭证 6</a> 冲销' in text
    assert first.hash[:16] in text
    assert first.previous_hash[:16] in text
    assert '冲销<a href="/ledger/journals/5/">凭证 5</a>' in _text(
        books_open.get("/ledger/journals/6/")
    )
    assert books_open.get("/ledger/journals/99/").status_code == 404


def test_account_runs_its_balance_in_the_order_of_posting(books_open: Client) -> None:
    page = books_open.get("/ledger/accounts/maintenance/").context["page"]
    assert [(entry.amount_fen, entry.running_fen) for entry in page] == [
        (20_000, 230_000),
        (-200_000, 250_000),
        (-50_000, 50_000),
    ]
    assert LedgerAccount.objects.get(code="maintenance").balance_fen == 230_000
    text = books_open.get("/ledger/export-account.csv/maintenance/").content.decode("utf-8-sig")
    assert text.splitlines()[-1].endswith(",年费,200.00,,2300.00")
    assert books_open.get("/ledger/accounts/none/").status_code == 404


def test_verification_says_what_it_found_and_is_on_record(
    books_open: Client, finance: User
) -> None:
    assert "账本完好" in _text(books_open.post("/ledger/verify/", follow=True))
    with lifted_triggers(), connection.cursor() as cursor:
        cursor.execute("UPDATE incentives_entry SET amount_fen = 1 WHERE journal_id = 2")
    text = _text(books_open.post("/ledger/verify/", follow=True))
    assert "账本核对不通过" in text
    assert "凭证 2：借贷不平" in text
    entries = AuditEntry.objects.filter(act="verify_ledger", actor=finance).order_by("number")
    assert [bool(entry.details["faults"]) for entry in entries] == [False, True]


ADDRESSES = (
    "/ledger/",
    "/ledger/export.csv",
    "/ledger/journals/",
    "/ledger/journals/1/",
    "/ledger/accounts/maintenance/",
)


@pytest.mark.parametrize(
    "role", [Role.VICE_GENERAL_MANAGER, Role.SUPERVISOR, Role.COPY, Role.STORE_MANAGER]
)
def test_colleagues_may_not_see_the_books(books: None, role: Role, client: Client) -> None:
    client.force_login(make_holder(role, store_code="S01"))
    for address in ADDRESSES:
        assert client.get(address).status_code == 403
    assert client.post("/ledger/verify/").status_code == 403


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/ledger/", 7),
        ("/ledger/journals/", 7),
        ("/ledger/journals/1/", 6),
        ("/ledger/accounts/maintenance/", 6),
    ],
)
def test_page_asks_a_constant_number_of_queries(
    number: int,
    address: str,
    queries: int,
    finance: User,
    client: Client,
    now: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        put(f"k{index}", date(2026, 10, 1), 100, COMPANY, FUND, now)
    client.force_login(finance)
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200
