"""Who holds a role from when to when, and where nobody does (pure: no Django)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """A person holds a role from ``first`` to ``last``, both included; None: still."""

    person_id: int
    person: str
    first: date
    last: date | None = None
    share: Fraction = Fraction(1)

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Segment:
    """Days in a row on which the same people hold a role."""

    first: date
    last: date
    holders: tuple[Span, ...] = ()

    @property
    def total(self) -> Fraction:
        """The shares of the holders together."""
        return sum((each.share for each in self.holders), Fraction(0))

    @property
    def is_gap(self) -> bool:
        return not self.holders

    @property
    def is_short(self) -> bool:
        """Somebody holds it, but not the whole of it."""
        return bool(self.holders) and self.total < 1

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def segments(spans: Iterable[Span], first: date, last: date) -> list[Segment]:
    """The days from ``first`` to ``last`` cut where a holder comes or goes, without a hole."""
    kept = sorted(spans, key=lambda each: (each.first, each.person_id))
    cuts = {first}
    for span in kept:
        after = span.last + _ONE_DAY if span.last and span.last < date.max else None
        cuts |= {day for day in (span.first, after) if day and first < day <= last}
    starts = sorted(cuts)
    ends = [day - _ONE_DAY for day in starts[1:]] + [last]
    return [
        Segment(start, end, tuple(span for span in kept if span.holds(start)))
        for start, end in zip(starts, ends, strict=True)
    ]


def fullest(found: Sequence[Segment]) -> Segment:
    """The first segment with the greatest sum of shares."""
    return max(found, key=lambda each: each.total)
