"""Figures and days as people read them: ``¥1,234.50``, ``12.33``, ``5%``, ``10月17日 周六``."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from haitang.kernel import money
from haitang.kernel.clock import SHANGHAI, Month

_WEEKDAYS = "一二三四五六日"
MINUS = "−"


def yuan_text(value: object) -> str:
    """Yuan (text, Decimal, int, Fraction) → ``¥1,234.50``; below zero ``−¥1,234.50``."""
    return _of_text(value) if isinstance(value, str) else _shown(value)


@lru_cache(maxsize=16_384)
def _of_text(yuan: str) -> str:
    """Remembered, as the numbers of texts are (``money.exact``): a page shows hundreds."""
    return _shown(yuan)


def _shown(yuan: object) -> str:
    return money.display(money.round_half_up(money.exact(yuan) * 100)).replace("-", MINUS)


def signed_yuan(value: object) -> str:
    """Yuan with its sign, for ups and downs: ``+¥20.00``, ``−¥20.00``, ``¥0.00``."""
    text = yuan_text(value)
    return f"+{text}" if money.exact(value) > 0 else text


def number(value: object, places: int = 2) -> str:
    """A count with thousands separators and at most ``places`` places: ``12,899``, ``69.33``."""
    return _separated(money.fixed(money.exact(value), places), places)


def signed_number(value: object) -> str:
    """A count with its sign, for ups and downs."""
    text = number(value)
    return f"+{text}" if money.exact(value) > 0 else text


def percent(value: object, places: int = 4) -> str:
    """A ratio (``0.05``, ``"1/3"``) as ``5%`` or ``33.3333%``."""
    return _separated(money.fixed(money.exact(value) * 100, places), places) + "%"


def factor(value: object) -> str:
    """A ratio as the shortest decimal that people write: ``0.15``."""
    return money.shortest(Fraction(money.exact(value)))


def day_text(value: date | str, *, year: int | None = None) -> str:
    """``10月17日 周六``, with the year in front when it is not ``year``."""
    day = date.fromisoformat(value) if isinstance(value, str) else value
    prefix = "" if day.year == year else f"{day.year}年"
    return f"{prefix}{day.month}月{day.day}日 周{_WEEKDAYS[day.weekday()]}"


def moment_text(value: datetime, *, year: int | None = None) -> str:
    """``10月17日 14:05`` in Shanghai, with the year in front when it is not ``year``."""
    local = value.astimezone(SHANGHAI)
    prefix = "" if local.year == year else f"{local.year}年"
    return f"{prefix}{local.month}月{local.day}日 {local:%H:%M}"


def month_text(value: Month | str) -> str:
    """``2026-10`` → ``2026年10月``."""
    month = Month.parse(value) if isinstance(value, str) else value
    return f"{month.year}年{month.month}月"


def fen_text(value: int) -> str:
    """Fen → ``¥1,234.50``."""
    return yuan_text(Fraction(value, 100))


def milli_text(value: int) -> str:
    """Thousandths of a unit → ``1.5``."""
    return number(Fraction(value, 1000), 3)


def _separated(text: str, places: int) -> str:
    sign, digits = (MINUS, text[1:]) if text.startswith("-") else ("", text)
    whole, _, rest = digits.partition(".")
    rest = rest.rstrip("0") if places else ""
    grouped = f"{int(whole):,}"
    return f"{sign}{grouped}.{rest}" if rest else f"{sign}{grouped}"


def decimal_of(value: object) -> Decimal:
    """An exact number as a Decimal of two places, for comparisons in templates."""
    return Decimal(money.fixed(money.exact(value), 2))
