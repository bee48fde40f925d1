from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.imports import values
from campaigns.imports.values import BadValue
from campaigns.imports.workbooks import cell_text

FULL = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("12", 1200),
        ("12.3", 1230),
        ("12.30", 1230),
        ("12.300", 1230),
        (".5", 50),
        ("5.", 500),
        ("-12.34", -1234),
        ("+12.34", 1234),
        ("1,234.50", 123450),
        ("1,234,567", 123456700),
        ("１２３．５", 12350),
        ("１，２３４．５０", 123450),
        ("－８．０", -800),
        ("¥12.00", 1200),
        ("￥ 1,234.00", 123400),
        ("-¥3.20", -320),
        ("¥-3.20", -320),
        ("12.5元", 1250),
        (" 12.5 ", 1250),
        ("\u300012.5\xa0", 1250),
        ("(12.50)", -1250),
        ("（12.50）", -1250),
        ("'12.50", 1250),
        ('="12.50"', 1250),
        ("0", 0),
        ("-0.00", 0),
        ("00012", 1200),
    ],
)
def test_money_reads_what_exports_write(text: str, fen: int) -> None:
    assert values.money(text) == fen


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "是空的"),
        ("  ", "是空的"),
        ("abc", "不是数"),
        ("1,23", "不是数"),
        ("12,34.5", "不是数"),
        ("1.2.3", "不是数"),
        ("1e3", "不是数"),
        ("--1", "不是数"),
        ("-", "不是数"),
        (".", "不是数"),
        ("(-1)", "不是数"),
        ("nan", "不是数"),
        ("12.345", "小数超过 2 位"),
        ("30.299999999999997", "小数超过 2 位"),
        ("1000000000", "数值太大，不像一行销售"),
        ("9" * 5000, "数值太大，不像一行销售"),
    ],
)
def test_money_refuses_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadValue, match=f"^{reason}$"):
        values.money(text)


def test_quantity_has_three_places() -> None:
    assert values.quantity("2.125") == 2125
    assert values.quantity("-3") == -3000
    with pytest.raises(BadValue, match="小数超过 3 位"):
        values.quantity("2.1251")


@given(
    amount=st.decimals(
        min_value=Decimal("-999999999.99"), max_value=Decimal("999999999.99"), places=2
    ),
    grouped=st.booleans(),
    full=st.booleans(),
    sign=st.sampled_from(["", "¥", "￥"]),
    pad=st.sampled_from(["", " ", "\u3000", "\t"]),
)
@example(Decimal("-0.01"), True, True, "￥", "\u3000")
def test_money_equals_decimal_however_it_is_written(
    amount: Decimal, grouped: bool, full: bool, sign: str, pad: str
) -> None:
    text = f"{amount:,.2f}" if grouped else f"{amount:.2f}"
    text = f"{pad}{sign}{text.translate(FULL) if full else text}{pad}"
    assert values.money(text) == int(amount * 100)


@given(fen=st.integers(-(10**11) + 1, 10**11 - 1))
def test_money_survives_a_workbook_cell(fen: int) -> None:
    """Excel keeps 12.34 as the double nearest to it; the text of the cell is 12.34 again."""
    assert values.money(cell_text(fen / 100)) == fen


def test_cell_text_cleans_the_noise_of_doubles() -> None:
    assert cell_text(30.299999999999997) == "30.3"
    assert cell_text(0.1 + 0.2) == "0.3"
    assert cell_text(6901234567890.0) == "6901234567890"
    assert cell_text(12.345) == "12.345"  # a third decimal that was typed is not noise
    assert values.money(cell_text(-0.1 - 0.2)) == -30
    with pytest.raises(BadValue):
        values.money(cell_text(1 / 3))


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-17",
        "2026/10/17",
        "2026.10.17",
        "20261017",
        "20261017083000",
        "2026年10月17日",
        " 2026-10-17 ",
        "２０２６－１０－１７",
        "2026-10-17 08:30",
        "2026-10-17 08:30:15",
        "2026-10-17 08:30:15.123",
        "2026-10-17T08:30:15",
        "2026/10/17 8:30",
        "2026-10-17 星期五",
        "2026-10-17星期六",
        "2026-10-17 (周六) 08:30",
        "46312",
        "46312.354",
    ],
)
def test_date_reads_what_exports_write(text: str) -> None:
    assert values.parse_date(text) == date(2026, 10, 17)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "是空的"),
        ("2018-02-29", "没有 2018 年 2 月 29 日这一天"),
        ("2018-02-29 星期一", "没有 2018 年 2 月 29 日这一天"),
        ("2026-13-01", "没有 2026 年 13 月 1 日这一天"),
        ("20260230", "没有 2026 年 2 月 30 日这一天"),
        ("17/10/2026", "不是日期"),
        ("26-10-17", "不是日期"),
        ("2026-10/17", "不是日期"),
        ("昨天", "不是日期"),
        ("2026-10-17 与 2026-10-18", "不是日期"),
        ("1026-10-17", "年份不在 1990 到 2099 之间"),
        ("99999", "年份不在 1990 到 2099 之间"),
    ],
)
def test_date_refuses_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadValue, match=reason):
        values.parse_date(text)


@given(day=st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_date_and_its_excel_serial_are_the_same_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert values.parse_date(str(serial)) == values.parse_date(day.isoformat()) == day


def test_code_is_trimmed_and_half_width() -> None:
    assert values.code(" P001\t") == "P001"
    assert values.code("Ｐ００１") == "P001"
    assert values.code('="0012"') == "0012"
    assert values.code("'0012") == "0012"
    assert values.code("感冒灵") == "感冒灵"
    assert values.code(" ") == ""
    for text in ("x" * 61, "a\nb", "a\0b"):
        with pytest.raises(BadValue):
            values.code(text)


@pytest.mark.parametrize("text", ["合计", "总计", "小计", "合 计：", "本页小计", "Total"])
def test_total_label_is_known(text: str) -> None:
    assert values.is_total_label(text)


@pytest.mark.parametrize("text", ["", "计", "血糖计", "合计数码", "体温计"])
def test_total_label_is_not_any_word_with_that_sign(text: str) -> None:
    assert not values.is_total_label(text)
