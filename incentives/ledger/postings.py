"""The named postings of a month's approval, made of the frozen run alone (docs/accounting.md).

``postings`` is pure: a run's document and trace in, journals to write out, in their order. Keys
are ``2026-10/1/pool``: the month, the number of its approval, what. Money in fen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.failpoints import fail_point
from haitang.kernel.money import fen
from incentives.calculation.adjustments import WITHHELD
from incentives.ledger.chart import RESERVE_PAYEE, AccountSpec, account
from incentives.ledger.posting import Line, credit, debit, post
from incentives.models import Journal, LedgerAccount

Kind = Journal.Kind
_RESERVE_NAME = "团队公费"


@dataclass(frozen=True)
class Posting:
    """A journal to write; ``key`` is unique within one approval of a month."""

    kind: Journal.Kind
    key: str
    effective_on: date
    memo: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Frozen:
    """What the postings are made of: the frozen run, and the ledger that it meets.

    ``maintenance`` is that account's balance before; ``is_first`` says that no month is approved
    yet, so that the opening balances come in; ``fund_carries`` is the policy's choice.
    """

    month: Month
    document: Mapping[str, Any]
    trace: Mapping[str, Any]
    maintenance: int
    is_first: bool
    fund_carries: bool = True


def postings(frozen: Frozen) -> list[Posting]:
    """Every posting of the approval, in the order in which the funds can bear them."""
    found = [*_funding(frozen), *_expenses(frozen), *_fees(frozen), *_pool(frozen)]
    found += [*_adjustments(frozen), *_set_offs(frozen)]
    return [each for each in found if any(line.amount_fen for line in each.lines)]


def write(
    found: Sequence[Posting], *, month: Month, approval: int, by: User, now: datetime
) -> list[Journal]:
    """Write the postings of the month's approval of that number, inside its transaction."""
    written = []
    for each in found:
        journal = post(
            kind=each.kind,
            key=f"{month}/{approval}/{each.key}",
            month=month,
            effective_on=each.effective_on,
            memo=each.memo,
            lines=each.lines,
            by=by,
            now=now,
        )
        if journal:
            written.append(journal)
        fail_point("approval.between-postings")
    return written


def balance(code: str) -> int:
    """The balance of an account, 0 for one that was never posted to (fen)."""
    found = LedgerAccount.objects.filter(code=code).values_list("balance_fen", flat=True).first()
    return found or 0


def payee_account(group: str, username: str, names: Mapping[str, str]) -> AccountSpec:
    """The account of a payee in that group; what is payable to the reserve is the reserve."""
    if username == RESERVE_PAYEE and group == "payable":
        return account("reserve")
    name = _RESERVE_NAME if username == RESERVE_PAYEE else names.get(username, "")
    return account(group, username, name)


def _funding(frozen: Frozen) -> Iterator[Posting]:
    month, fund = frozen.month, frozen.document["fund"]
    company, maintenance = account("company"), account("maintenance")
    named = month_text(month)
    opening, carried = fen(fund["opening"]), frozen.maintenance
    lines: tuple[Line, ...]
    if frozen.is_first:
        reserve = fen(frozen.document["reserve"]["opening"])
        lines = (
            debit(company, opening + reserve),
            credit(maintenance, opening),
            credit(account("reserve"), reserve),
        )
        yield Posting(Kind.OPENING, "opening", month.first, f"期初余额转入（{named}）", lines)
    elif carried > opening and not frozen.fund_carries:
        lapsed = carried - opening
        lines = (debit(maintenance, lapsed), credit(company, lapsed))
        memo = f"上月未用的日常维持资金收回（{named}）"
        yield Posting(Kind.LAPSE, "lapse", month.first, memo, lines)
    credited = fen(fund["credited"])
    lines = (debit(company, credited), credit(maintenance, credited))
    yield Posting(Kind.FUNDING, "funding", month.first, f"{named}日常维持资金拨付", lines)
    annual = fen(fund["annual_fee"])
    lines = (debit(maintenance, annual), credit(account("bank"), annual))
    yield Posting(Kind.ANNUAL_FEE, "annual-fee", month.first, f"{month.year}年公众号年费", lines)


