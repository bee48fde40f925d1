"""A month's settlement: policy, uplift, events and reads in, every figure out. Pure.

Source: docs/rules.md §4–§8. Money in fen, ratios exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.uplift import CampaignUplift, Problem
from haitang.kernel.clock import Month
from haitang.kernel.money import round_half_up
from haitang.policy.document import Policy
from incentives.funds import Balances, Expense, Funds, Owed, run_funds
from incentives.kpi import Event, deductions
from incentives.reads import ArticleFigure, TeamReads, team_reads
from incentives.split import Holding, RoleShare, holders, margin_uplift, pool, split


@dataclass(frozen=True)
class Inputs:
    """All that a month's figures depend on."""

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


def settle(inputs: Inputs) -> MonthFigures:
    """Compute the month."""
    policy, month = inputs.policy, inputs.month
    uplift = margin_uplift([round_half_up(each.uplift.margin) for each in inputs.campaigns], policy)
    pool_ = pool(uplift, policy)
    team = team_reads(inputs.articles, year=month.year, policy=policy)
    held_by = {
        role: holders(role, month=month, holdings=inputs.holdings, policy=policy)
        for role in policy.team
    }
    roles = split(
        pool_,
        policy=policy,
        deductions={
            role: deductions(role, month=month, events=inputs.events, policy=policy)
            for role in policy.team
        },
        shortfall=team.shortfall,
        held_by=held_by,
    )
    funds = run_funds(
        month,
        opening=inputs.opening,
        adopted=inputs.adopted,
        expenses=inputs.expenses,
        reserve_credit=reserve_credit(roles, policy),
        policy=policy,
    )
    problems = [
        *(problem for each in inputs.campaigns for problem in each.plan.problems),
        *(Problem("campaign_open", campaign=code) for code in inputs.open_campaigns),
        *(Problem("reads_missing", article=code) for code in team.missing),
        *(Problem("no_holder", role=role) for role, weights in held_by.items() if not weights),
    ]
    return MonthFigures(inputs, uplift, pool_, team, tuple(roles), funds, tuple(sorted(problems)))


def reserve_credit(roles: Sequence[RoleShare], policy: Policy) -> int:
    """What the pool brings the team reserve: its payable and, by option, all that is withheld."""
    credit = roles[-1].payable
    if policy.options["withheld_to"] == "reserve":
        credit += sum(role.withheld for role in roles)
    return credit
