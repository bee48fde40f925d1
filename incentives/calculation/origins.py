"""The approved months out of the database: what they left, and what they would give now.

Everything approved is read out of the frozen runs; what is now is asked of the data in a constant
number of queries, and one evaluation for each policy of months whose sales may have changed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from django.db.models import Q

from campaigns.evaluation import evaluate_campaigns
from campaigns.models import Campaign
from content.models import Article
from haitang.kernel.clock import Month
from haitang.kernel.money import fen
from haitang.policy.document import Policy, parse
from incentives.calculation.adjustments import (
    Adjustment,
    Known,
    Origin,
    amounts,
    amounts_of_document,
    totals,
)
from incentives.calculation.funds import Balances, Owed
from incentives.calculation.kpi import Event, counts_in
from incentives.calculation.reads import CATEGORIES, ArticleFigure
from incentives.calculation.settlement import margins, share_out
from incentives.life.states import APPROVED
from incentives.models import KpiEvent, Settlement


@dataclass(frozen=True)
class Approved:
    """An approved month as its run froze it."""

    month: Month
    policy: Policy
    roles: Sequence[Mapping[str, Any]]
    fund: Mapping[str, Any]
    reserve: Mapping[str, Any]
    adjustments: tuple[Adjustment, ...]
    trace: Mapping[str, Any]

    @property
    def balances(self) -> Balances:
        """What the funds closed with."""
        return Balances(
            fen(self.fund["closing"]),
            fen(self.reserve["closing"]),
            tuple(
                Owed(fee["manuscript"], fee["kind"], fen(fee["outstanding"]))
                for fee in self.fund["fees"]
                if fen(fee["outstanding"])
            ),
        )

    @property
    def carried(self) -> dict[str, int]:
        """What each payee still owes from negative deltas."""
        rows = self.trace["payouts"] or []
        return {row["username"]: row["carried_out"] for row in rows if row["carried_out"]}

    @property
    def can_be_recomputed(self) -> bool:
        """Whether the run kept all that an adjustment is made of."""
        return bool(self.trace["holders"]) and bool(self.trace["known"])

    @property
    def known(self) -> Known:
        """The inputs that can change, as the month was approved with them.

        Of the deductions those that the run shows: older runs noted, beside them, deductions of the
        year before that do not count in the month.
        """
        found = Known.read(self.trace["known"])
        if self.trace["events"] is None:
            return found
        quantities: dict[str, Fraction] = defaultdict(Fraction)
        for event in self.trace["events"]:
            quantities[event["rule"]] += Fraction(event["quantity"])
        return replace(found, events=dict(quantities))

    @property
    def holders(self) -> dict[str, dict[str, Fraction]]:
        """The frozen weights by role and username."""
        return {
            role: {name: Fraction(weight) for name, weight in held.items()}
            for role, held in self.trace["holders"].items()
        }


@dataclass(frozen=True)
class Past:
    """What stands behind the month being computed: approved months, or those of a chain."""

    approved: Sequence[Approved] = ()
    balances: Balances | None = None
    carried: Mapping[str, int] = field(default_factory=dict)
    settled: tuple[Adjustment, ...] = ()

    def has(self, month: Month) -> bool:
        return any(each.month == month for each in self.approved)


_TRACE = ("holders", "known", "events", "stamp", "payouts", "origins", "expenses")
_COLUMNS = (
    "month",
    "run__policy",
    "run__document__roles",
    "run__document__fund",
    "run__document__reserve",
    "run__document__adjustments",
    *(f"run__trace__{key}" for key in _TRACE),
)


def approved_months(*, but: Month | None = None) -> list[Approved]:
    """Every approved month, oldest first, without ``but``. One query."""
    rows = Settlement.objects.filter(state__in=APPROVED, run__isnull=False).order_by("month")
    if but:
        rows = rows.exclude(month=str(but))
    policies: dict[str, Policy] = {}
    return [_approved(row, policies) for row in rows.values_list(*_COLUMNS)]


def _approved(row: Sequence[Any], policies: dict[str, Policy]) -> Approved:
    month, policy, roles, fund, reserve, adjusted, *trace = row
    key = json.dumps(policy, sort_keys=True)
    if key not in policies:
        policies[key] = parse(policy)
    return Approved(
        month=Month.parse(month),
        policy=policies[key],
        roles=roles or [],
        fund=fund,
        reserve=reserve,
        adjustments=tuple(Adjustment.read(each) for each in adjusted or ()),
        trace=dict(zip(_TRACE, trace, strict=True)),
    )


def origins_of(
    approved: Sequence[Approved], *, settled: Iterable[Adjustment], stamps: Mapping[Month, str]
) -> list[Origin]:
    """What each of these months gave, what was settled of it since, what it would give now."""
    usable = [each for each in approved if each.can_be_recomputed]
    if not usable:
        return []
    suspects = [each for each in usable if each.trace["stamp"] != stamps.get(each.month)]
    evaluated = _evaluated(suspects)
    events, articles = _events(usable), _articles(usable)
    deltas = totals(settled)
    known = _last_known(approved)
    found = []
    for each in usable:
        frozen = each.known
        campaigns = evaluated.get(each.month, frozen.campaigns)
        counted = [event for event in events if counts_in(event, each.month)]
        figures = articles_of(each.month, articles, each.policy)
        now = known_of(each.month, campaigns, figures, counted)
        recomputed = share_out(
            each.month,
            policy=each.policy,
            margins=campaigns.values(),
            events=counted,
            articles=figures,
            held_by=each.holders,
        )
        found.append(
            Origin(
                month=each.month,
                approved=amounts_of_document(each.roles, each.policy),
                settled=deltas.get(each.month, {}),
                recomputed=amounts(recomputed.roles, each.policy),
                known=known.get(each.month, frozen),
                now=now,
            )
        )
    return found


def known_of(
    month: Month,
    campaigns: Mapping[str, int],
    articles: Iterable[ArticleFigure],
    events: Iterable[Event],
) -> Known:
    """The inputs of the month that can change after approval, as they are.

    Of the events those that count in it: a calculation gathers all of the year before.
    """
    quantities: dict[str, Fraction] = defaultdict(Fraction)
    for event in events:
        if counts_in(event, month):
            quantities[event.rule] += event.quantity
    return Known(dict(campaigns), {each.code: each.figure for each in articles}, dict(quantities))


def _last_known(approved: Iterable[Approved]) -> dict[Month, Known]:
    """The inputs of each month as the last approved month that adjusted it saw them."""
    found = {}
    for each in approved:
        for month, shown in (each.trace["origins"] or {}).items():
            found[Month.parse(month)] = Known.read(shown)
    return found


def _evaluated(suspects: Iterable[Approved]) -> dict[Month, dict[str, int]]:
    """The margins of these months' completed campaigns now: one evaluation for each policy."""
    groups: dict[str, list[Approved]] = defaultdict(list)
    for each in suspects:
        groups[json.dumps(each.policy.document, sort_keys=True)].append(each)
    found: dict[Month, dict[str, int]] = {}
    for group in groups.values():
        ending = Q()
        for each in group:
            ending |= Q(end__gte=each.month.first, end__lte=each.month.last)
            found[each.month] = {}
        completed = Campaign.objects.filter(ending, status=Campaign.Status.COMPLETED)
        uplifts = evaluate_campaigns(completed, policy=group[0].policy)
        by_code = margins(uplifts)
        for uplift in uplifts:
            campaign = uplift.plan.campaign
            found[Month.of(campaign.end)][campaign.code] = by_code[campaign.code]
    return found


