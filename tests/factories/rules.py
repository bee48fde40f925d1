"""Inputs of the pure rules, with defaults that change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from campaigns.baselines import Facts
from campaigns.calendar import Calendar
from campaigns.uplift import (
    CampaignFacts,
    CampaignUplift,
    Metrics,
    Plan,
    PlannedDay,
    Problem,
    evaluate,
)
from haitang.kernel.clock import Month, days_between
from haitang.policy.document import Policy, parse
from incentives.calculation.funds import Balances
from incentives.calculation.settlement import Inputs
from incentives.calculation.split import Holding

ALL_YEARS = frozenset(range(2000, 2040))
LONG_OPEN = date(2010, 1, 1)


def make_policy(options: Mapping[str, Any] | None = None, **fields: Any) -> Policy:
    """The default policy with other options and fields."""
    return parse({**fields, "options": dict(options or {})})


def make_calendar(
    *,
    holidays: Iterable[date] = (),
    makeup: Iterable[date] = (),
    years: Iterable[int] = ALL_YEARS,
) -> Calendar:
    """A calendar that knows these years and, in them, nothing but what is given."""
    days = dict.fromkeys(holidays, "holiday") | dict.fromkeys(makeup, "makeup_workday")
    return Calendar(days, frozenset(years))


def make_facts(
    *,
    stores: Iterable[str] = ("S01",),
    first: date = date(2024, 1, 1),
    last: date = date(2026, 12, 31),
    closed: Iterable[tuple[str, date]] = (),
    took_part: Iterable[tuple[str, date]] = (),
    calendar: Calendar | None = None,
) -> Facts:
    """Every store traded every day from first to last, but on those closed."""
    traded = {(store, day) for store in stores for day in days_between(first, last)}
    return Facts(frozenset(traded - set(closed)), frozenset(took_part), calendar or make_calendar())


def make_campaign_facts(
    code: str = "C1",
    *,
    scale: str = "small",
    kind: str = "weekend",
    start: date = date(2026, 10, 17),
    end: date | None = None,
    stores: Mapping[str, date] | Iterable[str] = ("S01",),
    status: str = "completed",
    has_article: bool = True,
) -> CampaignFacts:
    """A completed campaign of one day in one store, open since 2010."""
    opened = stores if isinstance(stores, Mapping) else dict.fromkeys(stores, LONG_OPEN)
    return CampaignFacts(code, scale, kind, start, end or start, status, opened, has_article)


def ratio(text: str) -> Fraction:
    """``3/10`` or ``0.3`` as a Fraction."""
    return Fraction(text)


def make_uplift(code: str, margin: int, *problems: Problem) -> CampaignUplift:
    """A campaign of one store and day that brought that margin (fen) against nothing."""
    campaign = make_campaign_facts(code)
    day = PlannedDay("S01", campaign.start, zero_baseline=True)
    planned = Plan(campaign, "weekend_average", (day,), {}, problems)
    return evaluate(planned, {("S01", campaign.start): Metrics(margin=margin)})


def make_holdings(policy: Policy, **shares: Mapping[str, str]) -> list[Holding]:
    """Every role held since 2018 by one person named like it, but where ``shares`` says who."""
    return [
        Holding(role, name, date(2018, 1, 1), None, Fraction(share))
        for role in policy.team
        for name, share in shares.get(role, {role: "1"}).items()
    ]


def make_inputs(policy: Policy | None = None, **fields: Any) -> Inputs:
    """October 2026 with nothing in it and every role held."""
    policy = policy or make_policy()
    values: dict[str, Any] = {
        "month": Month(2026, 10),
        "campaigns": [],
        "open_campaigns": [],
        "events": [],
        "articles": [],
        "holdings": make_holdings(policy),
        "adopted": [],
        "expenses": [],
        "opening": Balances(),
    }
    return Inputs(policy=policy, **{**values, **fields})
