"""The payout report as XLSX: a sheet a table, real numbers, ready to print on A4. Pure."""

from __future__ import annotations

import io
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from haitang.kernel.sheets import AMOUNT, print_setup, width_for
from incentives.reports.report import Cell, Report, Table

HEAD_ROW = 2  # row 1 is the report's title; both are repeated on every printed page
_THIN = Side(style="thin", color="999999")
_GREY = PatternFill("solid", start_color="EEEEEE")


def book(report: Report) -> bytes:
    """The workbook; text stays text also when it begins like a formula."""
    made = Workbook()
    made.remove(made.active)  # type: ignore[arg-type]
    for table in report.tables:
        _sheet(made.create_sheet(table.name[:31]), report, table)
    _signatures(made["提成池与分配"], report)
    made.properties.title = report.title
    made.properties.creator = "海棠药堂"
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def _sheet(sheet: Worksheet, report: Report, table: Table) -> None:
    mark = f"【{report.mark}】" if report.mark else ""
    _put(sheet, 1, 1, f"{mark}{report.title} · {table.name}", font=Font(bold=True, size=13))
    for at, column in enumerate(table.columns, start=1):
        _put(sheet, HEAD_ROW, at, column, font=Font(bold=True), is_head=True)
    for place, row in enumerate(table.rows, start=HEAD_ROW + 1):
        is_total = table.has_total and place == HEAD_ROW + len(table.rows)
        for at, value in enumerate(row, start=1):
            _put(sheet, place, at, value, font=Font(bold=is_total), has_border=True)
    line = HEAD_ROW + len(table.rows) + 2
    if not table.rows:
        _put(sheet, HEAD_ROW + 1, 1, "本月没有。")
    for note in table.notes:
        _put(sheet, line, 1, note)
        line += 1
    for at, column in enumerate(table.columns, start=1):
        texts = [column, *(_shown(row[at - 1]) for row in table.rows)]
        sheet.column_dimensions[get_column_letter(at)].width = width_for(texts)
    sheet.freeze_panes = f"A{HEAD_ROW + 1}"
    _print_setup(sheet, report)


def _put(
    sheet: Worksheet,
    row: int,
    column: int,
    value: Cell,
    *,
    font: Font | None = None,
    is_head: bool = False,
    has_border: bool = False,
) -> None:
    cell = sheet.cell(row, column)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    if isinstance(value, Decimal):
        cell.number_format = AMOUNT
    if font:
        cell.font = font
    if is_head:
        cell.fill = _GREY
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    if is_head or has_border:
        cell.border = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
    if has_border and isinstance(value, str):
        cell.alignment = Alignment(vertical="center", wrap_text=True)


def _print_setup(sheet: Worksheet, report: Report) -> None:
    """Across, with the document's number and the ledger's head at the foot."""
    digest = f"账本摘要 {report.approval.ledger_hash[:16]}" if report.approval else ""
    number = f"单据编号 {report.number}"
    print_setup(sheet, head_rows=HEAD_ROW, is_wide=True, left=number, right=digest)


def _signatures(sheet: Worksheet, report: Report) -> None:
    line = sheet.max_row + 2
    for name, figures, words in report.capitals:
        _put(sheet, line, 1, f"{name}：{figures}　大写：{words}")
        line += 1
    if report.approval:
        number, digest = report.approval.ledger_number, report.approval.ledger_hash
        _put(sheet, line, 1, f"批准时的账本：凭证 {number}，摘要 {digest}")
        line += 1
    for at, each in enumerate(report.signatures):
        day = each.day.isoformat() if each.day else "　　　　"
        _put(sheet, line + 1, 1 + 2 * at, f"{each.label}：{each.name or '　　　　'}")
        _put(sheet, line + 2, 1 + 2 * at, f"日期：{day}")


def _shown(value: Cell) -> str:
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return "" if value is None else str(value)
