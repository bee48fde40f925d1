"""The page on which a month's figures are typed: its rows, and what came back from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from content.models import Article
from content.selectors import ASSESSED, FIGURES, due_on, is_due
from content.services import DIGITS, Figures
from haitang.kernel.models import AuditEntry

# What people and spreadsheets put into a number: separators, blanks, a full-width comma.
_IGNORED = str.maketrans("", "", ",， \u3000\xa0")


@dataclass(frozen=True)
class Box:
    """One field of a row: what it holds now and what it held when the page was made."""

    name: str
    label: str
    value: str
    was: str


@dataclass(frozen=True)
class Row:
    """An article of the month with its fields; ``fault`` says why it was not kept."""

    article: Article
    due_on: date
    is_due: bool
    is_missing: bool
    boxes: list[Box] = field(default_factory=list)
    entry: AuditEntry | None = None
    fault: str = ""


@dataclass(frozen=True)
class Typed:
    """What came back: the figures of the rows that could be read, and faults by article."""

    figures: list[Figures]
    faults: dict[int, str]


def read(data: Mapping[str, str], articles: Sequence[Article]) -> Typed:
    """The figures typed for these articles; fields that the page did not have are left alone."""
    figures: list[Figures] = []
    faults: dict[int, str] = {}
    for article in articles:
        try:
            figures.append(_figures(data, article.pk))
        except ValueError:
            faults[article.pk] = f"{DIGITS}，例如 8650：请核对。"
    return Typed(figures, faults)


def rows(
    articles: Sequence[Article],
    *,
    today: date,
    needed: str,
    entered: Mapping[int, AuditEntry],
    data: Mapping[str, str] | None = None,
    faults: Mapping[int, str] | None = None,
) -> list[Row]:
    """The rows of the page; ``data`` is what was typed when it comes back refused.

    ``needed`` is the figure that the month's policy asks for.
    """
    return [
        Row(
            article=article,
            due_on=due_on(article),
            is_due=is_due(article, today=today),
            is_missing=article.category in ASSESSED and getattr(article, needed) is None,
            boxes=[_box(article, name, data) for name in FIGURES],
            entry=entered.get(article.pk),
            fault=(faults or {}).get(article.pk, ""),
        )
        for article in articles
    ]


def _box(article: Article, name: str, data: Mapping[str, str] | None) -> Box:
    kept = getattr(article, name)
    present = "" if kept is None else str(kept)
    key = f"{name}-{article.pk}"
    given = data or {}
    return Box(key, FIGURES[name], given.get(key, present), given.get(f"was-{key}", present))


def _figures(data: Mapping[str, str], pk: int) -> Figures:
    reads, was_reads = _pair(data, f"reads-{pk}")
    follows, was_follows = _pair(data, f"follows-{pk}")
    return Figures(pk, reads, follows, was_reads, was_follows)


def _pair(data: Mapping[str, str], key: str) -> tuple[int | None, int | None]:
    was = _whole(data.get(f"was-{key}", ""))
    return (_whole(data[key]) if key in data else was), was


def _whole(text: str) -> int | None:
    """A whole number as people write it; ValueError for anything else."""
    plain = text.strip().translate(_IGNORED)
    if not plain:
        return None
    if not plain.isdecimal() or len(plain) > 15:
        raise ValueError(text)
    return int(plain)
