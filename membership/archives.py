"""How complete participants' files are (docs/rules.md §5, ``cs.archive_incomplete``). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from haitang.kernel.money import round_half_up


class Field(StrEnum):
    """What a file may be required to have."""

    NAME = "name"
    CONTACT = "contact"
    STORE = "store"
    SOURCE = "source"
    CONSENT = "consent"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Field.NAME: "姓名或称呼",
    Field.CONTACT: "电话或会员卡",
    Field.STORE: "门店",
    Field.SOURCE: "怎样来的",
    Field.CONSENT: "同意留资料",
}
DEFAULT_REQUIRED: tuple[Field, ...] = tuple(Field)


@dataclass(frozen=True)
class Files:
    """So many participants, and in how many of their files each field is filled."""

    people: int = 0
    filled: Mapping[Field, int] = field(default_factory=dict)

    def __add__(self, other: Files) -> Files:
        fields = {each: self.of(each) + other.of(each) for each in Field}
        return Files(self.people + other.people, fields)

    def of(self, which: Field) -> int:
        """In how many files that field is filled."""
        return self.filled.get(which, 0)


def together(files: Iterable[Files]) -> Files:
    """The files of several campaigns as one heap."""
    return sum(files, Files())


def completeness(files: Files, required: Collection[Field]) -> Fraction:
    """Required fields filled ÷ required fields of all participants; 1 where nothing is required.

    Who took part in nothing owes no file, so without participants it is 1 as well.
    """
    wanted = files.people * len(required)
    return Fraction(sum(files.of(each) for each in required), wanted) if wanted else Fraction(1)


def missing_points(files: Files, required: Collection[Field]) -> Fraction:
    """Percent points missing, 100 × (1 − completeness), rounded half up to 1 decimal."""
    return Fraction(round_half_up(1000 * (1 - completeness(files, required))), 10)


def missing_fields(filled: Collection[Field], required: Collection[Field]) -> list[Field]:
    """What one file lacks, in the order of ``Field``."""
    return [each for each in Field if each in required and each not in filled]
