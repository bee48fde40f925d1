"""Each ▲ option of the rules changes a figure of a small month, worked by hand.

A story builds October 2026 and names one figure of the settlement document; ``figures`` holds
what it is under each value of the option. Unless it says otherwise a story stands on the
*plain month*: store S01, one manufacturer campaign on Wednesday 21 October with a margin of
1100.00 against three ordinary days of 100.00 each (the 20th, 19th and 16th: 17 and 18 are a
weekend), so the uplift is 1000.00, the pool 200.00, a coefficient of 0.15 is 30.00, one of 0.10
is 20.00 and the reserve's 0.20 is 40.00.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from accounts.roles import Role
from campaigns.models import Store
from haitang.policy.options import OPTIONS, Value
from tests.factories.people import make_tenure, make_user
from tests.factories.trade import (
    Sold,
    end_tenure,
    make_article,
    make_campaign,
    make_event,
    make_manuscript,
    make_store,
    make_team,
    plain_calendar,
    publish,
    sell,
    sell_days,
)

ORDINARY = {"2026-10-20": "100", "2026-10-19": "100", "2026-10-16": "100"}
EASY_READS = {"base_year": 2026, "campaign": 1000, "welfare": 500}
Document = dict[str, Any]


@dataclass(frozen=True)
class Story:
    """One option, the month that shows it, the figure it changes and its value by option."""

    option: str
    build: Callable[[], None]
    figure: Callable[[list[Document]], str]
    figures: Mapping[Value, str]
    policy: Mapping[str, Any] | None = None


def plain_month() -> None:
    store = make_store()
    make_campaign(stores=[store])
    sell_days(store, {"2026-10-21": "1100", **ORDINARY})


def uplift(months: list[Document]) -> str:
    return str(months[0]["margin_uplift"])


def role(code: str, key: str = "payable") -> Callable[[list[Document]], str]:
    return lambda months: str(next(r[key] for r in months[0]["roles"] if r["role"] == code))


def payees(code: str) -> Callable[[list[Document]], str]:
    def shown(months: list[Document]) -> str:
        entry = next(r for r in months[0]["roles"] if r["role"] == code)
        return " ".join(f"{each['username']} {each['amount']}" for each in entry["payees"])

    return shown


def planner_changes_on_the_11th() -> None:
    """30.00: by days 10/31 = 9.677… and 21/31 = 20.322…; floors 9.67 + 20.32, the fen to .7."""
    plain_month()
    end_tenure(User.objects.get(username="planner"), date(2026, 10, 10))
    make_tenure(user=make_user(username="zhou"), role=Role.PLANNER, valid_from=date(2026, 10, 11))


def some_customers_took_part() -> None:
    """Card A of the participants: 500 against (50 + 100 + 0) / 3 = 50 → 450.00; all: 1000.00."""
    store = make_store()
    make_campaign(stores=[store], cards=["A", "never seen"])
    sell(store, "2026-10-21", Sold("500", "R1", card="A"), Sold("600", "R2", card="B"))
    sell(store, "2026-10-20", Sold("50", "R1", card="A"), Sold("50", "R2"))
    sell(store, "2026-10-19", Sold("100", "R1", card="A"))
    sell(store, "2026-10-16", Sold("100", "R1", card="B"))


def weekend_lies_between() -> None:
    """Sunday 18 sold 70: (100 + 100 + 70) / 3 = 90 when it is not skipped → 1010.00."""
    plain_month()
    store = Store.objects.get(code="S01")
    sell_days(store, {"2026-10-18": "70", "2026-10-17": "40"})


def saturday_campaign() -> None:
    """1200 − (100+200+300)/3 = 1000.00; with Sundays 400, 500, 600: 1200 − 2100/6 = 850.00."""
    store = make_store()
    make_campaign(stores=[store], kind="weekend", start=date(2026, 10, 17))
    sell_days(store, {"2026-10-17": "1200"})
    sell_days(store, {"2026-10-10": "100", "2026-10-03": "200", "2026-09-26": "300"})
    sell_days(store, {"2026-10-11": "400", "2026-10-04": "500", "2026-09-27": "600"})


def member_day_campaign() -> None:
    """8 October, 1200. September, August, July: 200; June, May, April: 500; March: 700."""
    store = make_store()
    make_campaign(stores=[store], kind="member_day", start=date(2026, 10, 8))
    months = {9: "100", 8: "200", 7: "300", 6: "400", 5: "500", 4: "600", 3: "700"}
    sell_days(store, {"2026-10-08": "1200"})
    sell_days(store, {f"2026-{month:02}-08": margin for month, margin in months.items()})


def chain_campaign(*, new_store: bool = False) -> None:
    """21–22 October 800 + 500. A year before: 100 + 200 by date, 200 + 450 by weekday."""
    store = make_store()
    sell_days(store, {"2026-10-21": "800", "2026-10-22": "500"})
    sell_days(store, {"2025-10-21": "100", "2025-10-22": "200", "2025-10-23": "450"})
    if new_store:
        young = make_store("S02", opened_on=date(2026, 1, 1))
        sell_days(young, {"2026-10-21": "150", "2026-10-22": "50"})
    make_campaign(stores=None, scale="large", end=date(2026, 10, 22))


def one_campaign_loses() -> None:
    """C1 +1000.00; C2 at S02: 0 against 300 a day → −300.00."""
    plain_month()
    other = make_store("S02")
    make_campaign("C2", stores=[other])
    sell(other, "2026-10-21", "0")
    sell_days(other, dict.fromkeys(ORDINARY, "300"))


def article_read_but_not_followed() -> None:
    """Target 1000: 1000 reads are enough; 400 follows lack 0.6 → 30.00 × 0.4 = 12.00."""
    plain_month()
    make_article("A2", "campaign", reads=1000, follows=400)


def both_kinds_read_too_little() -> None:
    """800 of 1000: 0.2; 350 of 500: 0.3. Largest 0.3 → 21.00; sum 0.5 → 15.00."""
    plain_month()
    make_article("A2", "campaign", reads=800)
    make_article("A3", "welfare", reads=350)


def campaign_articles_read_too_little() -> None:
    """800 of 1000: a shortfall of 0.2 → the reserve's 40.00 or 32.00."""
    plain_month()
    make_article("A2", "campaign", reads=800)


