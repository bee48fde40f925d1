"""The first rows of a file under a mapping, before anything is imported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from campaigns.imports import mapping as mappings
from campaigns.imports.checking import Checked, Checker
from campaigns.imports.mapping import FIELDS, Mapping
from campaigns.imports.pipeline import gather_known
from campaigns.imports.reading import Chunk, Source, Table, open_table
from campaigns.models import Store
from haitang.kernel.errors import Invalid
from haitang.kernel.money import plain

ROWS = 20


@dataclass(frozen=True)
class PreviewRow:
    """A row as read, and what would become of it: ``values`` (field → text) or ``problem``."""

    line: int
    cells: list[str]
    values: dict[str, str] | None
    problem: str


@dataclass(frozen=True)
class Preview:
    """What a file looks like. ``faults`` say why the mapping does not fit its header."""

    format: str
    headers: list[str]
    rows: list[PreviewRow]
    guessed: dict[str, Any]
    faults: list[str]


def preview(path: Source, mapping: Mapping, *, name: str = "", rows: int = ROWS) -> Preview:
    """The first rows of a file, each with its parsed values or the reason why not.

    Also proposes a mapping document from known header names. Raises Invalid when the file itself
    cannot be read; a mapping that does not fit gives ``faults``.
    """
    table = open_table(path, name=name, sheet=mapping.sheet, header_row=mapping.header_row)
    chunk = next(iter(table.chunks(rows)), None)
    guessed = mappings.guess(table.headers)
    try:
        columns = mappings.resolve(mapping, table.headers)
        known = gather_known(mapping)
        if mapping.store is not None and mapping.store not in known.stores:
            raise Invalid(f"固定的门店“{mapping.store}”不在门店表里。")
    except Invalid as fault:
        faults = list(fault.details) or [fault.sentence]
        return Preview(table.format, table.headers, _raw(chunk, rows), guessed, faults)
    checker = Checker(mapping, columns, table.headers, known)
    read = _read(table, checker, chunk, rows) if chunk else []
    return Preview(table.format, table.headers, read, guessed, [])


@dataclass(frozen=True)
class FirstRows:
    """The header and the first rows of a file, as they stand there."""

    headers: list[str]
    rows: list[list[str]]


def first_rows(
    path: Source,
    *,
    name: str = "",
    sheet: str | None = None,
    header_row: int | None = None,
    rows: int = ROWS,
) -> FirstRows:
    """The header and the first rows under no mapping at all; Invalid when it cannot be read."""
    table = open_table(path, name=name, sheet=sheet, header_row=header_row)
    chunk = next(iter(table.chunks(rows)), None)
    width = len(table.headers)
    read = [row.cells[:width] for row in _raw(chunk, rows)]
    return FirstRows(list(table.headers), read)


def _raw(chunk: Chunk | None, rows: int) -> list[PreviewRow]:
    if chunk is None:
        return []
    return [
        PreviewRow(int(line), chunk.row(index), None, "")
        for index, line in enumerate(chunk.lines[:rows])
    ]


def _read(table: Table, checker: Checker, chunk: Chunk, rows: int) -> list[PreviewRow]:
    checked = checker.check(chunk)
    problems = {bad.line: bad.sentence for bad in checked.bad}
    places = {int(line): place for place, line in enumerate(checked.lines)}
    stores = dict(Store.objects.values_list("id", "code"))
    shown = []
    for index, line in enumerate(chunk.lines[:rows].tolist()):
        place = places.get(line)
        values = None if place is None else _values(checked, place, stores)
        problem = "" if values else problems.get(line, "合计行或空行，不导入")
        shown.append(PreviewRow(line, chunk.row(index), values, problem))
    return shown


def _values(checked: Checked, place: int, stores: dict[int, str]) -> dict[str, str]:
    quantity = int(checked.quantities[place])
    values = {
        "store": stores[int(checked.stores[place])],
        "date": date.fromordinal(int(checked.days[place])).isoformat(),
        "receipt": "按卡和日" if checked.receipts is None else checked.receipts[place],
        "item": checked.items[place],
        "quantity": _thousandths(quantity),
        "amount": plain(int(checked.amounts[place])),
        "cost": plain(int(checked.costs[place])),
        "member": "" if checked.cards is None else checked.cards[place],
    }
    return {name: values[name] for name in FIELDS}


def _thousandths(milli: int) -> str:
    sign = "-" if milli < 0 else ""
    text = f"{sign}{abs(milli) // 1000}.{abs(milli) % 1000:03d}"
    return text.rstrip("0").rstrip(".")
