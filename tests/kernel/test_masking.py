"""Masks of cards, phones and identity numbers; dates, amounts and codes stay readable."""

from __future__ import annotations

import pytest

from haitang.kernel.masking import has_long_number, masked_numbers


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13912345678", "*******5678"),
        ("电话 139-1234-5678 转 2", "电话 *********5678 转 2"),
        ("139 1234 5678", "*********5678"),
        ("１３９１２３４５６７８", "*******５６７８"),
        ("VIP60000001", "VIP****0001"),
        ("11010119900101123X", "*************1123X"),
        ("2026-10-17", "2026-10-17"),
        ("2026-10-17 12:30:00", "2026-10-17 12:30:00"),
        ("1,234,567.89", "1,234,567.89"),
        ("1234567", "1234567"),
        ("", ""),
    ],
)
def test_long_numbers_are_masked_and_nothing_else(text: str, shown: str) -> None:
    assert masked_numbers(text) == shown
    assert has_long_number(text) == (text != shown)


def test_least_digits_decide_what_is_long() -> None:
    assert not has_long_number("C20261017", least=11)
    assert has_long_number("139-1234-5678", least=11)
