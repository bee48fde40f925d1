"""The team's shortfall of reads. Pure (docs/rules.md §6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from haitang.policy.document import Policy

CATEGORIES = ("campaign", "welfare")


@dataclass(frozen=True)
class ArticleFigure:
    """An article of the month and its figure (reads or follows), None when it is missing."""

    code: str
    category: str
    figure: int | None


@dataclass(frozen=True)
class CategoryReads:
    """One category assessed: its target, the mean of its articles and the shortfall (fraction)."""

    category: str
    target: int
    mean: Fraction
    shortfall: Fraction


@dataclass(frozen=True)
class TeamReads:
    """The month's shortfall, a fraction of at most 1, and the categories that make it."""

    shortfall: Fraction
    categories: tuple[CategoryReads, ...]
    missing: tuple[str, ...]


def target(category: str, *, year: int, policy: Policy) -> int:
    """base × (1 + growth)^(year − base year), rounded to an integer."""
    return policy.reads.target(category, year=year)


def team_reads(articles: Iterable[ArticleFigure], *, year: int, policy: Policy) -> TeamReads:
    """Assess the month's articles. A category without any figure is not assessed."""
    articles = [each for each in articles if each.category in CATEGORIES]
    categories = []
    for category in CATEGORIES:
        figures = [
            each.figure
            for each in articles
            if each.category == category and each.figure is not None
        ]
        if figures:
            goal = target(category, year=year, policy=policy)
            mean = Fraction(sum(figures), len(figures))
            short = max(Fraction(0), 1 - mean / goal)
            categories.append(CategoryReads(category, goal, mean, short))
    shortfalls = [each.shortfall for each in categories]
    if policy.options["reads_combine"] == "sum":
        shortfall = min(Fraction(1), sum(shortfalls, Fraction(0)))
    else:
        shortfall = max(shortfalls, default=Fraction(0))
    missing = tuple(sorted(each.code for each in articles if each.figure is None))
    return TeamReads(shortfall, tuple(categories), missing)
