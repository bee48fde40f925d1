"""大写金额: the forms of the rules for vouchers, and back again."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haitang.kernel.capitals import capital

DIGITS = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"拾": 10, "佰": 100, "仟": 1000, "万": 10**4, "亿": 10**8}


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (140950, "人民币壹仟肆佰零玖元伍角整"),
        (600714, "人民币陆仟零柒元壹角肆分"),
        (168032, "人民币壹仟陆佰捌拾元零叁角贰分"),
        (10700053, "人民币壹拾万柒仟元零伍角叁分"),
        (1640902, "人民币壹万陆仟肆佰零玖元零贰分"),
        (32504, "人民币叁佰贰拾伍元零肆分"),
        (0, "人民币零元整"),
        (1, "人民币壹分"),
        (10, "人民币壹角整"),
        (23, "人民币贰角叁分"),
        (1000, "人民币壹拾元整"),
        (100050, "人民币壹仟元零伍角整"),
        (-168032, "人民币负壹仟陆佰捌拾元零叁角贰分"),
        (10_000_500_00, "人民币壹仟万零伍佰元整"),
        (100_005_000_00, "人民币壹亿零伍仟元整"),
        (1_0000_0000_0000_00, "人民币壹万亿元整"),
    ],
)
def test_amount_is_written_as_vouchers_carry_it(fen: int, text: str) -> None:
    assert capital(fen) == text


@pytest.mark.parametrize("value", [1.5, True, "1"])
def test_what_is_not_an_integer_of_fen_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        capital(value)  # type: ignore[arg-type]


def test_each_amount_reads_back_as_itself() -> None:
    @given(st.integers(-(10**17), 10**17) | st.integers(-(10**7), 10**7))
    def holds(fen: int) -> None:
        text = capital(fen)
        assert read(text) == fen
        assert "零零" not in text
        assert text.endswith("分") != text.endswith("整")

    holds()


def read(text: str) -> int:
    """Reads the characters as a person does, unit by unit."""
    match = re.fullmatch(r"人民币(负?)(?:(.+)元)?零?(?:(.)角)?零?(?:(.)分)?整?", text)
    assert match, text
    fen = read_whole(match[2] or "") * 100
    fen += DIGITS[match[3]] * 10 if match[3] else 0
    fen += DIGITS[match[4]] if match[4] else 0
    return -fen if match[1] else fen


def read_whole(text: str) -> int:
    for unit in ("亿", "万"):
        before, found, after = text.rpartition(unit)
        if found:
            return read_whole(before) * UNITS[unit] + read_whole(after)
    total = digit = 0
    for character in text:
        if character in UNITS:
            total, digit = total + digit * UNITS[character], 0
        else:
            digit = DIGITS[character]
    return total + digit
