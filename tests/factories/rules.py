"""Inputs of the pure rules, with defaults that change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from campaigns.baselines import Facts
from campaigns.calendar import Calendar
from campaigns.uplift import CampaignFacts
from haitang.kernel.clock import days_between
from haitang.policy.document import Policy, parse

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
