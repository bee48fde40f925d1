"""A month's inputs out of the database, in a constant number of queries, with their digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from accounts.models import Tenure
from accounts.roles import TEAM
from campaigns.evaluation import campaigns_ending_in, evaluate_campaigns
from campaigns.models import Campaign
from content.models import Manuscript
from haitang.kernel.clock import Month
from haitang.kernel.money import fen
from haitang.policy.document import Policy
from haitang.policy.selectors import policy_for
from incentives.calculation.adjustments import Adjustment, Known, adjustments
from incentives.calculation.funds import Balances, Expense, Owed
from incentives.calculation.origins import (
    Approved,
    approved_months,
    article_rows,
    articles_of,
    confirmed_events,
    origins_of,
)
from incentives.calculation.settlement import Inputs
from incentives.calculation.split import Holding
from incentives.calculation.stamps import stamps
from incentives.models import ArticleFee, OpeningBalance, ReserveExpense


@dataclass(frozen=True)
class Chained:
    """The month computed just before, for a chain of months that are not approved."""

    month: Month
    balances: Balances
    carried: dict[str, int]
    settled: tuple[Adjustment, ...]


@dataclass(frozen=True)
class Gathered:
    """A month's inputs, and what a later adjustment of it will be measured by.

    ``earlier`` are the deltas that the chain of months before it has settled.
    """

    inputs: Inputs
    stamp: str
    origins: dict[Month, Known]
    earlier: tuple[Adjustment, ...] = ()


def gather(
    month: Month, *, opening: Balances | None = None, after: Chained | None = None
) -> Gathered:
    """All that the month's figures depend on.

    Lists are ordered here and not in SQL wherever a code decides: databases differ in the order
    of texts, and the order of fees decides which of them is paid.

    ``opening`` overrides the opening balances; ``after`` is the month before in a chain of
    months. An approved month in between counts instead of the chain.
    """
    policy = policy_for(month)
    others = approved_months(but=month)
    before = [each for each in others if each.month < month]
    if after and before and before[-1].month >= after.month:
        after = None
    # First the fingerprints, then the data: what changes in between is looked at again next time.
    marks = stamps({month: policy, **{each.month: each.policy for each in before}})
    origins = origins_of(
        before,
        settled=[*(each for one in others for each in one.adjustments), *_settled(after)],
        stamps=marks,
    )
    found = adjustments(origins)
    campaigns = campaigns_ending_in(month)
    inputs = Inputs(
        month=month,
        policy=policy,
        campaigns=evaluate_campaigns(
            campaigns.filter(status=Campaign.Status.COMPLETED), policy=policy
        ),
        open_campaigns=sorted(
            campaigns.filter(
                status__in=[Campaign.Status.PLANNED, Campaign.Status.RUNNING]
            ).values_list("code", flat=True)
        ),
        # Of the month, and those of the year before: some count all year.
        events=confirmed_events(
            Q(month=str(month)) | Q(month__startswith=f"{month.year - 1:04d}-")
        ),
        articles=articles_of(month, article_rows(month, month), policy),
        holdings=holdings_of(month),
        adopted=_adopted(month, policy, others),
        expenses=_expenses(month, others),
        opening=_opening(month, given=opening, after=after, before=before),
        adjustments=found,
        carried=after.carried if after else (before[-1].carried if before else {}),
    )
    touched = {each.origin for each in found}
    return Gathered(
        inputs,
        marks[month],
        {each.month: each.now for each in origins if each.month in touched},
        _settled(after),
    )


def _settled(after: Chained | None) -> tuple[Adjustment, ...]:
    return after.settled if after else ()


def _opening(
    month: Month, *, given: Balances | None, after: Chained | None, before: Sequence[Approved]
) -> Balances:
    carried = given or (after.balances if after else None)
    if before:
        return carried or before[-1].balances
    return opening_balances(month, carried=carried)


def opening_balances(month: Month, *, carried: Balances | None = None) -> Balances:
    """What the month opens with as long as none before it is approved (docs/rules.md §9).

    The opening file's balances in its month; otherwise what is carried from the month before;
    without that the opening file's, if it is for an earlier month; without that, zero. What is
    still owed to authors is carried in any case.
    """
    carried_on = carried.outstanding if carried else ()
    file = OpeningBalance.objects.filter(month__lte=str(month)).order_by("-month").first()
    if file and (carried is None or file.month == str(month)):
        return Balances(fen(file.maintenance), fen(file.reserve), carried_on)
    return carried or Balances()


def digest(inputs: Inputs, *, campaigns: object, overridden: object) -> str:
    """SHA-256 over everything that the figures depend on, in one canonical order.

    ``campaigns`` is every campaign as shown, with each store-day used and skipped.
    """
    parts: dict[str, Any] = {
        "month": str(inputs.month),
        "policy": inputs.policy.document,
        "campaigns": campaigns,
        "problems": [
            problem.shown() for each in inputs.campaigns for problem in each.plan.problems
        ],
        "open_campaigns": inputs.open_campaigns,
        "events": sorted(
            (str(each.month), each.rule, str(each.quantity), each.number) for each in inputs.events
        ),
        "articles": sorted(
            (each.code, each.category, str(each.figure)) for each in inputs.articles
        ),
        "holdings": sorted(
            (h.role, h.username, str(h.valid_from), str(h.valid_to), str(h.share))
            for h in inputs.holdings
        ),
        "adopted": [(each.manuscript, each.kind, each.amount) for each in inputs.adopted],
        "expenses": [
            (str(each.date), each.kind, each.amount, each.number) for each in inputs.expenses
        ],
        "opening": [
            inputs.opening.fund,
            inputs.opening.reserve,
            [(each.manuscript, each.kind, each.amount) for each in inputs.opening.outstanding],
        ],
        "overridden": overridden,
        "adjustments": [each.shown() for each in inputs.adjustments],
        "carried": dict(inputs.carried),
    }
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def holdings_of(month: Month) -> list[Holding]:
    """The tenures of the team's roles that touch the month."""
    tenures = Tenure.objects.touching(month.first, month.last).filter(role__in=TEAM)
    rows = tenures.values_list("role", "user__username", "valid_from", "valid_to", "share")
    return [Holding(role, name, first, last, share) for role, name, first, last, share in rows]


