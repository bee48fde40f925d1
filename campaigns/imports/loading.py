"""Checked chunks → sale lines under inactive store-days, a short transaction each."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from django.db import connection, connections, transaction

from campaigns.cards import card_ids
from campaigns.imports.checking import Checked, Ints
from campaigns.models import SaleLine, StoreDay

T = TypeVar("T")
_COLUMNS = (
    "store_day_id",
    "line_no",
    "receipt",
    "item",
    "quantity_milli",
    "amount_fen",
    "cost_fen",
    "card_id",
)
_LINES = SaleLine._meta.db_table
_DAYS = StoreDay._meta.db_table
_DAY_KEY = 10_000_000  # more than any day's ordinal
_ROWS_A_STATEMENT = 256  # fewer statements than lines: SQLite loads 1.6 times as fast


class Loader:
    """Puts the lines of one import into the database, under store-days that do not count yet.

    A store-day is made with the sums of its lines. When a later chunk has more of its lines, it
    is one of ``continued``, to be summed again from all its lines. A context manager: at the
    end of the block everything handed over is written.
    """

    def __init__(self, import_id: int, *, fence: Callable[[], None]) -> None:
        """``fence`` raises, inside the transaction, when another process took over."""
        self.import_id, self._fence = import_id, fence
        self.continued: set[int] = set()
        self._day_ids: dict[int, int] = {}
        self._cards = _Cards()
        self._writer = _Writer(fence)

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, kind: object, fault: object, trace: object) -> None:
        self._writer.close(quietly=fault is not None)

    @property
    def store_days(self) -> int:
        """How many store-days there are so far."""
        return len(self._day_ids)

    def load(self, checked: Checked) -> int:
        """Load a chunk; returns the number of lines. Commits by itself outside a transaction.

        What went wrong with one chunk may be raised with the next, or at the end of the block.
        """
        count = len(checked.lines)
        if not count:
            return 0
        cards = None if checked.cards is None else self._cards.ids(checked.cards)
        receipts = checked.receipts
        if receipts is None:
            receipts = _card_receipts(cards, checked.lines)
        keys = checked.stores * _DAY_KEY + checked.days
        order = np.argsort(keys, kind="stable")  # neighbours in the index are then neighbours
        sums = DaySums.of(keys[order], receipts[order], checked, order)
        columns = [
            np.repeat(self._days(sums), sums.lines),
            checked.lines[order],
            receipts[order],
            checked.items[order],
            checked.quantities[order],
            checked.amounts[order],
            checked.costs[order],
            np.full(count, None) if cards is None else cards[order],
        ]
        self._writer.write(columns)
        return count

    def _days(self, sums: DaySums) -> Ints:
        """Ids of the store-days; new ones are made, inactive."""
        rows = list(zip(*(column.tolist() for column in sums.columns), strict=True))
        new = [row for row in rows if row[0] not in self._day_ids]
        self.continued |= {self._day_ids[row[0]] for row in rows if row[0] in self._day_ids}
        if new:
            made = self._make_days(new)
            self._day_ids.update(zip((row[0] for row in new), made, strict=True))
        return np.array([self._day_ids[row[0]] for row in rows], dtype=np.int64)

    def _make_days(self, rows: Sequence[tuple[int, ...]]) -> list[int]:
        """Ids of new store-days, in the order of the rows. Plain SQL: 80,000 in two seconds."""
        ids: list[int] = []
        with transaction.atomic(), connection.cursor() as cursor:
            self._fence()
            for some in batches(rows, _ROWS_A_STATEMENT):
                cells: list[int | str | bool] = []
                for key, *sums in some:
                    day = date.fromordinal(key % _DAY_KEY).isoformat()
                    cells += (self.import_id, key // _DAY_KEY, day, False, *sums)
                values = ",".join(["(%s,%s,%s,%s,%s,%s,%s,%s,%s)"] * len(some))
                cursor.execute(
                    f"INSERT INTO {_DAYS} (sales_import_id, store_id, date, is_active, lines,"  # noqa: S608
                    f" customers, units_milli, amount_fen, cost_fen) VALUES {values} RETURNING id",
                    cells,
                )
                ids += [row[0] for row in cursor.fetchall()]
        return ids


class _Writer:
    """Writes columns of lines, a transaction a chunk.

    On PostgreSQL in a thread with a connection of its own, so that the server stores a chunk
    while the next one is made ready. SQLite has one writer anyway; and inside a transaction of
    the caller's the lines belong to it.
    """

    def __init__(self, fence: Callable[[], None]) -> None:
        self._fence = fence
        self._thread: ThreadPoolExecutor | None = None
        self._last: Future[None] | None = None
        if connection.vendor == "postgresql" and not connection.in_atomic_block:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="sales-lines")

    def write(self, columns: Sequence[npt.NDArray[Any]]) -> None:
        """Write these, now or while the caller goes on; raises what the ones before met."""
        if self._thread is None:
            self._write(columns)
            return
        if self._last:
            self._last.result()
        self._last = self._thread.submit(self._write, columns)

    def _write(self, columns: Sequence[npt.NDArray[Any]]) -> None:
        with transaction.atomic():
            self._fence()
            _copy(columns) if connection.vendor == "postgresql" else _insert(columns)

    def close(self, *, quietly: bool) -> None:
        """Wait for the last; unless ``quietly`` (another error is on its way) raise what it met."""
        if self._thread is None:
            return
        self._thread.submit(connections.close_all)
        self._thread.shutdown()
        if self._last and not quietly:
            self._last.result()


@dataclass(frozen=True)
class DaySums:
    """Columns of equal length, a row for each store-day of a chunk, by ascending key."""

    keys: Ints
    lines: Ints
    customers: Ints
    units_milli: Ints
    amount_fen: Ints
    cost_fen: Ints

    @property
    def columns(self) -> tuple[Ints, ...]:
        return (
            self.keys,
            self.lines,
            self.customers,
            self.units_milli,
            self.amount_fen,
            self.cost_fen,
        )

    @classmethod
    def of(cls, keys: Ints, receipts: Any, checked: Checked, order: Any) -> DaySums:
        """The sums of a chunk's lines (docs/rules.md §2); ``keys``, ``receipts`` in that order."""
        starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        lines = np.diff(np.r_[starts, len(keys)])
        quantities = checked.quantities[order]
        return cls(
            keys[starts],
            lines,
            _customers(np.repeat(np.arange(len(starts)), lines), receipts, quantities),
            np.add.reduceat(quantities, starts),
            np.add.reduceat(checked.amounts[order], starts),
            np.add.reduceat(checked.costs[order], starts),
        )


