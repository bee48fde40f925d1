"""Which days are the baseline (docs/rules.md §3, §11); every date is found by hand.

October 2026 begins on a Thursday: Saturdays 3, 10, 17, 24, 31; Sundays 4, 11, 18, 25.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from campaigns.baselines import Facts, Pick, pick, year_before
from haitang.policy.document import Comparator, Policy
from tests.factories.rules import make_calendar, make_facts, make_policy

SATURDAY = date(2026, 10, 17)
WEDNESDAY = date(2026, 10, 21)
WEEKEND: Comparator = "weekend_average"
MEMBER: Comparator = "member_day_average"
ORDINARY: Comparator = "ordinary_day_average"


def found(
    comparator: Comparator,
    day: date,
    *,
    facts: Facts | None = None,
    policy: Policy | None = None,
    **options: Any,
) -> Pick:
    return pick(
        comparator,
        store="S01",
        day=day,
        policy=policy or make_policy(options),
        facts=facts or make_facts(),
    )


def dates(*texts: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(text) for text in texts)


def skips(picked: Pick) -> list[tuple[str, str]]:
    return [(skip.day.isoformat(), skip.reason) for skip in picked.skipped]


def test_weekend_takes_the_three_same_weekdays_before() -> None:
    picked = found(WEEKEND, SATURDAY)
    assert picked.days == dates("2026-10-10", "2026-10-03", "2026-09-26")
    assert not picked.skipped
    assert not picked.insufficient


def test_weekend_skips_each_unfit_saturday_with_its_reason_and_goes_further_back() -> None:
    """10-10 in a campaign, 10-03 a holiday, 09-26 no sales, 09-19 a make-up workday."""
    facts = make_facts(
        closed=[("S01", date(2026, 9, 26))],
        took_part=[("S01", date(2026, 10, 10)), ("S02", date(2026, 9, 12))],
        calendar=make_calendar(holidays=[date(2026, 10, 3)], makeup=[date(2026, 9, 19)]),
    )
    picked = found(WEEKEND, SATURDAY, facts=facts)
    assert picked.days == dates("2026-09-12", "2026-09-05", "2026-08-29")
    assert skips(picked) == [
        ("2026-10-10", "in_campaign"),
        ("2026-10-03", "holiday"),
        ("2026-09-26", "no_sales"),
        ("2026-09-19", "makeup_workday"),
    ]


def test_weekend_search_ends_after_twelve_weeks() -> None:
    """12 weeks before 17 October is 25 July; 18 July would be the thirteenth."""
    only = [date(2026, 7, 25), date(2026, 7, 18)]
    facts = Facts(frozenset(("S01", day) for day in only), frozenset(), make_calendar())
    picked = found(WEEKEND, SATURDAY, facts=facts)
    assert picked.days == dates("2026-07-25")
    assert picked.insufficient
    assert len(picked.skipped) == 11


def test_weekend_both_days_takes_sunday_then_saturday_of_the_three_weekends_before() -> None:
    expected = dates(
        "2026-10-11", "2026-10-10", "2026-10-04", "2026-10-03", "2026-09-27", "2026-09-26"
    )
    for day in (SATURDAY, SATURDAY + timedelta(days=1)):
        picked = found(WEEKEND, day, weekend_days="both_days")
        assert picked.days == expected
        assert picked.needed == 6


def test_weekend_both_days_reaches_twelve_whole_weekends() -> None:
    """The twelfth weekend before that of 17–18 October is 25–26 July."""
    last, beyond = date(2026, 7, 25), date(2026, 7, 19)
    for day in (SATURDAY, SATURDAY + timedelta(days=1)):
        facts = make_facts(first=beyond, last=last)
        picked = found(WEEKEND, day, facts=facts, weekend_days="both_days")
        assert picked.days == (last,)
        assert len(picked.skipped) == 23


def test_member_day_takes_the_same_day_of_the_three_months_before() -> None:
    assert found(MEMBER, date(2026, 10, 8)).days == dates("2026-09-08", "2026-08-08", "2026-07-08")


def test_member_day_knows_no_holiday_weekend_or_makeup_workday() -> None:
    facts = make_facts(
        calendar=make_calendar(holidays=[date(2026, 9, 8)], makeup=[date(2026, 8, 8)])
    )
    picked = found(MEMBER, date(2026, 10, 8), facts=facts)
    assert picked.days == dates("2026-09-08", "2026-08-08", "2026-07-08")


def test_member_day_skips_campaigns_and_closed_days() -> None:
    facts = make_facts(closed=[("S01", date(2026, 9, 8))], took_part=[("S01", date(2026, 8, 8))])
    picked = found(MEMBER, date(2026, 10, 8), facts=facts)
    assert picked.days == dates("2026-07-08", "2026-06-08", "2026-05-08")
    assert skips(picked) == [("2026-09-08", "no_sales"), ("2026-08-08", "in_campaign")]


def test_member_day_leaves_out_months_that_lack_the_day() -> None:
    """31 May: of November to April only December, January and March have a 31st."""
    picked = found(MEMBER, date(2026, 5, 31))
    assert picked.days == dates("2026-03-31", "2026-01-31", "2025-12-31")
    assert not picked.skipped
    assert found(MEMBER, date(2026, 3, 29)).days == dates("2026-01-29", "2025-12-29", "2025-11-29")


def test_member_day_search_ends_after_six_months() -> None:
    facts = make_facts(first=date(2026, 1, 1), last=date(2026, 4, 30))
    picked = found(MEMBER, date(2026, 10, 8), facts=facts)
    assert picked.days == dates("2026-04-08")
    assert picked.insufficient
    assert len(picked.skipped) == 5


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-07-08", ("2026-06-08", "2026-05-08", "2026-04-08")),
        ("2026-12-28", ("2026-06-28", "2026-05-28", "2026-04-28")),
        ("2026-06-28", ("2025-06-28", "2025-05-28", "2025-04-28")),
        ("2026-01-08", ("2025-06-08", "2025-05-08", "2025-04-08")),
        ("2026-08-31", ("2026-05-31", "2026-03-31", "2026-01-31")),
    ],
)
def test_first_half_counts_down_from_june_of_the_half_year_that_ended(
    day: str, expected: tuple[str, ...]
) -> None:
    picked = found(MEMBER, date.fromisoformat(day), member_day_months="first_half")
    assert picked.days == dates(*expected)


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-10-08", "2026-03-08"), ("2026-03-08", "2025-03-08"), ("2026-02-18", "2025-03-18")],
)
def test_march_needs_the_one_day_of_the_march_before(day: str, expected: str) -> None:
    policy = make_policy(
        {"member_day_months": "march"}, baseline={"member_day": {"n": 3, "months_back": 1}}
    )
    picked = found(MEMBER, date.fromisoformat(day), policy=policy)
    assert picked.days == dates(expected)
    assert picked.needed == 1
    assert not picked.insufficient


def test_first_half_ignores_months_back() -> None:
    policy = make_policy(
        {"member_day_months": "first_half"}, baseline={"member_day": {"n": 4, "months_back": 1}}
    )
    picked = found(MEMBER, date(2026, 12, 8), policy=policy)
    assert picked.days == dates("2026-06-08", "2026-05-08", "2026-04-08", "2026-03-08")


def test_ordinary_days_are_the_working_days_before() -> None:
    """From Wednesday 21: Tuesday 20, Monday 19; Sunday 18, Saturday 17 skipped; Friday 16."""
    picked = found(ORDINARY, WEDNESDAY)
    assert picked.days == dates("2026-10-20", "2026-10-19", "2026-10-16")
    assert skips(picked) == [("2026-10-18", "weekend"), ("2026-10-17", "weekend")]


def test_ordinary_day_may_be_a_makeup_workday_but_no_member_day_or_holiday() -> None:
    """From Friday 9 October: 8 a member day, 7–5 holidays, 4 and 3 made workdays, 2 ordinary."""
    calendar = make_calendar(
        holidays=[date(2026, 10, day) for day in (5, 6, 7)],
        makeup=[date(2026, 10, 3), date(2026, 10, 4)],
    )
    picked = found(ORDINARY, date(2026, 10, 9), facts=make_facts(calendar=calendar))
    assert picked.days == dates("2026-10-04", "2026-10-03", "2026-10-02")
    assert skips(picked) == [
        ("2026-10-08", "member_day"),
        ("2026-10-07", "holiday"),
        ("2026-10-06", "holiday"),
        ("2026-10-05", "holiday"),
    ]


def test_member_day_on_a_makeup_workday_is_a_member_day() -> None:
    facts = make_facts(calendar=make_calendar(makeup=[date(2026, 10, 18)]))
    picked = found(ORDINARY, date(2026, 10, 19), facts=facts)
    assert skips(picked)[0] == ("2026-10-18", "member_day")


def test_first_failing_test_is_the_reason() -> None:
    """Sunday 18 October fails four tests of an ordinary day; one after the other is taken away."""
    sunday = date(2026, 10, 18)
    closed, busy = [("S01", sunday)], [("S01", sunday)]
    holiday = make_calendar(holidays=[sunday])
    monday = sunday + timedelta(days=1)
    for facts, reason in (
        (make_facts(closed=closed, took_part=busy, calendar=holiday), "no_sales"),
        (make_facts(took_part=busy, calendar=holiday), "in_campaign"),
        (make_facts(calendar=holiday), "holiday"),
        (make_facts(), "weekend"),
    ):
        assert skips(found(ORDINARY, monday, facts=facts))[0] == ("2026-10-18", reason)


def test_campaign_comes_before_the_weekends_own_test() -> None:
    saturday = date(2026, 10, 10)
    facts = make_facts(took_part=[("S01", saturday)], calendar=make_calendar(makeup=[saturday]))
    assert skips(found(WEEKEND, SATURDAY, facts=facts))[0] == ("2026-10-10", "in_campaign")


def test_ordinary_search_ends_after_sixty_days() -> None:
    """60 days before 21 October is 22 August, a Saturday made a workday; 21 August is beyond."""
    facts = make_facts(
        first=date(2026, 8, 21),
        last=date(2026, 8, 22),
        calendar=make_calendar(makeup=[date(2026, 8, 22)]),
    )
    picked = found(ORDINARY, WEDNESDAY, facts=facts)
    assert picked.days == dates("2026-08-22")
    assert len(picked.skipped) == 59


def test_not_skipping_ineligible_days_waives_all_but_no_sales() -> None:
    """20 in a campaign, 19 a holiday: both stand; 18, a closed Sunday, does not; 17 stands."""
    facts = make_facts(
        closed=[("S01", date(2026, 10, 18))],
        took_part=[("S01", date(2026, 10, 20))],
        calendar=make_calendar(holidays=[date(2026, 10, 19)], years=[]),
    )
    picked = found(ORDINARY, WEDNESDAY, facts=facts, skip_ineligible=False)
    assert picked.days == dates("2026-10-20", "2026-10-19", "2026-10-17")
    assert skips(picked) == [("2026-10-18", "no_sales")]
    assert not picked.calendar_missing


def test_calendar_is_missing_only_when_the_search_reaches_an_unknown_year() -> None:
    known_2026 = make_facts(calendar=make_calendar(years=[2026]))
    january = date(2026, 1, 24)  # a Saturday: 17, 10 and 3 January suffice
    assert not found(WEEKEND, january, facts=known_2026).calendar_missing
    assert found(WEEKEND, date(2026, 1, 17), facts=known_2026).calendar_missing
    assert found(ORDINARY, date(2026, 1, 5), facts=known_2026).calendar_missing
    assert not found(MEMBER, date(2026, 1, 8), facts=known_2026).calendar_missing


def test_calendar_of_the_new_year_is_missing_although_the_search_ends_in_a_known_one() -> None:
    """From Monday 4 January 2027: 1 January is of a year unknown, 31 and 30 December are not."""
    facts = make_facts(last=date(2027, 1, 31), calendar=make_calendar(years=[2026]))
    picked = found(ORDINARY, date(2027, 1, 4), facts=facts)
    assert picked.days == dates("2027-01-01", "2026-12-31", "2026-12-30")
    assert picked.calendar_missing


@pytest.mark.parametrize(
    ("day", "option", "before"),
    [
        ("2026-10-17", "same_date", "2025-10-17"),
        ("2024-02-29", "same_date", "2023-02-28"),
        ("2024-02-28", "same_date", "2023-02-28"),
        ("2025-02-28", "same_date", "2024-02-28"),
        ("2026-10-17", "same_weekday", "2025-10-18"),
        ("2024-02-29", "same_weekday", "2023-03-02"),
        ("2024-12-31", "same_weekday", "2024-01-02"),
    ],
)
def test_year_before_is_the_same_date_or_364_days_before(
    day: str, option: str, before: str
) -> None:
    policy = make_policy({"year_on_year": option})
    assert year_before(date.fromisoformat(day), policy) == date.fromisoformat(before)