def _expenses(frozen: Frozen) -> Iterator[Posting]:
    rows = frozen.document["reserve"]["expenses"]
    numbers = frozen.trace.get("expenses") or range(1, len(rows) + 1)
    for number, row in zip(numbers, rows, strict=True):
        if row["paid"]:
            amount = fen(row["amount"])
            yield Posting(
                Kind.EXPENSE,
                f"expense-{number}",
                date.fromisoformat(row["date"]),
                f"{_RESERVE_NAME}支出 {row['date']}",
                (debit(account("reserve"), amount), credit(account("bank"), amount)),
            )


def _fees(frozen: Frozen) -> Iterator[Posting]:
    for row in frozen.document["fund"]["fees"]:
        fund, reserve = fen(row["from_fund"]), fen(row["from_reserve"])
        lines = (
            debit(account("maintenance"), fund),
            debit(account("reserve"), reserve),
            credit(account("outstanding"), fund + reserve),
        )
        code = row["manuscript"]
        memo = f"稿件 {code} 的稿酬落实资金"
        yield Posting(Kind.FEE_FUNDED, f"fee-{code}", frozen.month.last, memo, lines)


def _pool(frozen: Frozen) -> Iterator[Posting]:
    """The pool comes in and goes to those who earned it; the company keeps what is left."""
    month, size = frozen.month, fen(frozen.document["pool"])
    company, pool = account("company"), account("pool")
    named = month_text(month)
    lines: tuple[Line, ...] = (debit(company, size), credit(pool, size))
    yield Posting(Kind.POOL, "pool", month.last, f"{named}提成池计提", lines)
    names = _names(frozen)
    earned = [(row["username"], row["earned"]) for row in frozen.trace["payouts"]]
    lines = (
        debit(pool, size),
        *(credit(payee_account("payable", name, names), amount) for name, amount in earned),
        credit(account("withheld"), size - sum(amount for _, amount in earned)),
    )
    yield Posting(Kind.DISTRIBUTION, "distribution", month.last, f"{named}提成分配", lines)


def _adjustments(frozen: Frozen) -> Iterator[Posting]:
    """One journal for each origin month: too little is credited, too much is carried."""
    names, month = _names(frozen), frozen.month
    for origin, deltas in sorted(_deltas(frozen).items()):
        lines = (
            *(_adjusted(payee, delta, names) for payee, delta in sorted(deltas.items())),
            debit(account("company"), sum(deltas.values())),
        )
        memo = f"{month_text(origin)}的调整，计入{month_text(month)}"
        yield Posting(Kind.ADJUSTMENT, f"adjustment-{origin}", month.last, memo, lines)


def _adjusted(payee: str, delta: int, names: Mapping[str, str]) -> Line:
    if payee == WITHHELD:
        return credit(account("withheld"), delta)
    if delta > 0:
        return credit(payee_account("payable", payee, names), delta)
    return debit(payee_account("carried", payee, names), -delta)


def _set_offs(frozen: Frozen) -> Iterator[Posting]:
    """What a payee got too much of, now or earlier, is set off against this month's payable."""
    names = _names(frozen)
    raised: dict[str, int] = defaultdict(int)
    for deltas in _deltas(frozen).values():
        for payee, delta in deltas.items():
            raised[payee] += max(0, delta)
    for row in frozen.trace["payouts"]:
        payee = row["username"]
        amount = row["earned"] + raised[payee] - row["payable"]
        lines = (
            debit(payee_account("payable", payee, names), amount),
            credit(payee_account("carried", payee, names), amount),
        )
        memo = f"抵扣以前多计的部分：{row['name']}"
        yield Posting(Kind.SET_OFF, f"set-off-{payee}", frozen.month.last, memo, lines)


def _deltas(frozen: Frozen) -> dict[str, dict[str, int]]:
    """The deltas by origin month and payee; the reserve and what is withheld by their roles."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in frozen.document.get("adjustments", ()):
        sums[row["origin"]][row["username"] or row["role"]] += fen(row["delta"])
    return sums


def _names(frozen: Frozen) -> dict[str, str]:
    return {row["username"]: row["name"] for row in frozen.trace["payouts"]}
