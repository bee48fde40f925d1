"""KPI events, reserve expenses and opening balances."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeVar

from haitang.datapack.loaders.base import LoadContext, Loader, texts, upsert
from haitang.datapack.tables import BadCell, Row
from haitang.kernel.clock import Month
from haitang.kernel.money import yuan
from haitang.policy.rulebook import RULES
from incentives.models import KpiEvent, OpeningBalance, ReserveExpense

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class EventEntry:
    month: Month
    rule: str
    quantity: Fraction
    note: str


def _event(row: Row) -> EventEntry:
    entry = EventEntry(
        row.month("month"), row.choice("rule", RULES), row.number("quantity"), row.optional("note")
    )
    if entry.quantity < 0:
        raise BadCell("quantity", row.text("quantity"), "数量不能是负数。")
    return entry


def _keep_events(entries: Sequence[EventEntry], context: LoadContext) -> int:
    keyed = _numbered((str(e.month), e.rule, str(e.quantity), e.note) for e in entries)
    new = _new(KpiEvent, entries, keyed)
    for entry, key in new:
        KpiEvent.objects.create(
            month=str(entry.month),
            rule=entry.rule,
            quantity=entry.quantity,
            note=entry.note,
            state=KpiEvent.State.CONFIRMED,
            source=KpiEvent.Source.FILE,
            key=key,
            recorded_at=context.now,
            recorded_by=context.by,
            confirmed_at=context.now,
            confirmed_by=context.by,
        )
    return len(new)


@dataclass(frozen=True)
class ExpenseEntry:
    date: date
    kind: str
    amount: int
    note: str


def _expense(row: Row) -> ExpenseEntry:
    entry = ExpenseEntry(
        row.day("date"),
        row.choice("kind", ReserveExpense.Kind.values),
        row.fen("amount"),
        row.optional("note"),
    )
    if entry.amount <= 0:
        raise BadCell("amount", row.text("amount"), "金额要大于零。")
    return entry


def _keep_expenses(entries: Sequence[ExpenseEntry], context: LoadContext) -> int:
    keyed = _numbered((str(e.date), e.kind, str(e.amount), e.note) for e in entries)
    new = _new(ReserveExpense, entries, keyed)
    for entry, key in new:
        ReserveExpense.objects.create(
            date=entry.date,
            kind=entry.kind,
            amount=yuan(entry.amount),
            note=entry.note,
            key=key,
            recorded_at=context.now,
            recorded_by=context.by,
        )
    return len(new)


def _balance(row: Row) -> tuple[Month, int, int]:
    as_of = row.day("as_of")
    if as_of.day != 1:
        raise BadCell("as_of", row.text("as_of"), "期初余额是某月 1 日的：请写成 2026-10-01。")
    balances = row.fen("maintenance_balance"), row.fen("reserve_balance")
    for column, balance in zip(("maintenance_balance", "reserve_balance"), balances, strict=True):
        if balance < 0:
            raise BadCell(column, row.text(column), "余额不能是负数。")
    return Month.of(as_of), *balances


def _keep_balances(entries: Sequence[tuple[Month, int, int]], context: LoadContext) -> int:
    changed = 0
    for month, maintenance, reserve in entries:
        values = {"maintenance": yuan(maintenance), "reserve": yuan(reserve)}
        row, created = OpeningBalance.objects.get_or_create(
            month=str(month), defaults={**values, "recorded_at": context.now}
        )
        changed += created or upsert(OpeningBalance, {"pk": row.pk}, values)
    return changed


def _new(
    model: type[KpiEvent] | type[ReserveExpense], entries: Sequence[Entry], keys: Sequence[str]
) -> list[tuple[Entry, str]]:
    """The entries whose key is not in the table yet, each with it."""
    known = set(model.objects.values_list("key", flat=True))
    return [pair for pair in zip(entries, keys, strict=True) if pair[1] not in known]


def _numbered(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A key a row; equal rows of one file are told apart by their ordinal, so each counts once."""
    seen: Counter[tuple[str, ...]] = Counter()
    keys = []
    for row in rows:
        seen[row] += 1
        canonical = json.dumps([*row, seen[row]], ensure_ascii=False)
        keys.append("pack:" + hashlib.sha256(canonical.encode()).hexdigest())
    return keys


KPI_EVENTS = Loader(
    "kpi_events.csv",
    ("month", "rule", "quantity"),
    lambda: _event,
    _keep_events,
    kept_in=texts(KpiEvent, note="note"),
)
RESERVE_EXPENSES = Loader(
    "reserve_expenses.csv",
    ("date", "kind", "amount"),
    lambda: _expense,
    _keep_expenses,
    kept_in=texts(ReserveExpense, note="note"),
)
FUND = Loader(
    "fund.csv",
    ("as_of", "maintenance_balance", "reserve_balance"),
    lambda: _balance,
    _keep_balances,
    identity=lambda entry: entry[0],
    identified_by="as_of",
)