def _adopted(month: Month, policy: Policy, others: Sequence[Approved]) -> list[Owed]:
    """Fees of the month, behind those that an approved month came too early for.

    A manuscript whose adoption was entered after its month was approved is in no document yet.
    One that an approved month has is never owed again, whatever became of its day; one that is
    booked is owed as it was booked.
    """
    late = {each.month: each for each in others if each.month < month}
    first = min(late, default=month).first
    rows = Manuscript.objects.filter(adopted_on__gte=first, adopted_on__lte=month.last)
    booked = ArticleFee.objects.filter(
        manuscript=OuterRef("code"), kind=OuterRef("author_kind"), adopted_on=OuterRef("adopted_on")
    ).values("amount")[:1]
    adopted = [
        (day, code, kind, amount)
        for day, code, kind, amount in rows.values_list(
            "adopted_on", "code", "author_kind", Subquery(booked)
        )
        if day
    ]
    known = {fee["manuscript"] for each in others for fee in each.fund["fees"]}
    owed = []
    for day, code, kind, amount in sorted(adopted, key=lambda each: each[:2]):
        origin = late.get(Month.of(day))
        if code in known or not (day in month or origin):
            continue
        fees = policy.fund.fees if day in month or not origin else origin.policy.fund.fees
        owed.append(Owed(code, kind, fees[kind] if amount is None else fen(amount)))
    return owed


def _expenses(month: Month, others: Sequence[Approved]) -> list[Expense]:
    """Approved expenses of the month, and those approved too late for an approved month."""
    late = {
        each.month for each in others if each.month < month and each.trace["expenses"] is not None
    }
    first = min(late, default=month).first
    rows = ReserveExpense.objects.filter(
        state=ReserveExpense.State.APPROVED, date__gte=first, date__lte=month.last
    ).order_by("date", "id")
    known = {number for each in others for number in each.trace["expenses"] or ()}
    return [
        Expense(day, kind, fen(amount), number)
        for day, kind, amount, number in rows.values_list("date", "kind", "amount", "pk")
        if day in month or (number not in known and Month.of(day) in late)
    ]
