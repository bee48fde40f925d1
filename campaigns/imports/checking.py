"""Chunks of text → exact columns and refused rows, set-wise.

Each column is factorized and each distinct text parsed once, in Python, to an integer (fen,
thousandths, day ordinals, store ids) or a code; the integers are mapped back onto the rows. No
float decides a figure. Without Django: what the database knows comes in as ``Known``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from campaigns.imports import values
from campaigns.imports.mapping import FIELDS
from campaigns.imports.mapping import Mapping as ColumnMapping
from campaigns.imports.reading import Chunk, Texts
from campaigns.imports.values import BadValue
from haitang.kernel.masking import masked, masked_numbers

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
BAD = np.iinfo(np.int64).min
_MEMO_LIMIT = 500_000
_SHOWN = 200
_CLEAN = re.compile(r"(?:[0-9A-Za-z*_#][!-~]{0,59}\n)*")


@dataclass(frozen=True)
class Known:
    """What the database knows: stores by code, and unit costs (1/10000 yuan) by item and day."""

    stores: Mapping[str, int]
    item_costs: Mapping[str, Sequence[tuple[date, int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class BadLine:
    """A refused row: where, which value, why. ``line`` and ``column`` are the file's own.

    Cards are masked in ``value``, and so is any long number: a phone may stand in any column.
    """

    line: int
    column: str
    value: str
    reason: str

    @property
    def sentence(self) -> str:
        return f"第 {self.line} 行“{self.column}”列的“{self.value}”：{self.reason}。"


@dataclass
class Checked:
    """The good rows of a chunk as columns of equal length, and what became of the others.

    ``receipts`` is None where card and day tell the receipt; ``cards`` is None without a member
    column, and "" in it means no card.
    """

    read: int
    ignored: int
    bad: list[BadLine]
    lines: Ints
    stores: Ints
    days: Ints
    receipts: Texts | None
    items: Texts
    quantities: Ints
    amounts: Ints
    costs: Ints
    cards: Texts | None


class _Memo(dict[str, Any]):
    """text → parsed value; a text that cannot be parsed gives ``bad`` and leaves its reason."""

    def __init__(self, parse: Callable[[str], Any], bad: Any) -> None:
        super().__init__()
        self._parse, self.bad = parse, bad
        self.reasons: dict[str, str] = {}
        self.empty: set[str] = set()

    def __missing__(self, text: str) -> Any:
        try:
            value = self._parse(text)
        except BadValue as bad:
            self.reasons[text] = str(bad)
            value = self.bad
        if not text.strip():
            self.empty.add(text)
        self[text] = value
        return value

    def trim(self) -> None:
        """Forget everything once it is much; costs parsing anew, never a different value."""
        if len(self) > _MEMO_LIMIT:
            self.clear()
            self.reasons.clear()
            self.empty.clear()


class Checker:
    """Checks the chunks of one file in order. ``columns``: field → index of its column."""

    def __init__(
        self,
        mapping: ColumnMapping,
        columns: Mapping[str, int],
        headers: Sequence[str],
        known: Known,
    ) -> None:
        self.origin = (mapping, columns, headers, known)
        self.mapping, self.columns, self.headers, self.known = self.origin
        self._memos = {
            "store": _Memo(self._store, BAD),
            "date": _Memo(lambda text: values.parse_date(text).toordinal(), BAD),
            "receipt": _Memo(_filled_code, None),
            "item": _Memo(_filled_code, None),
            "quantity": _Memo(values.quantity, BAD),
            "amount": _Memo(values.money, BAD),
            "cost": _Memo(self._cost, BAD),
            "member": _Memo(values.code, None),
        }
        self._rated = lru_cache(_MEMO_LIMIT)(
            partial(_share, factor=mapping.cost_rate or Fraction(0))
        )
        self._blanks: list[int] = []  # lines of empty rows that no sale has followed yet

    def check(self, chunk: Chunk) -> Checked:
        """The exact columns of a chunk. Each refused row is listed once, with its first fault."""
        count = len(chunk.lines)
        faults: list[tuple[str, Flags]] = []
        blank = np.ones(count, dtype=bool)
        total = np.zeros(count, dtype=bool)
        parsed: dict[str, Any] = {}
        for name in FIELDS:
            if name in self.columns and self._is_read(name):
                parsed[name], bad = self._column(name, chunk, blank, total)
                if bad is not None:
                    faults.append((name, bad))
        self._fill_constants(parsed, count)
        refused = np.logical_or.reduce([bad for _, bad in faults] or [np.zeros(count, dtype=bool)])
        for index in chunk.overlong:
            refused[index] = True
        missing_costs = self._finish_costs(parsed, chunk, refused)
        refused |= total | blank
        bad_lines, ignored = self._explain(chunk, refused, blank, total, faults, missing_costs)
        good = ~refused
        if good.all():
            good = slice(None)  # spares eight copies
        receipts = parsed.get("receipt")
        cards = parsed.get("member")
        return Checked(
            read=count + chunk.skipped,
            ignored=ignored + chunk.skipped,
            bad=bad_lines,
            lines=chunk.lines[good],
            stores=parsed["store"][good],
            days=parsed["date"][good],
            receipts=None if receipts is None else receipts[good],
            items=parsed["item"][good],
            quantities=parsed["quantity"][good],
            amounts=parsed["amount"][good],
            costs=parsed["cost"][good],
            cards=None if cards is None else cards[good],
        )

    def finish(self) -> int:
        """Empty rows at the very end, which are ignored."""
        count, self._blanks = len(self._blanks), []
        return count

    def _is_read(self, name: str) -> bool:
        if name == "receipt":
            return self.mapping.receipt == "column"
        return name != "cost" or self.mapping.cost in ("column", "unit_column")

    def _column(
        self, name: str, chunk: Chunk, blank: Flags, total: Flags
    ) -> tuple[Any, Flags | None]:
        """The parsed column and which of its rows are bad (None: none); marks blank and total."""
        memo = self._memos[name]
        texts = chunk.columns[self.columns[name]]
        codes, uniques = pd.factorize(texts)
        is_code = memo.bad is None
        if is_code and _all_clean(uniques):
            blank[:] = False
            return texts, None
        memo.trim()
        parsed = list(map(memo.__getitem__, uniques))
        table = np.empty(len(parsed), dtype=object if is_code else np.int64)
        table[:] = parsed
        blank &= _among(uniques, codes, memo.empty.__contains__ if memo.empty else None)
        if is_code:
            total |= _among(uniques, codes, _may_total)
        bad = _among(uniques, codes, memo.reasons.__contains__ if memo.reasons else None)
        return table[codes], bad if bad is not False else None

    def _fill_constants(self, parsed: dict[str, Any], count: int) -> None:
        if self.mapping.store is not None:
            parsed["store"] = np.full(count, self.known.stores[self.mapping.store], dtype=np.int64)
        if self.mapping.day is not None:
            parsed["date"] = np.full(count, self.mapping.day.toordinal(), dtype=np.int64)

    def _store(self, text: str) -> int:
        store = self.known.stores.get(_filled_code(text))
        if store is None:
            raise BadValue("没有编码是这个的门店，请先建门店或更正编码")
        return store

    def _cost(self, text: str) -> int:
        if self.mapping.cost == "unit_column":
            return values.unit_cost(text)
        return _share(values.money(text), self.mapping.tax_factor)

    def _finish_costs(self, parsed: dict[str, Any], chunk: Chunk, refused: Flags) -> list[int]:
        """Costs that another column decides. Returns the rows whose item has no cost."""
        source, factor = self.mapping.cost, self.mapping.tax_factor
        if source == "rate":
            codes, amounts = pd.factorize(parsed["amount"])
            shares = [BAD if x == BAD else self._rated(x) for x in amounts.tolist()]
            parsed["cost"] = np.array(shares, dtype=np.int64)[codes]
        if source == "unit_column":
            pairs = zip(parsed["cost"].tolist(), parsed["quantity"].tolist(), strict=True)
            parsed["cost"] = _line_costs(list(pairs), refused, factor)
        if source != "items":
            return []
        units = [
            None if is_refused else self._item_cost(item, day)
            for item, day, is_refused in zip(
                parsed["item"], parsed["date"].tolist(), refused.tolist(), strict=True
            )
        ]
        missing = [index for index, unit in enumerate(units) if unit is None and not refused[index]]
        refused[missing] = True
        filled = [unit or 0 for unit in units]
        pairs = zip(filled, parsed["quantity"].tolist(), strict=True)
        parsed["cost"] = _line_costs(list(pairs), refused, factor)
        return missing

    def _item_cost(self, item: str, day: int) -> int | None:
        """The unit cost valid on that day, in ten-thousandths of a yuan."""
        known = self.known.item_costs.get(item, ())
        index = bisect_right(known, day, key=lambda pair: pair[0].toordinal())
        return known[index - 1][1] if index else None

    def _explain(
        self,
        chunk: Chunk,
        refused: Flags,
        blank: Flags,
        total: Flags,
        faults: list[tuple[str, Flags]],
        missing_costs: list[int],
    ) -> tuple[list[BadLine], int]:
        """Bad lines in the file's order, and how many rows were ignored (totals).

        An empty row is ignored at the end of the file and refused above other rows: there
        something was lost. So it waits for what follows, across chunks.
        """
        if not refused.any() and not self._blanks:
            return [], 0
        rows = np.flatnonzero(refused).tolist()
        blanks = [row for row in rows if blank[row] and row not in chunk.overlong]
        totals = {
            row for row in rows if total[row] or any(map(values.is_total_label, chunk.row(row)))
        }
        is_data = np.ones(len(refused), dtype=bool)
        is_data[[*blanks, *totals]] = False
        last = int(np.flatnonzero(is_data)[-1]) if is_data.any() else -1
        bad: list[BadLine] = []
        if last >= 0:
            bad += [self._empty(line) for line in self._blanks]
            self._blanks = []
        self._blanks += [
            int(chunk.lines[row]) for row in blanks if row > last and row not in totals
        ]
        without_cost, is_blank = set(missing_costs), set(blanks)
        for row in rows:
            if row in totals:
                continue
            if row not in is_blank:
                bad.append(self._fault(chunk, row, faults, row in without_cost))
            elif row < last:
                bad.append(self._empty(int(chunk.lines[row])))
        return bad, len(totals)

    def _empty(self, line: int) -> BadLine:
        name = self._name("date") if "date" in self.columns else "整行"
        return BadLine(line, name, "", "整行是空的，但下面还有销售")

    def _fault(
        self, chunk: Chunk, index: int, faults: list[tuple[str, Flags]], without_cost: bool
    ) -> BadLine:
        line = int(chunk.lines[index])
        if index in chunk.overlong:
            cells = chunk.row(index)
            return BadLine(
                line,
                "整行",
                ",".join(self._shown_cells(cells))[:_SHOWN],
                f"有 {len(cells)} 格，比表头多（含逗号的值要用双引号括起来）",
            )
        for name, flags in faults:
            if flags[index]:
                text = str(chunk.columns[self.columns[name]][index])
                reason = self._memos[name].reasons[text]
                shown = masked(text) if name == "member" else masked_numbers(text)
                return BadLine(line, self._name(name), shown[:_SHOWN], reason)
        assert without_cost  # noqa: S101  # nothing else refuses a row
        text = str(chunk.columns[self.columns["item"]][index])
        shown = masked_numbers(text)[:_SHOWN]
        return BadLine(line, self._name("item"), shown, "商品成本表里没有它当天的成本")

    def _shown_cells(self, cells: list[str]) -> list[str]:
        """Cells of a row that has too many: the card stands in its column or further right."""
        member = self.columns.get("member", len(cells))
        return [
            masked(cell) if index >= member else masked_numbers(cell)
            for index, cell in enumerate(cells)
        ]

    def _name(self, name: str) -> str:
        return self.headers[self.columns[name]].strip()[:100]


def _all_clean(uniques: Texts) -> bool:
    """Whether ``values.code`` would leave every one of these texts as it is, by one search."""
    joined = "\n".join(uniques) + "\n"
    return bool(_CLEAN.fullmatch(joined)) and "total" not in joined.lower()


def _among(
    uniques: Texts, codes: npt.NDArray[np.intp], test: Callable[[str], bool] | None
) -> Flags | Literal[False]:
    """Rows whose text passes the test; False when none does."""
    hits = [index for index, text in enumerate(uniques) if test(text)] if test else []
    return np.isin(codes, hits) if hits else False


def _filled_code(text: str) -> str:
    result = values.code(text)
    if not result:
        raise BadValue("是空的")
    return result


def _may_total(text: str) -> bool:
    """Cheap before exact: a total label is short and has 计 or is “total”."""
    return len(text) < 20 and ("计" in text or text[:1] in "tTｔＴ") and values.is_total_label(text)


def _share(fen: int, factor: Fraction) -> int:
    """``fen`` × ``factor``, rounded half up (away from zero) to the fen."""
    if factor == 1:
        return fen
    doubled = 2 * abs(fen) * factor.numerator + factor.denominator
    result = doubled // (2 * factor.denominator)
    return -result if fen < 0 else result


def _line_costs(pairs: Sequence[tuple[int, int]], refused: Flags, factor: Fraction) -> Ints:
    """Unit cost (1/10000 yuan) × quantity (1/1000) × factor → fen, rounded once, half up."""
    scale = factor / 100_000
    costs = [
        BAD if is_refused else _share(unit * milli, scale)
        for (unit, milli), is_refused in zip(pairs, refused.tolist(), strict=True)
    ]
    return np.array(costs, dtype=np.int64)
