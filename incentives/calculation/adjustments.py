"""What approved months would give on the data of now, and what follows for the open month. Pure.

Source: docs/rules.md §9. Money in fen. An approved month stays as it is; what its frozen policy
and holders give on the sales, campaigns, reads and decisions of now, less what was approved and
the deltas settled since, is an adjustment of the next open month.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from haitang.kernel.clock import Month
from haitang.kernel.money import fen, plain, shortest
from haitang.policy.document import RESERVE, Policy
from haitang.policy.rulebook import RULES
from incentives.calculation.split import RoleShare

WITHHELD = "withheld"  # the role of the lines that say what the company keeps
REASON_LENGTH = 500
NOTHING_NEW = "数据已恢复原样，冲回以前的调整"

# Whose money: a role and a person's username; ("reserve", "") and ("withheld", "") have none.
Line = tuple[str, str]


@dataclass(frozen=True)
class Adjustment:
    """A delta of an approved month: what stood (approved and earlier deltas), what is right now."""

    origin: Month
    reason: str
    role: str
    username: str
    before: int
    after: int

    @property
    def delta(self) -> int:
        return self.after - self.before

    def shown(self) -> dict[str, str]:
        """As the settlement document lists it."""
        return {
            "origin": str(self.origin),
            "reason": self.reason,
            "role": self.role,
            "username": self.username,
            "before": plain(self.before),
            "after": plain(self.after),
            "delta": plain(self.delta),
        }

    @classmethod
    def read(cls, shown: Mapping[str, str]) -> Adjustment:
        """The line that ``shown`` made."""
        return cls(
            Month.parse(shown["origin"]),
            shown["reason"],
            shown["role"],
            shown["username"],
            fen(shown["before"]),
            fen(shown["after"]),
        )


@dataclass(frozen=True)
class PayoutFigures:
    """What a payee gets out of a month; ``username`` "reserve" is the team reserve.

    A negative sum is not paid but carried: ``payable`` and ``carried_out`` are never below zero.
    """

    username: str
    earned: int = 0
    adjusted: int = 0
    carried_in: int = 0

    @property
    def payable(self) -> int:
        return max(0, self.earned + self.adjusted - self.carried_in)

    @property
    def carried_out(self) -> int:
        return max(0, self.carried_in - self.earned - self.adjusted)


@dataclass(frozen=True)
class Known:
    """The inputs of a month as far as they can change after approval.

    Margin uplift by campaign (fen), the figure by article, the quantity by rule.
    """

    campaigns: Mapping[str, int] = field(default_factory=dict)
    reads: Mapping[str, int | None] = field(default_factory=dict)
    events: Mapping[str, Fraction] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """As a run's trace keeps it."""
        return {
            "campaigns": {code: plain(margin) for code, margin in self.campaigns.items()},
            "reads": dict(self.reads),
            "events": {rule: str(quantity) for rule, quantity in self.events.items()},
        }

    @classmethod
    def read(cls, shown: Mapping[str, Any]) -> Known:
        return cls(
            {code: fen(margin) for code, margin in shown["campaigns"].items()},
            dict(shown["reads"]),
            {rule: Fraction(quantity) for rule, quantity in shown["events"].items()},
        )


@dataclass(frozen=True)
class Change:
    """One input that is not what it was; ``role`` names the only role that it concerns."""

    text: str
    role: str = ""


@dataclass(frozen=True)
class Origin:
    """An approved month as it was approved, as it was last known, and as it is now."""

    month: Month
    approved: Mapping[Line, int]
    settled: Mapping[Line, int]
    recomputed: Mapping[Line, int]
    known: Known
    now: Known


def amounts(roles: Iterable[RoleShare], policy: Policy) -> dict[Line, int]:
    """Whose money the split is: every payee, the reserve's credit, what the company keeps."""
    rows = [
        (
            share.role,
            share.payable,
            share.withheld,
            [(payee.username, payee.amount) for payee in share.payees],
        )
        for share in roles
    ]
    return _amounts(rows, policy)


def amounts_of_document(roles: Iterable[Mapping[str, Any]], policy: Policy) -> dict[Line, int]:
    """The same out of a frozen document's roles."""
    rows = [
        (
            role["role"],
            fen(role["payable"]),
            fen(role["withheld"]),
            [(payee["username"], fen(payee["amount"])) for payee in role["payees"]],
        )
        for role in roles
    ]
    return _amounts(rows, policy)


def _amounts(
    rows: Iterable[tuple[str, int, int, Sequence[tuple[str, int]]]], policy: Policy
) -> dict[Line, int]:
    found: dict[Line, int] = {}
    kept = 0
    for role, payable, withheld, payees in rows:
        kept += withheld
        if role == RESERVE:
            found[RESERVE, ""] = payable
        for username, amount in payees:
            found[role, username] = amount
    to_reserve = policy.options["withheld_to"] == "reserve"
    if to_reserve:
        found[RESERVE, ""] = found.get((RESERVE, ""), 0) + kept
    found[WITHHELD, ""] = 0 if to_reserve else kept
    return found


