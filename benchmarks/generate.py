"""Sales files of any size, the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

FIRST_DAY = date(2025, 1, 1)
ITEMS = 5_000
CARDS = 80_000
_HEADER = "store,date,receipt,item,quantity,amount,cost,member\n"
_LINES_AT_ONCE = 200_000


def store_codes(stores: int) -> list[str]:
    """The codes of the stores that ``generate_sales`` uses: S001, S002, …"""
    return [f"S{number:03d}" for number in range(1, stores + 1)]


def generate_sales(path: Path, *, lines: int, stores: int, days: int, seed: int = 1) -> None:
    """Write a standard sales CSV: by day and store, receipts of two lines, 1% returns.

    Every store sells on every day when there are lines enough. 2,000,000 lines are about 100 MB.
    """
    rng = np.random.default_rng(seed)
    cells = np.sort(np.arange(lines) % (stores * days))
    day, store = cells // stores, cells % stores
    receipt = np.cumsum((rng.random(lines) < 0.5) | (np.diff(cells, prepend=-1) != 0))
    item = rng.integers(0, ITEMS, lines)
    quantity = rng.integers(1, 5, lines) * np.where(rng.random(lines) < 0.01, -1, 1)
    amount = rng.integers(150, 9_000, ITEMS)[item] * quantity
    member = np.where(rng.random(lines) < 0.4, rng.integers(1, CARDS + 1, lines), 0)
    dates = np.datetime64(FIRST_DAY) + np.arange(days)
    columns = [
        (store, _table(store_codes(stores))),
        (day, _table([str(each) for each in dates])),
        (receipt, None),
        (item, _table([f"{number:06d}" for number in range(ITEMS)])),
        (quantity, None),
        *[_money(fen) for fen in (amount, amount * 7 // 10)],
        (member, _table(["", *(str(60_000_000 + number) for number in range(CARDS))])),
    ]
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEADER)
        for start in range(0, lines, _LINES_AT_ONCE):
            texts = [
                _texts(codes[start : start + _LINES_AT_ONCE], table) for codes, table in columns
            ]
            file.writelines(f"{line}\n" for line in map(",".join, zip(*texts, strict=True)))


def _table(texts: Sequence[str]) -> Any:
    return np.array(texts, dtype=object)


def _money(fen: Any) -> tuple[Any, Any]:
    values, codes = np.unique(fen, return_inverse=True)
    texts = [f"{'-' if v < 0 else ''}{abs(v) // 100}.{abs(v) % 100:02d}" for v in values.tolist()]
    return codes, _table(texts)


def _texts(codes: Any, table: Any) -> list[str]:
    return list(map(str, codes.tolist())) if table is None else table[codes].tolist()