def three_cuts_meet() -> None:
    """20.00 × 0.8 × 0.7 × 0.9 = 10.08, or 20.00 × (1 − 0.2 − 0.3 − 0.1) = 8.00."""
    plain_month()
    make_event("it.interface_incomplete", month="2025-12")
    make_event("it.complaint", "3")
    make_article("A2", "campaign", reads=900)


def planner_loses_half() -> None:
    """15.00 of the planner's 30.00 withheld: the reserve gets 40.00 or 55.00."""
    plain_month()
    make_event("planner.assessment", "50")


def one_fee_in_october() -> None:
    """October closes at 2000 − 100; November opens with it or with nothing."""
    plain_month()
    make_manuscript("M1", date(2026, 10, 9))


STORIES = [
    Story(
        "holders",
        planner_changes_on_the_11th,
        payees("planner"),
        {"last_day": "zhou 30.00", "by_days": "planner 9.68 zhou 20.32"},
    ),
    Story(
        "attribution",
        some_customers_took_part,
        uplift,
        {"whole_store": "1000.00", "participants": "450.00"},
    ),
    Story("skip_ineligible", weekend_lies_between, uplift, {True: "1000.00", False: "1010.00"}),
    Story(
        "weekend_days",
        saturday_campaign,
        uplift,
        {"same_weekday": "1000.00", "both_days": "850.00"},
    ),
    Story(
        "member_day_months",
        member_day_campaign,
        uplift,
        {"preceding": "1000.00", "first_half": "700.00", "march": "500.00"},
    ),
    Story(
        "year_on_year", chain_campaign, uplift, {"same_date": "1000.00", "same_weekday": "650.00"}
    ),
    Story(
        "new_store",
        lambda: chain_campaign(new_store=True),
        uplift,
        {"left_out": "1000.00", "zero_baseline": "1200.00"},
    ),
    Story("floor", one_campaign_loses, uplift, {"month": "700.00", "campaign": "1000.00"}),
    Story(
        "attention",
        article_read_but_not_followed,
        role("planner"),
        {"reads": "30.00", "follows": "12.00"},
        {"reads": EASY_READS},
    ),
    Story(
        "reads_combine",
        both_kinds_read_too_little,
        role("planner"),
        {"largest": "21.00", "sum": "15.00"},
        {"reads": EASY_READS},
    ),
    Story(
        "shortfall_reserve",
        campaign_articles_read_too_little,
        role("reserve"),
        {False: "40.00", True: "32.00"},
        {"reads": EASY_READS},
    ),
    Story(
        "cuts",
        three_cuts_meet,
        role("it"),
        {"multiply": "10.08", "add": "8.00"},
        {"reads": EASY_READS},
    ),
    Story(
        "withheld_to",
        planner_loses_half,
        lambda months: str(months[0]["reserve"]["credited"]),
        {"company": "40.00", "reserve": "55.00"},
    ),
    Story(
        "fund_carries",
        one_fee_in_october,
        lambda months: f"{months[1]['fund']['opening']} {months[1]['fund']['closing']}",
        {True: "1900.00 3900.00", False: "0.00 2000.00"},
    ),
]
CASES = [(story, value) for story in STORIES for value in story.figures]


def settled() -> list[Document]:
    """October and November 2026 as ``settle --json`` prints them."""
    out = io.StringIO()
    call_command("settle", "2026-10", "--json", "--until", "2026-11", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("story", "value"), CASES, ids=[f"{story.option}-{value}" for story, value in CASES]
)
def test_option_changes_the_figure(story: Story, value: Value) -> None:
    plain_calendar(2025, 2026)
    make_team()
    story.build()
    publish({story.option: value}, **(story.policy or {}))
    assert story.figure(settled()) == story.figures[value]


def test_every_value_of_every_option_has_its_story() -> None:
    told = {story.option: list(story.figures) for story in STORIES}
    assert told == {key: list(option.meanings) for key, option in OPTIONS.items()}
    assert len(told) == 14
    for story in STORIES:
        assert len(set(story.figures.values())) == len(story.figures)
