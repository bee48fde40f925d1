"""What counts and what a campaign brought (docs/rules.md §2, §3, §11); figures by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from campaigns.baselines import Facts
from campaigns.document import shown_campaign, shown_days
from campaigns.uplift import (
    CampaignFacts,
    CampaignUplift,
    Metrics,
    Plan,
    Problem,
    evaluate,
    kept_by,
    plan,
)
from haitang.policy.document import Policy
from tests.factories.rules import LONG_OPEN, make_campaign_facts, make_facts, make_policy

SATURDAY, SUNDAY = date(2026, 10, 17), date(2026, 10, 18)
STORES = ("S01", "S02", "S03")


def planned(
    campaign: CampaignFacts,
    *others: CampaignFacts,
    facts: Facts | None = None,
    policy: Policy | None = None,
    **options: Any,
) -> Plan:
    return plan(
        campaign,
        policy=policy or make_policy(options),
        facts=facts or make_facts(stores=STORES),
        keeper=kept_by([campaign, *others]),
    )


def with_margins(campaign: Plan, margins: Mapping[tuple[str, date], int]) -> CampaignUplift:
    return evaluate(campaign, {key: Metrics(margin=fen) for key, fen in margins.items()})


def reasons(of: Plan) -> list[tuple[str, str]]:
    return [(problem.code, problem.store) for problem in of.problems]


def test_uplift_is_actual_minus_the_mean_metric_by_metric() -> None:
    """Baseline days 60+70+80 fen margin → 70; 4+5+7 customers → 16/3; actual 100 and 9."""
    figures = {
        ("S01", SATURDAY): Metrics(9, 9000, 500, 100, 2000),
        ("S01", date(2026, 10, 10)): Metrics(4, 4000, 300, 60, 0),
        ("S01", date(2026, 10, 3)): Metrics(5, 5000, 300, 70, 1000),
        ("S01", date(2026, 9, 26)): Metrics(7, 7000, 400, 80, 1000),
    }
    result = evaluate(planned(make_campaign_facts()), figures)
    assert result.uplift == Metrics(
        Fraction(11, 3), 9000 - Fraction(16000, 3), 500 - Fraction(1000, 3), 30, Fraction(4000, 3)
    )
    assert result.uplift.shown() == {
        "customers": "3.67",
        "units": "3.67",
        "amount": "1.67",
        "margin": "0.30",
        "item_units": "1.33",
    }


def test_campaign_is_rounded_only_after_its_stores_are_summed() -> None:
    """Each of three stores: baseline (1+0+0)/3 fen, actual 0 → −⅓; the sum is −1, not 0."""
    campaign = make_campaign_facts(scale="medium", stores=STORES)
    margins = {(store, date(2026, 10, 10)): 1 for store in STORES}
    result = with_margins(planned(campaign), margins)
    assert result.uplift.margin == -1
    shown = shown_campaign(result)
    assert shown["uplift"]["margin"] == "-0.01"  # type: ignore[index]
    assert [store["margin_uplift"] for store in shown["stores"]] == ["0.00"] * 3  # type: ignore[attr-defined]


def test_several_days_are_computed_day_by_day_each_with_its_own_baseline() -> None:
    """Saturday 100 − mean(10, 20, 30) = 80; Sunday 200 − mean(40, 50, 60) = 150; sum 230."""
    campaign = make_campaign_facts(end=SUNDAY)
    margins = {("S01", SATURDAY): 100, ("S01", SUNDAY): 200}
    for week, (saturday, sunday) in enumerate([(10, 40), (20, 50), (30, 60)], 1):
        margins["S01", SATURDAY - timedelta(weeks=week)] = saturday
        margins["S01", SUNDAY - timedelta(weeks=week)] = sunday
    result = with_margins(planned(campaign), margins)
    assert result.uplift.margin == 230
    assert shown_campaign(result)["stores"][0]["baseline_days"] == [  # type: ignore[index]
        *("2026-10-10", "2026-10-03", "2026-09-26"),
        *("2026-10-11", "2026-10-04", "2026-09-27"),
    ]


def test_insufficient_baseline_uses_those_there_are() -> None:
    """Only 10 and 3 October traded: mean of the two, and one problem for the store."""
    facts = make_facts(stores=["S01"], first=date(2026, 10, 3))
    result = with_margins(
        planned(make_campaign_facts(), facts=facts),
        {("S01", SATURDAY): 100, ("S01", date(2026, 10, 10)): 30, ("S01", date(2026, 10, 3)): 20},
    )
    assert result.uplift.margin == 75
    assert reasons(result.plan) == [("insufficient_baseline", "S01")]


def test_store_without_any_baseline_day_is_left_out_and_not_reported_for_missing_sales() -> None:
    facts = make_facts(stores=["S02"])
    campaign = make_campaign_facts(scale="medium", stores=["S01", "S02"])
    result = planned(campaign, facts=facts)
    assert result.left_out == {"S01": "insufficient_baseline"}
    assert reasons(result) == [("insufficient_baseline", "S01")]


def test_missing_campaign_sales_count_as_zero_and_are_reported_once() -> None:
    """Both days without a line: 0 − 10 on each, −20 in all, one problem."""
    facts = make_facts(closed=[("S01", SATURDAY), ("S01", SUNDAY)])
    campaign = make_campaign_facts(end=SUNDAY)
    margins = {
        ("S01", day - timedelta(weeks=week)): 10 for day in (SATURDAY, SUNDAY) for week in (1, 2, 3)
    }
    result = with_margins(planned(campaign, facts=facts), margins)
    assert result.uplift.margin == -20
    assert reasons(result.plan) == [("missing_campaign_sales", "S01")]


def test_campaign_without_article_is_reported_as_a_whole() -> None:
    result = planned(make_campaign_facts(has_article=False))
    assert result.problems == (Problem("no_article", "C1"),)


# One store-day counts once


def test_smaller_scale_keeps_a_shared_day_then_the_lower_code() -> None:
    small = make_campaign_facts("C9", scale="small")
    medium = make_campaign_facts("C2", scale="medium", stores=["S01", "S02"])
    other = make_campaign_facts("C1", scale="medium", stores=["S02", "S03"])
    large = make_campaign_facts("A0", scale="large", end=SUNDAY, stores=STORES)
    keeper = kept_by([large, medium, small, other])
    assert keeper["S01", SATURDAY] == "C9"
    assert keeper["S02", SATURDAY] == "C1"
    assert keeper["S03", SATURDAY] == "C1"
    assert {keeper[store, SUNDAY] for store in STORES} == {"A0"}


def test_only_completed_campaigns_keep_days() -> None:
    planned_one = make_campaign_facts("C1", status="planned")
    running = make_campaign_facts("C2", status="running")
    done = make_campaign_facts("C3", scale="medium")
    assert kept_by([planned_one, running, done]) == {("S01", SATURDAY): "C3"}


def test_day_kept_by_another_is_left_out_with_the_campaign_day_and_reported() -> None:
    """S01's Saturday belongs to the small C9; of the medium C1 its Sunday still counts."""
    campaign = make_campaign_facts("C1", scale="medium", end=SUNDAY, stores=["S01", "S02"])
    result = planned(campaign, make_campaign_facts("C9"))
    assert reasons(result) == [("overlapping_campaigns", "S01")]
    assert result.left_out == {}
    first = result.days[0]
    assert (first.store, first.day, first.left_out) == ("S01", SATURDAY, "overlapping_campaigns")
    shown = shown_campaign(evaluate(result, {}))
    assert shown["stores"][0]["skipped_days"] == [  # type: ignore[index]
        {"date": "2026-10-17", "reason": "overlapping_campaigns"}
    ]
    assert [each["left_out"] for each in shown_days(evaluate(result, {}))] == [
        "overlapping_campaigns",
        "",
        "",
        "",
    ]


