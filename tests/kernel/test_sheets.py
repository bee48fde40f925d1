"""Files to take along: real numbers in XLSX, nothing that Excel would run."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from accounts.models import User
from haitang.kernel import audit
from haitang.kernel.models import AuditEntry
from haitang.kernel.sheets import Cell, csv_bytes, download, xlsx_bytes

COLUMNS = ["门店", "日期", "金额（元）", "说明"]
ROWS: list[list[Cell]] = [
    ["H01", date(2026, 9, 8), Decimal("-1234.50"), "=1+1"],
    ["H02", None, Decimal("2.00"), ""],
]


def test_xlsx_holds_numbers_and_days_and_text_that_is_no_formula() -> None:
    sheet = load_workbook(io.BytesIO(xlsx_bytes("各店", COLUMNS, ROWS))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]] == COLUMNS
    amount, text = sheet["C2"], sheet["D2"]
    assert (amount.value, amount.data_type) == (-1234.5, "n")
    assert sheet["B2"].is_date
    assert (text.value, text.data_type) == ("=1+1", "s")


def test_xlsx_is_ready_to_print() -> None:
    sheet = load_workbook(io.BytesIO(xlsx_bytes("A&B 各店", COLUMNS, ROWS))).active
    assert isinstance(sheet, Worksheet)
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("A2", "$1:$1")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("portrait", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    foot = sheet.oddFooter
    assert foot
    assert (foot.left.text, foot.center.text) == ("A&&B 各店", "第 &P 页，共 &N 页")


def test_xlsx_of_many_columns_lies_across_each_as_wide_as_its_content() -> None:
    rows: list[list[Cell]] = [["x", "一家名字很长的门店", *[1] * 28]]
    columns = [f"列{number}" for number in range(30)]
    sheet = load_workbook(io.BytesIO(xlsx_bytes("宽", columns, rows))).active
    assert isinstance(sheet, Worksheet)
    assert sheet.page_setup.orientation == "landscape"
    assert [sheet.column_dimensions[name].width for name in ("A", "B", "AD")] == [10, 20, 10]
    assert sheet["AD2"].value == 1


def test_csv_is_known_by_excel_and_runs_nothing() -> None:
    content = csv_bytes(COLUMNS, ROWS)
    assert content.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert read[1] == ["H01", "2026-09-08", "-1234.50", "'=1+1"]


def test_name_of_a_sheet_may_hold_what_excel_forbids() -> None:
    assert load_workbook(io.BytesIO(xlsx_bytes("2026/10 [#1]*", COLUMNS, ROWS))).sheetnames == [
        "202610 #1"
    ]


@pytest.mark.django_db
def test_download_is_named_in_chinese_and_recorded(administrator: User, now: datetime) -> None:
    answer = download("csv", name="活动", columns=COLUMNS, rows=ROWS, by=administrator, now=now)
    assert answer["Content-Disposition"] == "attachment; filename*=UTF-8''%E6%B4%BB%E5%8A%A8.csv"
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.actor, entry.object_name) == ("download", administrator, "活动.csv")
    assert not list(audit.verify())
