"""The one way into the ledger: ``post`` and ``reverse``."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.transaction import TransactionManagementError

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.errors import Conflict, Refusal
from haitang.kernel.failpoints import fail_point
from haitang.kernel.money import display
from incentives.ledger.chart import GROUPS, AccountSpec
from incentives.models import Entry, Journal, LedgerAccount, LedgerHead

STREAM = "ledger"


class Insufficient(Refusal):
    """An account would fall below zero."""


@dataclass(frozen=True)
class Line:
    """So many fen on one account: positive is debit (借), negative is credit (贷)."""

    account: AccountSpec
    amount_fen: int


def debit(account: AccountSpec, amount_fen: int) -> Line:
    """借记 so many fen."""
    return Line(account, amount_fen)


def credit(account: AccountSpec, amount_fen: int) -> Line:
    """贷记 so many fen."""
    return Line(account, -amount_fen)


def post(
    *,
    kind: Journal.Kind,
    key: str,
    month: Month,
    effective_on: date,
    memo: str,
    lines: Sequence[Line],
    by: User | None,
    now: datetime,
    reverses: Journal | None = None,
) -> Journal | None:
    """Write a journal with its entries, once for each key; inside the caller's transaction.

    Lines of 0 are left out; without any other the result is None. The same key with the same
    content returns the journal that is there; with other content raises Conflict. Raises
    Insufficient when an account would fall below zero, ValueError when the lines do not balance.
    All postings wait for one another until their transaction ends.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("a posting belongs into the act's own transaction")
    lines = [line for line in lines if line.amount_fen]
    if not lines:
        return None
    if sum(line.amount_fen for line in lines):
        raise ValueError(f"{key}: the lines sum to {sum(line.amount_fen for line in lines)} fen")
    head = _locked_head()
    content = _content(kind, month, effective_on, memo, lines, reverses)
    payload_hash = _sha256(content)
    if known := Journal.objects.filter(key=key).first():
        if known.payload_hash != payload_hash:
            raise Conflict(
                f"“{memo}”已经记过账（凭证 {known.number}），而且内容不同：没有重复记账，请核对。"
            )
        return known
    _change_balances(lines)
    journal = Journal(
        number=head.number + 1,
        kind=kind,
        month=str(month),
        effective_on=effective_on,
        posted_at=now.astimezone(UTC),
        posted_by=by,
        memo=memo,
        key=key,
        payload_hash=payload_hash,
        reverses=reverses,
        previous_hash=head.hash,
    )
    journal.hash = chain_hash(journal, content)
    Entry.objects.bulk_create(
        Entry(
            journal_id=journal.number,
            line=place,
            account_id=line.account.code,
            amount_fen=line.amount_fen,
        )
        for place, line in enumerate(lines, start=1)
    )
    fail_point("ledger.entries-written")
    journal.save(force_insert=True)
    head.number, head.hash = journal.number, journal.hash
    head.save(update_fields=["number", "hash"])
    fail_point("ledger.posted")
    return journal


def reverse(
    journal: Journal, *, key: str, effective_on: date, reason: str, by: User | None, now: datetime
) -> Journal:
    """Write the opposite of a journal, once; raises Conflict when it is reversed already."""
    with transaction.atomic():
        _locked_head()
        if known := Journal.objects.filter(reverses=journal).first():
            if known.key == key:
                return known
            raise Conflict(f"凭证 {journal.number} 已由凭证 {known.number} 冲销，不能再冲。")
        entries = journal.entries.select_related("account").order_by("line")
        made = post(
            kind=Journal.Kind.REVERSAL,
            key=key,
            month=Month.parse(journal.month),
            effective_on=effective_on,
            memo=f"冲销凭证 {journal.number}（{journal.memo}）：{reason}"[:300],
            lines=[Line(_spec(entry.account), -entry.amount_fen) for entry in entries],
            by=by,
            now=now,
            reverses=journal,
        )
    assert made is not None  # noqa: S101  # a journal has entries
    return made


def wait_for_ledger() -> None:
    """Until the transaction ends nobody posts: for acts that look at a balance and rely on it."""
    _locked_head()


def chain_hash(journal: Journal, content: dict[str, Any]) -> str:
    """SHA-256 (hex) over what is written and the hash before it."""
    return _sha256(
        {
            **content,
            "number": journal.number,
            "key": journal.key,
            "posted_at": journal.posted_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "posted_by": journal.posted_by_id,
            "previous": journal.previous_hash,
        }
    )


def content_of(journal: Journal, entries: Iterable[Entry]) -> dict[str, Any]:
    """The content of a posted journal, as ``post`` hashed it; ``entries`` by line."""
    return {
        "kind": journal.kind,
        "month": journal.month,
        "effective_on": journal.effective_on.isoformat(),
        "memo": journal.memo,
        "lines": [[entry.account_id, entry.amount_fen] for entry in entries],
        "reverses": journal.reverses_id,
    }


def payload_hash_of(content: dict[str, Any]) -> str:
    """SHA-256 (hex) by which a posting repeated is told from another one under its key."""
    return _sha256(content)


def _content(
    kind: str,
    month: Month,
    effective_on: date,
    memo: str,
    lines: Sequence[Line],
    reverses: Journal | None,
) -> dict[str, Any]:
    return {
        "kind": str(kind),
        "month": str(month),
        "effective_on": effective_on.isoformat(),
        "memo": memo,
        "lines": [[line.account.code, line.amount_fen] for line in lines],
        "reverses": reverses.number if reverses else None,
    }


def _sha256(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _locked_head() -> LedgerHead:
    LedgerHead.objects.bulk_create([LedgerHead(name=STREAM)], ignore_conflicts=True)
    return LedgerHead.objects.select_for_update().get(name=STREAM)


def _change_balances(lines: Sequence[Line]) -> None:
    """Under the head's lock, so nobody else changes a balance meanwhile."""
    specs = {line.account.code: line.account for line in lines}
    changes: dict[str, int] = defaultdict(int)
    for line in lines:
        changes[line.account.code] += line.amount_fen * line.account.group.side
    LedgerAccount.objects.bulk_create(
        (_opened(spec) for spec in specs.values()), ignore_conflicts=True
    )
    known = LedgerAccount.objects.in_bulk(sorted(specs))
    for code, change in sorted(changes.items()):
        account = known[code]
        if account.balance_fen + change < 0 and not account.may_go_negative:
            raise Insufficient(
                f"“{account.name}”余额 {display(account.balance_fen)}，"
                f"不够支出 {display(-change)}：没有记账。"
            )
        LedgerAccount.objects.filter(code=code).update(balance_fen=F("balance_fen") + change)


def _opened(spec: AccountSpec) -> LedgerAccount:
    return LedgerAccount(
        code=spec.code,
        name=spec.name,
        group=spec.group.code,
        side=spec.group.side,
        may_go_negative=spec.group.may_go_negative,
    )


def _spec(account: LedgerAccount) -> AccountSpec:
    return AccountSpec(account.code, account.name, GROUPS[account.group])