def test_store_all_of_whose_days_belong_to_others_is_left_out_for_that() -> None:
    result = planned(make_campaign_facts("C2"), make_campaign_facts("C1"))
    assert result.left_out == {"S01": "overlapping_campaigns"}
    assert evaluate(result, {}).stores == ()


def test_store_with_one_day_taken_and_one_without_baseline_is_left_out_for_the_baseline() -> None:
    facts = make_facts(first=SATURDAY)
    campaign = make_campaign_facts("C2", end=SUNDAY)
    result = planned(campaign, make_campaign_facts("C1"), facts=facts)
    assert result.left_out == {"S01": "insufficient_baseline"}
    assert reasons(result) == [("insufficient_baseline", "S01"), ("overlapping_campaigns", "S01")]


def test_campaign_keeps_a_day_even_where_it_cannot_count_it() -> None:
    """C1 finds no baseline at all; C2 leaves the day out all the same."""
    facts = make_facts(first=SATURDAY)
    small, other = make_campaign_facts("C1"), make_campaign_facts("C2")
    assert planned(small, other, facts=facts).left_out == {"S01": "insufficient_baseline"}
    assert planned(other, small, facts=facts).left_out == {"S01": "overlapping_campaigns"}


# Year on year


def large(**fields: Any) -> CampaignFacts:
    return make_campaign_facts(**{"scale": "large", "end": SUNDAY, "stores": STORES, **fields})


def test_year_on_year_sums_the_pairs() -> None:
    """100 + 200 against 30 + 40 a year before: 230."""
    result = with_margins(
        planned(large(stores=["S01"])),
        {
            ("S01", SATURDAY): 100,
            ("S01", SUNDAY): 200,
            ("S01", date(2025, 10, 17)): 30,
            ("S01", date(2025, 10, 18)): 40,
        },
    )
    assert result.plan.comparator == "year_on_year"
    assert result.uplift.margin == 230


def test_leap_day_and_the_day_before_meet_the_same_day_twice() -> None:
    """28 and 29 February 2024 both meet 28 February 2023: baseline 50 + 50."""
    campaign = large(stores=["S01"], start=date(2024, 2, 28), end=date(2024, 2, 29))
    result = with_margins(
        planned(campaign, facts=make_facts(first=date(2023, 1, 1))),
        {
            ("S01", date(2024, 2, 28)): 70,
            ("S01", date(2024, 2, 29)): 80,
            ("S01", date(2023, 2, 28)): 50,
        },
    )
    assert result.uplift.margin == 50
    shown = shown_campaign(result)["stores"][0]  # type: ignore[index]
    assert shown["baseline_days"] == ["2023-02-28", "2023-02-28"]


