"""KPI deductions of a role in a month. Pure (docs/rules.md §5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from haitang.kernel.clock import Month
from haitang.policy.document import Policy
from haitang.policy.rulebook import RULES


@dataclass(frozen=True)
class Event:
    """A confirmed deduction event: so many units of a rule in a month.

    ``number`` is that of its record, which has the evidence; no figure depends on it.
    """

    month: Month
    rule: str
    quantity: Fraction
    number: int = 0


@dataclass(frozen=True)
class Deduction:
    """A rule's events against a role summed up: quantity as counted × rate (a fraction)."""

    rule: str
    quantity: Fraction
    rate: Fraction

    @property
    def cut(self) -> Fraction:
        return self.quantity * self.rate


@dataclass(frozen=True)
class RoleDeductions:
    """What is cut from a role's coefficient: annual and monthly, fractions of at most 1."""

    annual: Fraction
    monthly: Fraction
    lines: tuple[Deduction, ...]


def counts_in(event: Event, month: Month) -> bool:
    """Whether an event counts in that month: its own, or any of the year after for next_year."""
    if RULES[event.rule].horizon == "next_year":
        return event.month.year == month.year - 1
    return event.month == month


def deductions(
    role: str, *, month: Month, events: Iterable[Event], policy: Policy
) -> RoleDeductions:
    """The role's deductions in that month, a line a rule, alphabetically.

    A next_year rule's quantity counts up to its yearly maximum; its rate is that of the policy in
    force in the month being settled.
    """
    quantities: dict[str, Fraction] = defaultdict(Fraction)
    for event in events:
        if RULES[event.rule].role == role and counts_in(event, month):
            quantities[event.rule] += event.quantity
    lines = tuple(
        Deduction(rule, _counted(rule, quantity), policy.rates[rule])
        for rule, quantity in sorted(quantities.items())
    )
    return RoleDeductions(
        annual=_capped(line for line in lines if RULES[line.rule].horizon == "next_year"),
        monthly=_capped(line for line in lines if RULES[line.rule].horizon == "month"),
        lines=lines,
    )


def _counted(rule: str, quantity: Fraction) -> Fraction:
    maximum = RULES[rule].yearly_maximum
    return quantity if maximum is None else min(quantity, maximum)


def _capped(lines: Iterable[Deduction]) -> Fraction:
    return min(Fraction(1), sum((line.cut for line in lines), Fraction(0)))
