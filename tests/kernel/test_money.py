"""Money: exact until a named rounding, half up, and parts that sum to the whole."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haitang.kernel.errors import Invalid
from haitang.kernel.money import (
    display,
    exact,
    fen,
    fixed,
    largest_remainder,
    plain,
    round_half_up,
    shortest,
    yuan,
)

weights = st.lists(st.fractions(min_value=0, max_value=1, max_denominator=500), min_size=1).filter(
    lambda each: sum(each) > 0
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/3", Fraction(1, 3)),
        (" 0.20 ", Fraction(1, 5)),
        ("-1.5", Fraction(-3, 2)),
        (".5", Fraction(1, 2)),
        ("1 / 4", Fraction(1, 4)),
        (Decimal("0.1"), Fraction(1, 10)),
        (7, Fraction(7)),
    ],
)
def test_exact_reads_decimals_and_fractions(text: object, value: Fraction) -> None:
    assert exact(text) == value


@pytest.mark.parametrize("text", ["", "abc", "1/0", "1/2/3", "1e5", "1,000", "10%"])
def test_exact_refuses_what_is_no_number(text: str) -> None:
    with pytest.raises(Invalid, match="不是数"):
        exact(text)


@pytest.mark.parametrize("value", [0.2, True, None])
def test_exact_raises_type_error_for_floats_and_other_types(value: object) -> None:
    with pytest.raises(TypeError):
        exact(value)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Fraction(1, 2), 1),
        (Fraction(-1, 2), -1),
        (Fraction(3, 2), 2),
        (Fraction(5, 2), 3),
        (Fraction(49, 100), 0),
        (Fraction(-51, 100), -1),
        (7, 7),
    ],
)
def test_round_half_up_takes_halves_away_from_zero(value: Fraction | int, rounded: int) -> None:
    assert round_half_up(value) == rounded


def test_fen_of_three_places_is_refused() -> None:
    assert fen("12.34") == 1234
    assert fen("-0.5") == -50
    with pytest.raises(Invalid, match="小数超过两位"):
        fen("1.005")
    with pytest.raises(Invalid, match="小数超过两位"):
        fen("1/3")


def test_yuan_takes_whole_fen_only() -> None:
    assert yuan(-1234) == Decimal("-12.34")
    with pytest.raises(TypeError):
        yuan(True)
    with pytest.raises(TypeError):
        yuan(1.0)  # type: ignore[arg-type]


def test_texts_of_amounts() -> None:
    assert plain(-5) == "-0.05"
    assert plain(123456789) == "1234567.89"
    assert display(-123456789) == "-¥1,234,567.89"
    assert fixed(Fraction(-1, 1000), 2) == "0.00"
    assert fixed(Fraction(5, 1000), 2) == "0.01"
    assert fixed(Fraction(-5, 1000), 2) == "-0.01"
    assert fixed(Fraction(2, 3), 6) == "0.666667"
    assert fixed(3, 0) == "3"


def test_shortest_decimal_has_six_places_only_where_there_is_no_exact_one() -> None:
    assert shortest(Fraction(5)) == "5"
    assert shortest(Fraction(1, 10)) == "0.1"
    assert shortest(Fraction(1, 8)) == "0.125"
    assert shortest(Fraction(1, 3)) == "0.333333"
    assert shortest(Fraction(3, 20), least=2) == "0.15"
    assert shortest(Fraction(1, 5), least=2) == "0.20"
    assert shortest(Fraction(1, 8), least=2) == "0.125"


def test_largest_remainder_gives_the_odd_fen_to_the_largest_remainder() -> None:
    """100 by 1:1:1 → 33⅓ each; one fen is left, the remainders tie, the first gets it.

    10 by 0.15, 0.35, 0.5 → 1.5, 3.5, 5 → floors 1, 3, 5; the tie goes to the earlier: 2, 3, 5.
    7 by 0.2, 0.3, 0.5 → 1.4, 2.1, 3.5 → floors 1, 2, 3; .5 is the largest: 1, 2, 4.
    """
    thirds = [Fraction(1, 3)] * 3
    assert largest_remainder(100, thirds) == [34, 33, 33]
    assert largest_remainder(101, thirds) == [34, 34, 33]
    assert largest_remainder(10, [exact("0.15"), exact("0.35"), exact("0.5")]) == [2, 3, 5]
    assert largest_remainder(7, [exact("0.2"), exact("0.3"), exact("0.5")]) == [1, 2, 4]


def test_largest_remainder_without_weight_splits_nothing() -> None:
    assert largest_remainder(0, [Fraction(0), Fraction(0)]) == [0, 0]
    assert largest_remainder(0, []) == []
    with pytest.raises(ValueError, match="no positive weight"):
        largest_remainder(1, [Fraction(0)])


@given(total=st.integers(0, 10**9), shares=weights)
def test_largest_remainder_sums_to_the_whole_within_a_fen_each(
    total: int, shares: list[Fraction]
) -> None:
    parts = largest_remainder(total, shares)
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        assert part >= 0
        assert abs(part - total * share / sum(shares)) < 1


@given(value=st.fractions(), places=st.integers(0, 6))
def test_fixed_is_within_half_a_unit_of_the_last_place(value: Fraction, places: int) -> None:
    assert abs(exact(fixed(value, places)) - value) <= Fraction(1, 2 * 10**places)