def changes(before: Known, after: Known) -> list[Change]:
    """Which inputs differ, in words."""
    return [
        *_campaign_changes(before.campaigns, after.campaigns),
        *_event_changes(before.events, after.events),
        *_reads_changes(before.reads, after.reads),
    ]


def _campaign_changes(before: Mapping[str, int], after: Mapping[str, int]) -> list[Change]:
    found = []
    for code in sorted(before.keys() | after.keys()):
        old, new = before.get(code), after.get(code)
        if old is None:
            found.append(Change(f"迟完成的活动 {code} 毛利增加 {_signed(new or 0)}"))
        elif new is None:
            found.append(Change(f"活动 {code} 不再计入，毛利增加 {_signed(-old)}"))
        elif old != new:
            word = "迟到的销售" if new > old else "更正的销售"
            found.append(Change(f"{word}：活动 {code} 毛利增加 {_signed(new - old)}"))
    return found


def _event_changes(before: Mapping[str, Fraction], after: Mapping[str, Fraction]) -> list[Change]:
    found = []
    for rule in sorted(before.keys() | after.keys()):
        old, new = before.get(rule, Fraction(0)), after.get(rule, Fraction(0))
        if old == new:
            continue
        kind = "投诉" if "complaint" in rule else "扣减"
        word = f"{kind}撤销" if not new else f"{kind}补记" if not old else f"{kind}更改"
        name = RULES[rule].text.split("：")[0] if rule in RULES else rule
        shown = f"{word}：{name}，数量 {shortest(old)} → {shortest(new)}"
        found.append(Change(shown, RULES[rule].role if rule in RULES else ""))
    return found


def _reads_changes(
    before: Mapping[str, int | None], after: Mapping[str, int | None]
) -> list[Change]:
    found = []
    for code in sorted(before.keys() | after.keys()):
        old, new = before.get(code), after.get(code)
        if (code in before) == (code in after) and old == new:
            continue
        found.append(Change(f"阅读量更正：推文 {code} {_figure(old)} → {_figure(new)}"))
    return found


def _signed(amount: int) -> str:
    return f"+{plain(amount)}" if amount > 0 else plain(amount)


def _figure(value: int | None) -> str:
    return "无" if value is None else str(value)


def adjustments(origins: Iterable[Origin]) -> tuple[Adjustment, ...]:
    """Every delta that is not zero, by month, role and person."""
    found = []
    for origin in sorted(origins, key=lambda each: each.month):
        changed = changes(origin.known, origin.now)
        for line in sorted({*origin.approved, *origin.recomputed, *origin.settled}):
            before = origin.approved.get(line, 0) + origin.settled.get(line, 0)
            after = origin.recomputed.get(line, 0)
            if before != after:
                reason = reason_for(line[0], changed)
                found.append(Adjustment(origin.month, reason, *line, before, after))
    return tuple(found)


def reason_for(role: str, changed: Sequence[Change]) -> str:
    """The changes that concern a role, as one sentence of at most 500 characters."""
    general = role in (RESERVE, WITHHELD)
    mine = [each.text for each in changed if not each.role or general or each.role == role]
    text = "；".join(mine or [each.text for each in changed]) or NOTHING_NEW
    return text if len(text) <= REASON_LENGTH else f"{text[: REASON_LENGTH - 1]}…"


def totals(found: Iterable[Adjustment]) -> dict[Month, dict[Line, int]]:
    """The deltas by month and line, summed."""
    sums: dict[Month, dict[Line, int]] = defaultdict(lambda: defaultdict(int))
    for each in found:
        sums[each.origin][each.role, each.username] += each.delta
    return sums


def payouts(
    earned: Mapping[Line, int],
    found: Iterable[Adjustment],
    carried: Mapping[str, int],
) -> tuple[PayoutFigures, ...]:
    """What each payee gets, by username and the reserve last; only those with any figure."""
    own: dict[str, int] = defaultdict(int)
    adjusted: dict[str, int] = defaultdict(int)
    for (role, username), amount in earned.items():
        own[_payee(role, username)] += amount
    for each in found:
        adjusted[_payee(each.role, each.username)] += each.delta
    names = {name for name in own.keys() | adjusted.keys() | carried.keys() if name != WITHHELD}
    figures = (
        PayoutFigures(name, own.get(name, 0), adjusted.get(name, 0), carried.get(name, 0))
        for name in sorted(names, key=lambda name: (name == RESERVE, name))
    )
    return tuple(each for each in figures if each.earned or each.adjusted or each.carried_in)


def _payee(role: str, username: str) -> str:
    return username or role
