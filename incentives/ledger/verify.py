"""Checks the ledger against itself: chain, balance of each journal, balance of each account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Sum

from haitang.kernel.append_only import missing_triggers
from haitang.kernel.money import display
from incentives.ledger.posting import STREAM, chain_hash, content_of, payload_hash_of
from incentives.ledger.triggers import ENTRIES, JOURNALS, missing_balance_triggers
from incentives.models import Entry, Journal, LedgerAccount, LedgerHead

_AT_ONCE = 1_000


@dataclass(frozen=True)
class Fault:
    """Something that does not fit; ``number`` is the journal's, 0 for an account's balance."""

    number: int
    sentence: str


def verify() -> Iterator[Fault]:
    """The first journal that does not fit, then each account whose balance is not its entries'."""
    broken = next(_broken_journals(), None)
    if broken:
        yield broken
    yield from _wrong_balances()
    if missing_triggers(JOURNALS) or missing_triggers(ENTRIES) or missing_balance_triggers():
        yield Fault(0, "数据库里防改触发器不全：请运行 manage.py migrate，并查明是谁去掉的。")


def rebuilt_balances() -> dict[str, int]:
    """Every account's balance from its entries alone, on its normal side, in fen."""
    accounts = LedgerAccount.objects.annotate(sum=Sum("entries__amount_fen"))
    rows = accounts.values_list("code", "side", "sum")
    return {code: side * int(total or 0) for code, side, total in rows}


def _broken_journals() -> Iterator[Fault]:
    number, previous = 0, ""
    entries = Entry.objects.order_by("journal_id", "line").iterator(10_000)
    by_journal = groupby(entries, key=lambda entry: entry.journal_id)
    following = next(by_journal, None)
    for journal in Journal.objects.order_by("number").iterator(_AT_ONCE):
        number += 1
        lines: list[Entry] = []
        if following and following[0] == journal.number:
            lines = list(following[1])
            following = next(by_journal, None)
        if reason := _fault(journal, lines, number, previous):
            yield Fault(number, f"凭证 {number}：{reason}")
            return
        previous = journal.hash
    if following:
        yield Fault(following[0], f"凭证 {following[0]}：只有分录，没有凭证。")
    head = LedgerHead.objects.filter(name=STREAM).first() or LedgerHead()
    if (head.number, head.hash) != (number, previous):
        yield Fault(number + 1, f"凭证 {number + 1}：末尾与登记不符，最后的凭证被删除或被添加。")


def _fault(journal: Journal, lines: list[Entry], number: int, previous: str) -> str:
    if journal.number != number:
        return "缺这一张：它被删除，或编号被改动。"
    if journal.previous_hash != previous:
        return "与前一张接不上：前一张或这一张被换过。"
    if len(lines) < 2 or sum(entry.amount_fen for entry in lines) != 0:
        return "借贷不平：分录被改动、删除或添加。"
    content = content_of(journal, lines)
    if journal.payload_hash != payload_hash_of(content):
        return "内容与摘要不符：写入后被改动过。"
    if journal.hash != chain_hash(journal, content):
        return "记账时间、记账人或摘要写入后被改动过。"
    return ""


def _wrong_balances() -> Iterator[Fault]:
    rebuilt = rebuilt_balances()
    for account in LedgerAccount.objects.order_by("code"):
        right = rebuilt[account.code]
        if account.balance_fen != right:
            yield Fault(
                0,
                f"科目“{account.name}”的余额是 {display(account.balance_fen)}，"
                f"按分录应为 {display(right)}。",
            )