def test_store_opened_on_the_first_day_a_year_before_is_comparable_and_later_is_not() -> None:
    opened = {"S01": date(2025, 10, 17), "S02": date(2025, 10, 18)}
    assert planned(large(stores=opened)).left_out == {"S02": "not_comparable"}


def test_same_weekday_shifts_the_day_by_which_a_store_must_be_open() -> None:
    """364 days before 17 October 2026 is 18 October 2025."""
    opened = {"S01": date(2025, 10, 18), "S02": date(2025, 10, 19)}
    result = planned(large(stores=opened), year_on_year="same_weekday")
    assert result.left_out == {"S02": "not_comparable"}


def test_pair_without_sales_a_year_before_is_left_out_on_both_sides() -> None:
    """Sunday's pair lacks sales: 100 − 30 = 70 although Sunday brought 200."""
    before = date(2025, 10, 18)
    result = with_margins(
        planned(large(stores=["S01"]), facts=make_facts(closed=[("S01", before)])),
        {("S01", SATURDAY): 100, ("S01", SUNDAY): 200, ("S01", date(2025, 10, 17)): 30},
    )
    assert result.uplift.margin == 70
    assert result.plan.problems == ()
    shown = shown_campaign(result)["stores"][0]  # type: ignore[index]
    assert shown["skipped_days"] == [{"date": "2025-10-18", "reason": "no_sales"}]


def test_store_whose_pairs_all_lack_sales_is_not_comparable_even_with_zero_baseline() -> None:
    facts = make_facts(first=date(2026, 1, 1))
    for option in ("left_out", "zero_baseline"):
        result = planned(large(stores=["S01"]), facts=facts, new_store=option)
        assert result.left_out == {"S01": "not_comparable"}


def test_new_store_counts_against_zero_by_option() -> None:
    """Opened in 2026: 100 + 200 − 0 − 0, without baseline days."""
    result = with_margins(
        planned(large(stores={"S01": date(2026, 1, 1)}), new_store="zero_baseline"),
        {("S01", SATURDAY): 100, ("S01", SUNDAY): 200},
    )
    assert result.uplift.margin == 300
    shown = shown_campaign(result)["stores"][0]  # type: ignore[index]
    assert (shown["baseline_days"], shown["skipped_days"]) == ([], [])


def test_store_that_opened_too_late_is_not_reported_for_overlapping() -> None:
    opened = {"S01": LONG_OPEN, "S02": date(2026, 1, 1)}
    small = [make_campaign_facts("C8"), make_campaign_facts("C9", stores=["S02"])]
    result = planned(large(stores=opened), *small)
    assert reasons(result) == [("overlapping_campaigns", "S01")]
    assert result.left_out == {"S02": "not_comparable"}


def test_last_years_campaigns_stay_in_the_baseline() -> None:
    facts = make_facts(stores=["S01"], took_part=[("S01", date(2025, 10, 17))])
    result = planned(large(stores=["S01"]), facts=facts)
    assert result.days[0].baseline == (date(2025, 10, 17),)


scopes = st.lists(
    st.tuples(
        st.sampled_from(["small", "medium", "large"]),
        st.integers(0, 4),
        st.integers(0, 3),
        st.sets(st.sampled_from(STORES), min_size=1),
    ),
    min_size=1,
    max_size=6,
)


@given(scopes=scopes)
def test_store_day_never_counts_twice(
    scopes: list[tuple[str, int, int, set[str]]],
) -> None:
    campaigns = [
        make_campaign_facts(
            f"C{number}",
            scale=scale,
            kind="manufacturer",
            start=SATURDAY + timedelta(days=start),
            end=SATURDAY + timedelta(days=start + length),
            stores=sorted(stores),
        )
        for number, (scale, start, length, stores) in enumerate(scopes)
    ]
    counted = []
    for campaign in campaigns:
        others = [each for each in campaigns if each is not campaign]
        result = planned(campaign, *others)
        counted += [(day.store, day.day) for day in result.counted]
    covered = {(store, day) for each in campaigns for store in each.stores for day in each.days}
    assert len(counted) == len(set(counted))
    assert set(counted) == covered


@given(scopes=scopes, shuffle=st.randoms())
def test_order_of_campaigns_is_irrelevant_to_who_keeps_a_day(
    scopes: list[tuple[str, int, int, set[str]]], shuffle: Any
) -> None:
    campaigns = [
        make_campaign_facts(
            f"C{number}", scale=scale, end=SATURDAY + timedelta(days=length), stores=sorted(stores)
        )
        for number, (scale, _, length, stores) in enumerate(scopes)
    ]
    mixed = list(campaigns)
    shuffle.shuffle(mixed)
    assert kept_by(mixed) == kept_by(campaigns)
