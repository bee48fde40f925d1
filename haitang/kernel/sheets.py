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
from itertools import chain, islice
from typing import Any, Literal
from urllib.parse import quote

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model
from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.properties import PageSetupProperties

from haitang.kernel import audit

Cell = str | int | Decimal | date | None
Format = Literal["csv", "xlsx"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
AMOUNT, _DAY = "#,##0.00;[Red]-#,##0.00", "yyyy-mm-dd"
_A4 = 9
_UPRIGHT = 6  # columns that an upright page holds
_MEASURED = 200  # rows by which a column's width is found
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
    """One sheet: a bold head that stays in view and on each printed page, amounts and days."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(c for c in title if c not in "[]:*?/\\")[:31] or "表")
    sheet.freeze_panes = "A2"
    print_setup(sheet, head_rows=1, is_wide=len(columns) > _UPRIGHT, left=title)
    remaining = iter(rows)
    first = list(islice(remaining, _MEASURED))  # a sheet that is streamed wants its widths before
    for index, column in enumerate(columns):
        texts = [column, *(_shown(row[index]) for row in first if index < len(row))]
        sheet.column_dimensions[get_column_letter(index + 1)].width = width_for(texts)

    def cell(value: Cell, *, bold: bool = False) -> SheetCell:
        made = WriteOnlyCell(sheet)
        made.value = value
        if isinstance(value, str):
            made.data_type = "s"
        elif isinstance(value, Decimal):
            made.number_format = AMOUNT
        elif isinstance(value, date):
            made.number_format = _DAY
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(column, bold=True) for column in columns])
    for row in chain(first, remaining):
        sheet.append([cell(value) for value in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def print_setup(
    sheet: Any, *, head_rows: int, is_wide: bool, left: str = "", right: str = ""
) -> None:
    """A4, as wide as the page, the head repeated, page x of y at the foot between two texts."""
    sheet.page_setup.orientation = "landscape" if is_wide else "portrait"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"1:{head_rows}"
    sheet.print_options.horizontalCentered = True
    foot = HeaderFooterItem()
    foot.left.text = left.replace("&", "&&") or None
    foot.right.text = right.replace("&", "&&") or None
    foot.center.text = "第 &P 页，共 &N 页"
    sheet.oddFooter = foot


def width_for(texts: Iterable[str]) -> float:
    """Wide enough for the longest, Chinese counted twice; long sentences wrap or are cut."""
    longest = max(len(text) + sum(c > "\xff" for c in text) for text in texts)
    return float(min(max(longest + 2, 10), 46))


def _shown(value: Cell) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return f"{value:,.2f}" if isinstance(value, Decimal) else "" if value is None else str(value)


def plain(cell: Cell) -> str:
    """The cell as text; Excel runs one that begins like a formula: an apostrophe keeps it text."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return str(cell)