def _events(approved: Sequence[Approved]) -> list[Event]:
    months = {str(each.month) for each in approved}
    wanted = Q(month__in=months)
    for year in {each.month.year - 1 for each in approved}:
        wanted |= Q(month__startswith=f"{year:04d}-")
    return confirmed_events(wanted)


def confirmed_events(wanted: Q) -> list[Event]:
    """Confirmed events as the rules see them. One query."""
    rows = KpiEvent.objects.filter(wanted, state=KpiEvent.State.CONFIRMED)
    return [
        Event(Month.parse(when), rule, quantity, number)
        for when, rule, quantity, number in rows.values_list("month", "rule", "quantity", "pk")
    ]


ArticleRow = tuple[str, str, Any, int | None, int | None]


def _articles(approved: Sequence[Approved]) -> list[ArticleRow]:
    return article_rows(approved[0].month, approved[-1].month)


def article_rows(first: Month, last: Month) -> list[ArticleRow]:
    """Code, category, day, reads and follows of the assessed articles, by code. One query."""
    published = Article.objects.filter(
        published_on__gte=first.first, published_on__lte=last.last, category__in=CATEGORIES
    )
    return sorted(
        published.values_list("code", "category", "published_on", "reads", "follows"),
        key=lambda row: row[0],
    )


def articles_of(month: Month, rows: Iterable[ArticleRow], policy: Policy) -> list[ArticleFigure]:
    """The month's articles with the figure that the policy assesses."""
    by_follows = policy.options["attention"] == "follows"
    return [
        ArticleFigure(code, category, follows if by_follows else reads)
        for code, category, day, reads, follows in rows
        if day in month
    ]
