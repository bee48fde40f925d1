"""One cell's text → an exact value, or the reason why not. Pure; no float takes part."""

from __future__ import annotations

import re
from datetime import date, timedelta

MONEY_LIMIT_FEN = 10**11  # a line of 1,000,000,000 yuan or more is a slip of the pen
QUANTITY_LIMIT_MILLI = 10**10
UNIT_COST_LIMIT = 10**11  # in ten-thousandths of a yuan
CODE_LENGTH = 60
TOO_LARGE = "数值太大，不像一行销售"

# Full-width ASCII, the ideographic space and the two yen signs, as ERP exports and people type.
FULLWIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
FULLWIDTH |= {0x3000: 0x20, 0xFFE5: 0xA5, 0x3002: 0x2E, 0x2212: 0x2D}

_PLAIN = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,2}))?", re.ASCII)
_NUMBER = re.compile(r"([+-]?)(\d+|\d{1,3}(?:,\d{3})+)?(?:\.(\d*))?", re.ASCII)
_CURRENCY = re.compile(r"^([+-]?)(?:¥|RMB|CNY)", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6})?")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_AFTER_DATE = re.compile(
    r"(?:[\sT]*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\s*(?:\(?(?:星期|周|礼拜)[一二三四五六日天]\)?)?"
    r"(?:\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\s*"
)
_SERIAL_ORIGIN = date(1899, 12, 30)  # day 0 of Excel's 1900 system, as seen from 1900-03-01 on
_TEXT_FORMULA = re.compile(r'="(.*)"')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TOTAL = re.compile(
    r"(?:本页|本日|当日|全部|门店)?(?:合计|总计|小计|共计|总合计)[::]?|total", re.IGNORECASE
)


class BadValue(Exception):
    """The reason why a value cannot be taken, as a phrase in Chinese."""


def units(text: str, places: int, limit: int) -> int:
    """A number as an integer of its smallest unit: ``units("1,234.5", 2, …)`` is 123450.

    Thousands separators, full-width digits, ``¥``, 元, spaces and accountants' parentheses are
    understood. BadValue when it is empty, no number, has more places or reaches ``limit``.
    """
    quick = _PLAIN.fullmatch(text) if places >= 2 else None
    if quick:
        sign, whole, fraction = quick.groups("")
        value = int(whole + fraction + "0" * (places - len(fraction)))
    else:
        sign, whole, fraction = _number_parts(text)
        if len(fraction) > places:
            raise BadValue(f"小数超过 {places} 位")
        value = int((whole or "0") + fraction + "0" * (places - len(fraction)))
    if value >= limit:
        raise BadValue(TOO_LARGE)
    return -value if sign == "-" else value


def _number_parts(text: str) -> tuple[str, str, str]:
    """Sign, whole digits, decimals without trailing zeros."""
    cleaned = re.sub(r"\s+", "", text.translate(FULLWIDTH))
    unwrapped = _TEXT_FORMULA.fullmatch(cleaned)
    cleaned = (unwrapped[1] if unwrapped else cleaned).lstrip("'")
    if not cleaned:
        raise BadValue("是空的")
    negative = cleaned.startswith("(") and cleaned.endswith(")")
    cleaned = _CURRENCY.sub(r"\1", cleaned[1:-1] if negative else cleaned).removesuffix("元")
    match = _NUMBER.fullmatch(cleaned)
    if not match or not (match[2] or match[3]) or (negative and match[1]):
        raise BadValue("不是数")
    whole = (match[2] or "").replace(",", "").lstrip("0")
    if len(whole) > 20:
        raise BadValue(TOO_LARGE)
    return "-" if negative else match[1], whole, (match[3] or "").rstrip("0")


def money(text: str) -> int:
    """Yuan as written → fen."""
    return units(text, 2, MONEY_LIMIT_FEN)


def quantity(text: str) -> int:
    """A quantity as written → thousandths."""
    return units(text, 3, QUANTITY_LIMIT_MILLI)


def unit_cost(text: str) -> int:
    """The cost of one unit as written → ten-thousandths of a yuan."""
    return units(text, 4, UNIT_COST_LIMIT)


def parse_date(text: str) -> date:
    """A date as exports write it; a time or a weekday label after it is passed over.

    BadValue when it is empty, no date, or a day that does not exist.
    """
    cleaned = text.translate(FULLWIDTH).strip().lstrip("'")
    if not cleaned:
        raise BadValue("是空的")
    match = _DATE.match(cleaned)
    if match and _AFTER_DATE.fullmatch(cleaned, match.end()):
        return _day(match[1], match[3] or match[5], match[4] or match[6])
    match = _COMPACT.fullmatch(cleaned)
    if match:
        return _day(match[1], match[2], match[3])
    match = _SERIAL.fullmatch(cleaned)
    if match:
        return _plausible(_SERIAL_ORIGIN + timedelta(days=int(match[1])))
    raise BadValue("不是日期，请写成 2026-10-17 这样")


def _day(year: str, month: str, day: str) -> date:
    try:
        return _plausible(date(int(year), int(month), int(day)))
    except ValueError:
        raise BadValue(f"没有 {int(year)} 年 {int(month)} 月 {int(day)} 日这一天") from None


def _plausible(day: date) -> date:
    if not 1990 <= day.year <= 2099:
        raise BadValue("年份不在 1990 到 2099 之间")
    return day


def code(text: str) -> str:
    """A code (store, receipt, item, card) as kept: trimmed, half-width; may be empty.

    BadValue when it is longer than the database keeps or has control characters inside.
    """
    if not text.isascii():
        text = text.translate(FULLWIDTH)
    text = text.strip()
    if text[:1] in ("=", "'"):
        unwrapped = _TEXT_FORMULA.fullmatch(text)
        text = (unwrapped[1] if unwrapped else text.removeprefix("'")).strip()
    if len(text) > CODE_LENGTH:
        raise BadValue(f"长于 {CODE_LENGTH} 个字")
    if not text.isprintable() and _CONTROL.search(text):
        raise BadValue("含有换行等控制字符")
    return text


def is_total_label(text: str) -> bool:
    """Whether a cell says 合计, 总计 or 小计: its row sums others and is no sale."""
    return bool(_TOTAL.fullmatch(re.sub(r"\s+", "", text.translate(FULLWIDTH))))
