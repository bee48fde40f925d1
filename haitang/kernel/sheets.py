"""Tables to take along: CSV for any program, XLSX with real numbers for Excel.

Cells are text, int, Decimal or date; a Decimal is an amount with two places. Text stays text: a
cell that begins like a formula is never one (in CSV it gets an apostrophe before it).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model
from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from haitang.kernel import audit

Cell = str | int | Decimal | date | None
Format = Literal["csv", "xlsx"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_AMOUNT, _DAY = "#,##0.00;[Red]-#,##0.00", "yyyy-mm-dd"
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def download(
    fmt: Format,
    *,
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    by: AbstractBaseUser,
    now: datetime,
    obj: Model | None = None,
) -> HttpResponse:
    """The table as a file called ``name`` and the format's ending; taking it is an act, recorded.

    ``obj`` is what the table is of, when it is of one thing.
    """
    audit.record_download(file=f"{name}.{fmt}", by=by, now=now, obj=obj)
    content = csv_bytes(columns, rows) if fmt == "csv" else xlsx_bytes(name, columns, rows)
    answer = HttpResponse(content, content_type=_TYPES[fmt])
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{name}.{fmt}')}"
    return answer


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with the mark by which Excel knows it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([plain(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def xlsx_bytes(title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet: a bold head that stays in view, amounts and days as Excel knows them."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(c for c in title if c not in "[]:*?/\\")[:31] or "表")
    sheet.freeze_panes = "A2"
    for index, column in enumerate(columns):
        sheet.column_dimensions[chr(ord("A") + index)].width = max(12, 2 * len(column) + 2)

    def cell(value: Cell, *, bold: bool = False) -> SheetCell:
        made = WriteOnlyCell(sheet)
        made.value = value
        if isinstance(value, str):
            made.data_type = "s"
        elif isinstance(value, Decimal):
            made.number_format = _AMOUNT
        elif isinstance(value, date):
            made.number_format = _DAY
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(column, bold=True) for column in columns])
    for row in rows:
        sheet.append([cell(value) for value in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def plain(cell: Cell) -> str:
    """The cell as text; Excel runs one that begins like a formula: an apostrophe keeps it text."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return str(cell)
