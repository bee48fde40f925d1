"""What a campaign brought: actual minus baseline, store by store. Pure (docs/rules.md §2–3, §11).

``plan`` says which store-days count and what each is compared with; ``evaluate`` puts the figures
of those store-days in. Between the two, the database is asked for just these figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from campaigns.baselines import Facts, Pick, Skip, pick, year_before
from haitang.kernel.clock import days_between
from haitang.kernel.money import fixed
from haitang.policy.document import Comparator, Policy

StoreDate = tuple[str, date]
SCALES = ("small", "medium", "large")


@dataclass(frozen=True)
class Metrics:
    """The figures of a store-day or of their sum or mean.

    Whole customers, units in thousandths, money in fen; exact, so a mean is a Fraction.
    """

    customers: Fraction | int = 0
    units: Fraction | int = 0
    amount: Fraction | int = 0
    margin: Fraction | int = 0
    item_units: Fraction | int = 0

    def __add__(self, other: Metrics) -> Metrics:
        return Metrics(
            self.customers + other.customers,
            self.units + other.units,
            self.amount + other.amount,
            self.margin + other.margin,
            self.item_units + other.item_units,
        )

    def __sub__(self, other: Metrics) -> Metrics:
        return Metrics(
            self.customers - other.customers,
            self.units - other.units,
            self.amount - other.amount,
            self.margin - other.margin,
            self.item_units - other.item_units,
        )

    def scaled(self, factor: Fraction) -> Metrics:
        return Metrics(
            self.customers * factor,
            self.units * factor,
            self.amount * factor,
            self.margin * factor,
            self.item_units * factor,
        )

    def shown(self) -> dict[str, str]:
        """Each figure with two places, in customers, units and yuan."""
        return {
            "customers": fixed(self.customers, 2),
            "units": fixed(self.units, 2, unit=1000),
            "amount": fixed(self.amount, 2, unit=100),
            "margin": fixed(self.margin, 2, unit=100),
            "item_units": fixed(self.item_units, 2, unit=1000),
        }


ZERO = Metrics()


def total(metrics: Iterable[Metrics]) -> Metrics:
    """The sum, metric by metric."""
    return sum(metrics, ZERO)


def mean(metrics: list[Metrics]) -> Metrics:
    """The mean of one or more."""
    return metrics[0] if len(metrics) == 1 else total(metrics).scaled(Fraction(1, len(metrics)))


@dataclass(frozen=True)
class CampaignFacts:
    """A campaign as the rules see it; ``stores`` maps the code of each to its opening day."""

    code: str
    scale: str
    kind: str
    start: date
    end: date
    status: str
    stores: Mapping[str, date]
    has_article: bool

    @property
    def days(self) -> list[date]:
        return days_between(self.start, self.end)

    @property
    def precedence(self) -> tuple[int, str]:
        """Of two campaigns that share a store-day the lower keeps it."""
        return SCALES.index(self.scale), self.code


@dataclass(frozen=True, order=True)
class Problem:
    """Something that blocks the month until it is cured or overridden with a reason."""

    code: str
    campaign: str = ""
    store: str = ""
    role: str = ""
    article: str = ""

    def shown(self) -> dict[str, str]:
        """As the settlement document lists it: role and article only where they are meant."""
        entry = {"code": self.code, "campaign": self.campaign, "store": self.store}
        if self.role:
            entry["role"] = self.role
        if self.article:
            entry["article"] = self.article
        return entry


@dataclass(frozen=True)
class PlannedDay:
    """One store on one campaign day: counted against ``baseline`` days, or left out, with why."""

    store: str
    day: date
    baseline: tuple[date, ...] = ()
    skipped: tuple[Skip, ...] = ()
    left_out: str = ""
    zero_baseline: bool = False


@dataclass(frozen=True)
class Plan:
    """Which store-days of a campaign count and against what."""

    campaign: CampaignFacts
    comparator: Comparator
    days: tuple[PlannedDay, ...]
    left_out: Mapping[str, str]
    problems: tuple[Problem, ...]

    @property
    def counted(self) -> list[PlannedDay]:
        return [day for day in self.days if not day.left_out]

    @property
    def store_dates(self) -> set[StoreDate]:
        """Every store-day whose figures are needed."""
        return {(each.store, day) for each in self.counted for day in (each.day, *each.baseline)}


@dataclass(frozen=True)
class DayUplift:
    """A planned day with its figures; ``baseline_days`` in the plan's order."""

    plan: PlannedDay
    actual: Metrics
    baseline: Metrics
    baseline_days: tuple[Metrics, ...]


@dataclass(frozen=True)
class StoreUplift:
    """One store's share of a campaign: the sum over its days that count."""

    store: str
    actual: Metrics
    baseline: Metrics
    days: tuple[DayUplift, ...]


