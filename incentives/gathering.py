"""A month's inputs out of the database, in a constant number of queries, with their digest."""

from __future__ import annotations

import hashlib
import json
from operator import itemgetter
from typing import Any

from django.db.models import Q

from accounts.models import Tenure
from accounts.roles import TEAM
from campaigns.evaluation import campaigns_ending_in, evaluate_campaigns
from campaigns.models import Campaign
from content.models import Article, Manuscript
from haitang.kernel.clock import Month
from haitang.kernel.money import fen
from haitang.policy.document import Policy
from haitang.policy.selectors import policy_for
from incentives.funds import Balances, Expense, Owed
from incentives.kpi import Event
from incentives.models import KpiEvent, OpeningBalance, ReserveExpense
from incentives.reads import CATEGORIES, ArticleFigure
from incentives.settlement import Inputs
from incentives.split import Holding


def gather(month: Month, *, opening: Balances | None = None) -> Inputs:
    """All that the month's figures depend on.

    Lists are ordered here and not in SQL wherever a code decides: databases differ in the order
    of texts, and the order of fees decides which of them is paid.

    ``opening`` overrides the opening balances, for a chain of months; a month that the opening
    file is for opens with the file's balances in any case.
    """
    policy = policy_for(month)
    campaigns = campaigns_ending_in(month)
    return Inputs(
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
        events=_events(month),
        articles=_articles(month, policy),
        holdings=_holdings(month),
        adopted=_adopted(month, policy),
        expenses=_expenses(month),
        opening=opening_balances(month, carried=opening),
    )


def opening_balances(month: Month, *, carried: Balances | None = None) -> Balances:
    """What the month opens with (docs/rules.md §9).

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
            (str(each.month), each.rule, str(each.quantity)) for each in inputs.events
        ),
        "articles": sorted(
            (each.code, each.category, str(each.figure)) for each in inputs.articles
        ),
        "holdings": sorted(
            (h.role, h.username, str(h.valid_from), str(h.valid_to), str(h.share))
            for h in inputs.holdings
        ),
        "adopted": [(each.manuscript, each.kind, each.amount) for each in inputs.adopted],
        "expenses": [(str(each.date), each.kind, each.amount) for each in inputs.expenses],
        "opening": [
            inputs.opening.fund,
            inputs.opening.reserve,
            [(each.manuscript, each.kind, each.amount) for each in inputs.opening.outstanding],
        ],
        "overridden": overridden,
    }
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _events(month: Month) -> list[Event]:
    """Confirmed events of the month, and those of the year before (some count all year)."""
    confirmed = KpiEvent.objects.filter(
        Q(month=str(month)) | Q(month__startswith=f"{month.year - 1:04d}-"),
        state=KpiEvent.State.CONFIRMED,
    )
    return [
        Event(Month.parse(when), rule, quantity)
        for when, rule, quantity in confirmed.values_list("month", "rule", "quantity")
    ]


def _articles(month: Month, policy: Policy) -> list[ArticleFigure]:
    published = Article.objects.filter(
        published_on__gte=month.first, published_on__lte=month.last, category__in=CATEGORIES
    )
    figure = str(policy.options["attention"])
    return [
        ArticleFigure(*row)
        for row in sorted(published.values_list("code", "category", figure), key=itemgetter(0))
    ]


def _holdings(month: Month) -> list[Holding]:
    tenures = Tenure.objects.touching(month.first, month.last).filter(role__in=TEAM)
    rows = tenures.values_list("role", "user__username", "valid_from", "valid_to", "share")
    return [Holding(role, name, first, last, share) for role, name, first, last, share in rows]


def _adopted(month: Month, policy: Policy) -> list[Owed]:
    adopted = Manuscript.objects.filter(
        adopted_on__gte=month.first, adopted_on__lte=month.last
    ).values_list("adopted_on", "code", "author_kind")
    return [Owed(code, kind, policy.fund.fees[kind]) for _, code, kind in sorted(adopted)]


def _expenses(month: Month) -> list[Expense]:
    expenses = ReserveExpense.objects.filter(date__gte=month.first, date__lte=month.last).order_by(
        "date", "id"
    )
    return [
        Expense(day, kind, fen(amount))
        for day, kind, amount in expenses.values_list("date", "kind", "amount")
    ]
