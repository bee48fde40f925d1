"""The pool and how it is split. Pure (docs/rules.md §1, §4, §7). All money in fen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from haitang.kernel.clock import Month
from haitang.kernel.money import largest_remainder, round_half_up
from haitang.policy.document import RESERVE, Policy
from incentives.calculation.kpi import RoleDeductions


@dataclass(frozen=True)
class Holding:
    """A tenure: who holds a role from when to when (None: until further notice), at what share."""

    role: str
    username: str
    valid_from: date
    valid_to: date | None
    share: Fraction


@dataclass(frozen=True)
class Payee:
    """What one holder gets, in fen."""

    username: str
    amount: int


@dataclass(frozen=True)
class RoleShare:
    """A role's part of the pool; gross = payable + withheld, in fen."""

    role: str
    coefficient: Fraction
    gross: int
    deductions: RoleDeductions
    payable: int
    withheld: int
    payees: tuple[Payee, ...]


NOTHING_DEDUCTED = RoleDeductions(Fraction(0), Fraction(0), ())


def margin_uplift(campaigns: Sequence[int], policy: Policy) -> int:
    """The month's margin uplift: the sum of its campaigns' rounded ones (fen)."""
    if policy.options["floor"] == "campaign":
        return sum(max(0, each) for each in campaigns)
    return sum(campaigns)


def pool(uplift: int, policy: Policy) -> int:
    """The rate times the uplift, never below zero (fen)."""
    return round_half_up(policy.pool_rate * max(0, uplift))


def holders(
    role: str, *, month: Month, holdings: Iterable[Holding], policy: Policy
) -> dict[str, Fraction]:
    """The weight of each who holds the role, by username; empty when nobody does.

    ``last_day``: the shares of those who hold it on the month's last day. ``by_days``: share ×
    days held in the month. A person with two tenures of the role is one holder.
    """
    weights: dict[str, Fraction] = defaultdict(Fraction)
    for holding in holdings:
        if holding.role != role:
            continue
        last = min(holding.valid_to or month.last, month.last)
        if policy.options["holders"] == "by_days":
            days = (last - max(holding.valid_from, month.first)).days + 1
            weight = holding.share * max(0, days)
        else:
            weight = holding.share if holding.valid_from <= month.last <= last else Fraction(0)
        if weight:
            weights[holding.username] += weight
    return dict(sorted(weights.items()))


def split(
    pool_: int,
    *,
    policy: Policy,
    deductions: Mapping[str, RoleDeductions],
    shortfall: Fraction,
    held_by: Mapping[str, Mapping[str, Fraction]],
) -> list[RoleShare]:
    """The pool over the eight codes: gross, payable, withheld and payees, the reserve last.

    pool = Σ payable + Σ withheld, to the fen. A role that nobody holds has a payable of 0.
    """
    codes = [*policy.team, RESERVE]
    grosses = largest_remainder(pool_, [policy.coefficients[code] for code in codes])
    shares = []
    cut: RoleDeductions
    weights: Mapping[str, Fraction]
    for code, gross in zip(codes, grosses, strict=True):
        if code == RESERVE:
            cut, weights = NOTHING_DEDUCTED, {}
            keeps = 1 - shortfall if policy.options["shortfall_reserve"] else Fraction(1)
            payable = round_half_up(gross * keeps)
        else:
            cut, weights = deductions[code], held_by[code]
            payable = payable_of(gross, cut, shortfall, policy) if weights else 0
        payees = _payees(payable, weights)
        coefficient = policy.coefficients[code]
        shares.append(RoleShare(code, coefficient, gross, cut, payable, gross - payable, payees))
    return shares


def payable_of(gross: int, deductions: RoleDeductions, shortfall: Fraction, policy: Policy) -> int:
    """What is left of a role's gross after its deductions and the team's shortfall (fen)."""
    annual, monthly = deductions.annual, deductions.monthly
    if policy.options["cuts"] == "add":
        keeps = max(Fraction(0), 1 - annual - monthly - shortfall)
    else:
        keeps = (1 - annual) * (1 - monthly) * (1 - shortfall)
    return round_half_up(gross * keeps)


def _payees(payable: int, weights: Mapping[str, Fraction]) -> tuple[Payee, ...]:
    if not weights:
        return ()
    names = sorted(weights)
    amounts = largest_remainder(payable, [weights[name] for name in names])
    return tuple(Payee(name, amount) for name, amount in zip(names, amounts, strict=True))
