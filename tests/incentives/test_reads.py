"""The team's shortfall of reads (docs/rules.md §6)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from incentives.calculation.reads import ArticleFigure, TeamReads, target, team_reads
from tests.factories.rules import make_policy, ratio


def assessed(*articles: tuple[str, int | None], year: int = 2018, **fields: Any) -> TeamReads:
    figures = [
        ArticleFigure(f"A{number}", category, figure)
        for number, (category, figure) in enumerate(articles)
    ]
    return team_reads(figures, year=year, policy=make_policy(**fields))


@pytest.mark.parametrize(
    ("year", "campaign", "welfare"),
    [
        (2018, 3000, 1000),
        (2019, 3600, 1200),
        (2020, 4320, 1440),
        (2021, 5184, 1728),
        (2022, 6221, 2074),  # 6220.8 and 2073.6
        (2023, 7465, 2488),  # 7464.96 and 2488.32
        (2026, 12899, 4300),  # 12899.45 and 4299.82
        (2017, 2500, 833),  # 3000 ÷ 1.2 and 1000 ÷ 1.2
    ],
)
def test_target_grows_a_fifth_a_year_from_the_base_and_is_rounded_once(
    year: int, campaign: int, welfare: int
) -> None:
    policy = make_policy()
    assert target("campaign", year=year, policy=policy) == campaign
    assert target("welfare", year=year, policy=policy) == welfare


def test_target_on_the_half_rounds_up() -> None:
    """5 × 1.1 = 5.5 → 6."""
    policy = make_policy(reads={"campaign": 5, "growth": "0.1"})
    assert target("campaign", year=2019, policy=policy) == 6


def test_shortfall_is_what_the_mean_lacks_of_the_target() -> None:
    """(2000 + 2500) ÷ 2 = 2250 of 3000: a quarter is missing."""
    found = assessed(("campaign", 2000), ("campaign", 2500))
    assert found.shortfall == ratio("1/4")
    assert found.categories[0].mean == 2250
    assert found.categories[0].target == 3000


def test_more_than_the_target_is_no_shortfall() -> None:
    assert assessed(("campaign", 3000)).shortfall == 0
    assert assessed(("campaign", 9999)).shortfall == 0


def test_larger_of_two_shortfalls_counts_or_their_sum() -> None:
    """Campaign 2700 of 3000: 0.1; welfare 700 of 1000: 0.3."""
    articles = [("campaign", 2700), ("welfare", 700)]
    assert assessed(*articles).shortfall == ratio("0.3")
    assert assessed(*articles, options={"reads_combine": "sum"}).shortfall == ratio("0.4")


def test_sum_of_shortfalls_is_at_most_the_whole() -> None:
    found = assessed(("campaign", 0), ("welfare", 500), options={"reads_combine": "sum"})
    assert found.shortfall == 1


def test_category_without_article_is_not_assessed() -> None:
    found = assessed(("welfare", 900), ("other", 0))
    assert [each.category for each in found.categories] == ["welfare"]
    assert found.shortfall == ratio("0.1")
    assert assessed() == TeamReads(Fraction(0), (), ())


def test_article_without_figure_is_left_out_of_the_mean_and_told() -> None:
    found = assessed(("campaign", 1500), ("campaign", None))
    assert found.categories[0].mean == 1500
    assert found.missing == ("A1",)


def test_category_whose_figures_are_all_missing_is_not_assessed() -> None:
    found = assessed(("campaign", None), ("welfare", 1000), ("other", None))
    assert [each.category for each in found.categories] == ["welfare"]
    assert found.missing == ("A0",)
    assert found.shortfall == 0


def test_campaign_stands_before_welfare_whatever_the_order_of_articles() -> None:
    found = assessed(("welfare", 1), ("campaign", 1))
    assert [each.category for each in found.categories] == ["campaign", "welfare"]