@dataclass(frozen=True)
class CampaignUplift:
    """A campaign's figures, exact; they are rounded only when shown or settled."""

    plan: Plan
    stores: tuple[StoreUplift, ...]

    @property
    def actual(self) -> Metrics:
        return total(store.actual for store in self.stores)

    @property
    def baseline(self) -> Metrics:
        return total(store.baseline for store in self.stores)

    @property
    def uplift(self) -> Metrics:
        return self.actual - self.baseline


def kept_by(campaigns: Iterable[CampaignFacts]) -> dict[StoreDate, str]:
    """Which completed campaign keeps each store-day: the smaller scale, then the lower code."""
    keeper: dict[StoreDate, str] = {}
    completed = (campaign for campaign in campaigns if campaign.status == "completed")
    for campaign in sorted(completed, key=lambda each: each.precedence):
        for store in campaign.stores:
            for day in campaign.days:
                keeper.setdefault((store, day), campaign.code)
    return keeper


def plan(
    campaign: CampaignFacts, *, policy: Policy, facts: Facts, keeper: Mapping[StoreDate, str]
) -> Plan:
    """Decide, store by store and day by day, what counts and against what.

    ``keeper`` is ``kept_by`` of every completed campaign that may share a day with this one.
    """
    comparator = policy.comparator(scale=campaign.scale, kind=campaign.kind)
    days: list[PlannedDay] = []
    left_out: dict[str, str] = {}
    problems: set[Problem] = set()
    if not campaign.has_article:
        problems.add(Problem("no_article", campaign.code))
    for store in sorted(campaign.stores):
        if _opened_too_late(campaign, store, comparator, policy):
            left_out[store] = "not_comparable"
            continue
        planned = []
        for day in campaign.days:
            if keeper.get((store, day), campaign.code) != campaign.code:
                skip = Skip(day, "overlapping_campaigns")
                planned.append(
                    PlannedDay(store, day, skipped=(skip,), left_out="overlapping_campaigns")
                )
                problems.add(Problem("overlapping_campaigns", campaign.code, store))
            elif comparator == "year_on_year":
                planned.append(_year_on_year(campaign, store, day, policy, facts))
            else:
                found = pick(comparator, store=store, day=day, policy=policy, facts=facts)
                planned.append(_averaged(store, day, found))
                problems |= _search_problems(campaign.code, store, found)
        if all(day.left_out for day in planned):
            left_out[store] = _why_left_out(planned, comparator)
        if any(not day.left_out and (store, day.day) not in facts.traded for day in planned):
            problems.add(Problem("missing_campaign_sales", campaign.code, store))
        days.extend(planned)
    return Plan(campaign, comparator, tuple(days), left_out, tuple(sorted(problems)))


def evaluate(planned: Plan, metrics: Mapping[StoreDate, Metrics]) -> CampaignUplift:
    """The campaign's figures; a store-day that ``metrics`` lacks is zero."""
    by_store: dict[str, list[DayUplift]] = {}
    for day in planned.counted:
        actual = metrics.get((day.store, day.day), ZERO)
        compared = tuple(metrics.get((day.store, each), ZERO) for each in day.baseline)
        baseline = mean(list(compared)) if compared else ZERO
        by_store.setdefault(day.store, []).append(DayUplift(day, actual, baseline, compared))
    return CampaignUplift(
        planned,
        tuple(
            StoreUplift(
                store,
                total(day.actual for day in days),
                total(day.baseline for day in days),
                tuple(days),
            )
            for store, days in sorted(by_store.items())
        ),
    )


def _opened_too_late(
    campaign: CampaignFacts, store: str, comparator: Comparator, policy: Policy
) -> bool:
    return (
        comparator == "year_on_year"
        and policy.options["new_store"] == "left_out"
        and campaign.stores[store] > year_before(campaign.start, policy)
    )


def _year_on_year(
    campaign: CampaignFacts, store: str, day: date, policy: Policy, facts: Facts
) -> PlannedDay:
    if campaign.stores[store] > year_before(campaign.start, policy):
        return PlannedDay(store, day, zero_baseline=True)
    before = year_before(day, policy)
    if (store, before) not in facts.traded:
        skip = Skip(before, "no_sales")
        return PlannedDay(store, day, skipped=(skip,), left_out="not_comparable")
    return PlannedDay(store, day, baseline=(before,))


def _averaged(store: str, day: date, found: Pick) -> PlannedDay:
    left_out = "" if found.days else "insufficient_baseline"
    return PlannedDay(store, day, found.days, found.skipped, left_out)


def _search_problems(campaign: str, store: str, found: Pick) -> set[Problem]:
    problems = set()
    if found.insufficient:
        problems.add(Problem("insufficient_baseline", campaign, store))
    if found.calendar_missing:
        problems.add(Problem("calendar_missing", campaign, store))
    return problems


def _why_left_out(planned: list[PlannedDay], comparator: Comparator) -> str:
    reasons = {day.left_out for day in planned}
    if reasons == {"overlapping_campaigns"}:
        return "overlapping_campaigns"
    return "not_comparable" if comparator == "year_on_year" else "insufficient_baseline"