def _customers(days: Ints, receipts: Any, quantities: Ints) -> Ints:
    """Distinct receipts with a line of positive quantity, for each of the days 0, 1, …"""
    codes, names = pd.factorize(receipts)
    pairs = np.unique((days * len(names) + codes)[quantities > 0])
    return np.bincount(pairs // len(names), minlength=int(days[-1]) + 1)


class _Cards:
    """Ids of member cards by number; unknown ones are made."""

    def __init__(self) -> None:
        self._ids: dict[str, int | None] = {"": None}

    def ids(self, numbers: np.ndarray[Any, np.dtype[np.object_]]) -> Any:
        """An object array of card ids, None for no card."""
        codes, uniques = pd.factorize(numbers)
        if unknown := set(uniques) - self._ids.keys():
            self._ids.update(card_ids(unknown))
        table = np.empty(len(uniques), dtype=object)
        table[:] = list(map(self._ids.__getitem__, uniques))
        return table[codes]


def _card_receipts(cards: Any, lines: Ints) -> Any:
    """One receipt a card (and day, by the store-day); a line without card is its own."""
    receipts = np.empty(len(lines), dtype=object)
    owners = [None] * len(lines) if cards is None else cards.tolist()
    receipts[:] = [
        f"行{line}" if card is None else f"卡{card}"
        for card, line in zip(owners, lines.tolist(), strict=True)
    ]
    return receipts


def _insert(columns: Sequence[npt.NDArray[Any]]) -> None:
    """SQLite: plain tuples on its own connection, many rows a statement."""
    count, width = len(columns[0]), len(columns)
    table = np.empty((count, width), dtype=object)
    for index, column in enumerate(columns):
        table[:, index] = column
    whole = count - count % _ROWS_A_STATEMENT
    cells = table[:whole].reshape(-1, _ROWS_A_STATEMENT * width).tolist()
    connection.ensure_connection()
    raw = connection.connection
    raw.executemany(_insert_sql(_ROWS_A_STATEMENT), cells)
    raw.executemany(_insert_sql(1), table[whole:].tolist())


def _insert_sql(rows: int) -> str:
    values = ",".join(["(" + ",".join("?" * len(_COLUMNS)) + ")"] * rows)
    return f"INSERT INTO {_LINES} ({','.join(_COLUMNS)}) VALUES {values}"  # noqa: S608


def _copy(columns: Sequence[npt.NDArray[Any]]) -> None:
    """PostgreSQL: COPY in its text format."""
    texts = map(_escaped, columns)
    content = "\n".join(map("\t".join, zip(*texts, strict=True))) + "\n"
    statement = f"COPY {_LINES} ({','.join(_COLUMNS)}) FROM STDIN"
    with connection.cursor() as cursor:
        cursor.copy_expert(statement, io.BytesIO(content.encode()), size=1 << 20)


def _escaped(column: npt.NDArray[Any]) -> Iterable[str]:
    """Cells as COPY reads them. Codes have no control characters (``values.code``)."""
    if column.dtype != object:
        return map(str, column.tolist())
    if not isinstance(column[0], str):
        return ["\\N" if cell is None else str(cell) for cell in column.tolist()]
    texts: list[str] = column.tolist()
    if "\\" in "\n".join(texts):
        return [text.replace("\\", "\\\\") for text in texts]
    return texts


def delete_partial(import_id: int, *, days_at_once: int = 500) -> None:
    """Delete the lines and store-days of an import that did not take effect, bit by bit."""
    days = StoreDay.objects.filter(sales_import_id=import_id).order_by("id")
    for some in batches(list(days.values_list("id", flat=True)), days_at_once):
        with transaction.atomic():
            delete_lines(some)
            StoreDay.objects.filter(id__in=some).delete()


def delete_lines(day_ids: Sequence[int]) -> None:
    """Delete the lines of some store-days."""
    SaleLine.objects.filter(store_day_id__in=day_ids).delete()


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Pieces of ``size`` items, the last one shorter."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
