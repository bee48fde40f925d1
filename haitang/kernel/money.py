"""Money and exact ratios.

Money is an integer number of fen (1 yuan = 100 fen) in arithmetic and a ``Decimal`` of yuan with
two places at rest; ratios are ``Fraction`` until they are shown. A float that meets money raises.
Rounding is half up, away from zero for negatives (docs/rules.md), and happens only where a
rule names it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from haitang.kernel.errors import Invalid

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")


def exact(value: object) -> Fraction:
    """A number as a Fraction; ``"1/3"``, ``"0.2"``, int, Decimal and Fraction are exact.

    Raises TypeError for a float: it has already lost its decimals.
    """
    if isinstance(value, bool | float):
        raise TypeError(f"{value!r} is not exact; pass text, int, Decimal or Fraction")
    if isinstance(value, int | Decimal | Fraction):
        return Fraction(value)
    if isinstance(value, str):
        return _of_text(value)
    raise TypeError(f"{type(value).__name__} is not a number")


@lru_cache(maxsize=16_384)
def _of_text(text: str) -> Fraction:
    """Remembered, because pages and calculations meet the same few thousand figures all day."""
    numerator, slash, denominator = text.strip().partition("/")
    parts = [numerator.strip(), denominator.strip()] if slash else [numerator.strip()]
    if all(_NUMBER.fullmatch(part) for part in parts):
        numbers = [Fraction(Decimal(part)) for part in parts]
        if not slash:
            return numbers[0]
        if numbers[1]:
            return numbers[0] / numbers[1]
    raise Invalid(f"“{text}”不是数：请写成 0.2 或 1/3 这样。")


def round_half_up(value: Fraction | int) -> int:
    """The nearest integer; halves go away from zero."""
    return _rounded(value.numerator, value.denominator)


def _rounded(numerator: int, denominator: int) -> int:
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -whole if numerator < 0 else whole


def fen(yuan: object) -> int:
    """Yuan (text, int, Decimal, Fraction) → fen; Invalid when it has more than two places."""
    value = exact(yuan) * 100
    if value.denominator != 1:
        raise Invalid(f"金额“{yuan}”的小数超过两位：金额最小到分。")
    return int(value)


def yuan(fen_: int) -> Decimal:
    """Fen → Decimal yuan with two places, for a DecimalField."""
    if not isinstance(fen_, int) or isinstance(fen_, bool):
        raise TypeError(f"{fen_!r} is not an integer number of fen")
    return Decimal(fen_).scaleb(-2)


def plain(fen_: int) -> str:
    """Fen → ``-12345.67``, as documents and files carry it."""
    return fixed(fen_, 2, unit=100)


def display(fen_: int) -> str:
    """Fen → ``¥12,345.67``, as people read it."""
    sign = "-" if fen_ < 0 else ""
    return f"{sign}¥{abs(fen_) // 100:,}.{abs(fen_) % 100:02d}"


def fixed(value: Fraction | int, places: int, *, unit: int = 1) -> str:
    """``value / unit`` as text with that many places, rounded half up; never ``-0.00``."""
    scaled = _rounded(value.numerator * 10**places, value.denominator * unit)
    digits = f"{abs(scaled):0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if scaled < 0 else text


def shortest(value: Fraction, *, least: int = 0) -> str:
    """The shortest exact decimal (``0.1``, ``5``) of ``least`` places or more; else 6 places."""
    denominator = value.denominator
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    return fixed(value, max(twos, fives, least) if denominator == 1 else 6)


def largest_remainder(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Split ``total`` (≥ 0, in fen) by weights into integers that sum to it exactly.

    Each part is its floor, then the fen left over go to the largest remainders; ties go to the
    earlier weight (docs/rules.md §7). No weight, or none above zero: nothing can be split, so a
    total above zero raises ValueError.
    """
    whole = sum(weights, Fraction(0))
    if whole <= 0:
        if total:
            raise ValueError("no positive weight to split by")
        return [0] * len(weights)
    shares = [total * weight / whole for weight in weights]
    parts = [share.numerator // share.denominator for share in shares]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - shares[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
