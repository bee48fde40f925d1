"""Postings balance, happen once, and are never changed: by the service and by the database."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from haitang.kernel.clock import Month
from haitang.kernel.errors import Conflict
from incentives.ledger.chart import AccountSpec, account
from incentives.ledger.posting import Insufficient, Line, credit, debit, post, reverse
from incentives.ledger.verify import rebuilt_balances, verify
from incentives.models import Journal, LedgerAccount
from tests.support.append_only import lifted_triggers

OCTOBER = Month(2026, 10)
COMPANY, FUND, RESERVE = account("company"), account("maintenance"), account("reserve")

pytestmark = pytest.mark.django_db


def put(
    key: str,
    amount: int,
    now: datetime,
    *,
    of: AccountSpec = COMPANY,
    to: AccountSpec = FUND,
    memo: str = "拨付",
) -> Journal:
    with transaction.atomic():
        made = post(
            kind=Journal.Kind.FUNDING,
            key=key,
            month=OCTOBER,
            effective_on=date(2026, 10, 1),
            memo=memo,
            lines=[debit(of, amount), credit(to, amount)],
            by=None,
            now=now,
        )
    assert made is not None
    return made


def balance(spec: AccountSpec) -> int:
    return LedgerAccount.objects.get(code=spec.code).balance_fen


def test_posting_changes_both_balances_on_their_normal_side(now: datetime) -> None:
    put("a", 200_000, now)
    assert (balance(COMPANY), balance(FUND)) == (200_000, 200_000)
    assert rebuilt_balances() == {"company": 200_000, "maintenance": 200_000}


def test_same_key_posts_once(now: datetime) -> None:
    first = put("a", 100, now)
    assert put("a", 100, now) == first
    assert balance(FUND) == 100


def test_same_key_with_another_amount_is_refused(now: datetime) -> None:
    put("a", 100, now)
    with pytest.raises(Conflict, match="已经记过账"):
        put("a", 101, now)
    assert balance(FUND) == 100


def test_account_does_not_fall_below_zero(now: datetime) -> None:
    put("a", 100, now)
    with pytest.raises(Insufficient, match=r"“日常维持资金”余额 ¥1.00，不够支出 ¥1.01"):
        put("b", 101, now, of=FUND, to=RESERVE)
    assert not Journal.objects.filter(key="b").exists()
    assert list(verify()) == []


def test_lines_that_do_not_balance_are_refused(now: datetime) -> None:
    with pytest.raises(ValueError, match="sum to 1 fen"), transaction.atomic():
        post(
            kind=Journal.Kind.FUNDING,
            key="a",
            month=OCTOBER,
            effective_on=date(2026, 10, 1),
            memo="",
            lines=[Line(COMPANY, 3), Line(FUND, -2)],
            by=None,
            now=now,
        )


def test_nothing_but_zeros_posts_nothing(now: datetime) -> None:
    with transaction.atomic():
        assert (
            post(
                kind=Journal.Kind.POOL,
                key="a",
                month=OCTOBER,
                effective_on=date(2026, 10, 31),
                memo="",
                lines=[debit(COMPANY, 0), credit(FUND, 0)],
                by=None,
                now=now,
            )
            is None
        )
    assert not Journal.objects.exists()


def test_reversal_takes_back_and_happens_once(now: datetime) -> None:
    first = put("a", 100, now)
    day = date(2026, 11, 2)
    taken = reverse(first, key="r", effective_on=day, reason="月份错了", by=None, now=now)
    assert (balance(FUND), taken.reverses, taken.kind) == (0, first, "reversal")
    assert reverse(first, key="r", effective_on=day, reason="月份错了", by=None, now=now) == taken
    with pytest.raises(Conflict, match=r"已由凭证 2 冲销"):
        reverse(first, key="r2", effective_on=day, reason="再来", by=None, now=now)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE incentives_journal SET memo = 'x'",
        "DELETE FROM incentives_journal",
        "UPDATE incentives_entry SET amount_fen = amount_fen + 1",
        "DELETE FROM incentives_entry",
        "INSERT INTO incentives_entry (journal_id, line, account_id, amount_fen)"
        " VALUES (1, 3, 'company', 5)",
        "UPDATE incentives_ledgeraccount SET balance_fen = -1 WHERE code = 'maintenance'",
    ],
)
def test_database_refuses_to_change_what_is_posted(now: datetime, statement: str) -> None:
    put("a", 100, now)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(verify()) == []


def _insert_journal(number: int, amounts: list[int]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for line, amount in enumerate(amounts, start=1):
            cursor.execute(
                "INSERT INTO incentives_entry (journal_id, line, account_id, amount_fen)"
                " VALUES (%s, %s, 'company', %s)",
                [number, line, amount],
            )
        cursor.execute(
            "INSERT INTO incentives_journal (number, kind, month, effective_on, posted_at, memo,"
            " key, payload_hash, previous_hash, hash)"
            " VALUES (%s, 'pool', '2026-10', '2026-10-01', '2026-10-01', '', 'raw', '', 'x', '')",
            [number],
        )


@pytest.mark.parametrize("amounts", [[], [0], [5], [5, -4], [5, -5, 1]])
def test_database_refuses_a_journal_that_does_not_balance(
    now: datetime, amounts: list[int]
) -> None:
    put("a", 100, now)
    with pytest.raises(IntegrityError):
        _insert_journal(2, amounts)
    assert list(verify()) == []


def test_journal_inserted_by_hand_breaks_the_chain(now: datetime) -> None:
    put("a", 100, now)
    _insert_journal(2, [5, -5])
    assert [fault.number for fault in verify()] == [2]


@pytest.mark.parametrize(
    ("statement", "number", "words"),
    [
        ("UPDATE incentives_entry SET amount_fen = amount_fen * 2 WHERE journal_id = 2", 2, "内容"),
        ("UPDATE incentives_journal SET memo = 'x' WHERE number = 2", 2, "内容与摘要不符"),
        ("UPDATE incentives_journal SET posted_at = '2020-01-01' WHERE number = 2", 2, "记账时间"),
        ("UPDATE incentives_ledgerhead SET number = 2", 4, "末尾"),
        ("UPDATE incentives_ledgeraccount SET balance_fen = 7 WHERE code = 'company'", 0, "余额"),
        (
            "UPDATE incentives_entry SET amount_fen = 9 WHERE journal_id = 2 AND line = 1",
            2,
            "借贷不平",
        ),
    ],
)
def test_verify_names_the_first_broken_journal(
    now: datetime, statement: str, number: int, words: str
) -> None:
    for key in "abc":
        put(key, 100, now)
    with lifted_triggers(), connection.cursor() as cursor:
        cursor.execute(statement)
    faults = list(verify())
    assert faults[0].number == number
    assert words in faults[0].sentence
    with pytest.raises(CommandError, match="账本核对不通过"):
        call_command("verify_ledger")


def test_whole_ledger_verifies(now: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    put("a", 100, now)
    call_command("verify_ledger")
    assert "核对了 1 张凭证、2 个科目" in capsys.readouterr().out
