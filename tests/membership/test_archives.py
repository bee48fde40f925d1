"""The figure behind the deduction: filled ÷ required, and the points missing."""

from __future__ import annotations

from fractions import Fraction

import pytest

from membership.archives import (
    DEFAULT_REQUIRED,
    Field,
    Files,
    completeness,
    missing_fields,
    missing_points,
    together,
)


def filled(people: int, name: int, contact: int, store: int, source: int, consent: int) -> Files:
    return Files(people, dict(zip(Field, (name, contact, store, source, consent), strict=True)))


def test_completeness_is_filled_over_required() -> None:
    assert completeness(filled(3, 3, 3, 3, 2, 2), DEFAULT_REQUIRED) == Fraction(13, 15)


@pytest.mark.parametrize(
    ("files", "points"),
    [
        (filled(3, 3, 3, 3, 2, 2), Fraction(133, 10)),  # 13.33… %
        (filled(400, 400, 400, 400, 400, 399), Fraction(1, 10)),  # 0.05 %: half goes up
        (filled(401, 401, 401, 401, 401, 400), Fraction(0)),  # 0.0499 %
        (filled(2, 0, 0, 0, 0, 0), Fraction(100)),
        (filled(2, 2, 2, 2, 2, 2), Fraction(0)),
        (Files(), Fraction(0)),
    ],
)
def test_points_missing_are_rounded_half_up_to_one_decimal(files: Files, points: Fraction) -> None:
    assert missing_points(files, DEFAULT_REQUIRED) == points


def test_only_what_is_required_counts() -> None:
    files = filled(2, 2, 1, 0, 0, 0)
    assert missing_points(files, [Field.NAME]) == 0
    assert missing_points(files, [Field.NAME, Field.CONTACT]) == 25


def test_campaigns_of_a_month_are_one_heap() -> None:
    """Not the mean of the campaigns: 1 of 1 and 0 of 3 are a quarter."""
    heap = together([filled(1, 1, 0, 0, 0, 0), filled(3, 0, 0, 0, 0, 0)])
    assert completeness(heap, [Field.NAME]) == Fraction(1, 4)


def test_missing_fields_are_told_in_their_order() -> None:
    assert missing_fields({Field.STORE}, [Field.CONSENT, Field.NAME, Field.STORE]) == [
        Field.NAME,
        Field.CONSENT,
    ]
