"""A month's settlement: policy, uplift, events and reads in, every figure out. Pure.

Source: docs/rules.md §4–§8. Money in fen, ratios exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from campaigns.uplift import CampaignUplift, Problem
from haitang.kernel.clock import Month
from haitang.kernel.money import round_half_up
from haitang.policy.document import RESERVE, Policy
from incentives.calculation.adjustments import WITHHELD, Adjustment, PayoutFigures, amounts, payouts
from incentives.calculation.funds import Balances, Expense, Funds, Owed, run_funds
from incentives.calculation.kpi import Event, deductions
from incentives.calculation.reads import ArticleFigure, TeamReads, team_reads
from incentives.calculation.split import Holding, RoleShare, holders, margin_uplift, pool, split


@dataclass(frozen=True)
class Inputs:
    """All that a month's figures depend on.

    ``adjustments`` are the deltas of earlier months, ``carried`` what each payee still owes from
    negative ones, by username (docs/rules.md §9).
    """

    month: Month
    policy: Policy
    campaigns: Sequence[CampaignUplift]
    open_campaigns: Sequence[str]
    events: Sequence[Event]
    articles: Sequence[ArticleFigure]
    holdings: Sequence[Holding]
    adopted: Sequence[Owed]
    expenses: Sequence[Expense]
    opening: Balances
    adjustments: Sequence[Adjustment] = ()
    carried: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class MonthFigures:
    """A month computed as if every problem were overridden; the problems say what blocks it."""

    inputs: Inputs
    margin_uplift: int
    pool: int
    team: TeamReads
    roles: tuple[RoleShare, ...]
    funds: Funds
    problems: tuple[Problem, ...]
    held_by: Mapping[str, Mapping[str, Fraction]]
    payouts: tuple[PayoutFigures, ...]


@dataclass(frozen=True)
class PoolFigures:
    """The pool and its split, the funds aside."""

    margin_uplift: int
    pool: int
    team: TeamReads
    roles: tuple[RoleShare, ...]


def settle(inputs: Inputs) -> MonthFigures:
    """Compute the month."""
    policy, month = inputs.policy, inputs.month
    held_by = {
        role: holders(role, month=month, holdings=inputs.holdings, policy=policy)
        for role in policy.team
    }
    figures = share_out(
        month,
        policy=policy,
        margins=margins(inputs.campaigns).values(),
        events=inputs.events,
        articles=inputs.articles,
        held_by=held_by,
    )
    earned = {
        line: fen for line, fen in amounts(figures.roles, policy).items() if line[0] != WITHHELD
    }
    paid = payouts(earned, inputs.adjustments, inputs.carried)
    funds = run_funds(
        month,
        opening=inputs.opening,
        adopted=inputs.adopted,
        expenses=inputs.expenses,
        reserve_credit=sum(each.payable for each in paid if each.username == RESERVE),
        policy=policy,
    )
    problems = [
        *(problem for each in inputs.campaigns for problem in each.plan.problems),
        *(Problem("campaign_open", campaign=code) for code in inputs.open_campaigns),
        *(Problem("reads_missing", article=code) for code in figures.team.missing),
        *(Problem("no_holder", role=role) for role, weights in held_by.items() if not weights),
    ]
    return MonthFigures(
        inputs=inputs,
        margin_uplift=figures.margin_uplift,
        pool=figures.pool,
        team=figures.team,
        roles=figures.roles,
        funds=funds,
        problems=tuple(sorted(problems)),
        held_by=held_by,
        payouts=paid,
    )


def share_out(
    month: Month,
    *,
    policy: Policy,
    margins: Iterable[int],
    events: Sequence[Event],
    articles: Sequence[ArticleFigure],
    held_by: Mapping[str, Mapping[str, Fraction]],
) -> PoolFigures:
    """The month's pool over the roles and their holders (docs/rules.md §4–§7).

    ``margins`` are the campaigns' rounded margin uplifts, ``held_by`` the weight of each holder.
    """
    uplift = margin_uplift(list(margins), policy)
    pool_ = pool(uplift, policy)
    team = team_reads(articles, year=month.year, policy=policy)
    cuts = {
        role: deductions(role, month=month, events=events, policy=policy) for role in policy.team
    }
    roles = split(pool_, policy=policy, deductions=cuts, shortfall=team.shortfall, held_by=held_by)
    return PoolFigures(uplift, pool_, team, tuple(roles))


def margins(campaigns: Iterable[CampaignUplift]) -> dict[str, int]:
    """Each campaign's margin uplift, rounded to the fen, by its code."""
    return {each.plan.campaign.code: round_half_up(each.uplift.margin) for each in campaigns}
