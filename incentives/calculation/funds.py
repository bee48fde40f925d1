"""The maintenance fund and the team reserve in a month. Pure (docs/rules.md §8). Money in fen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from haitang.kernel.clock import Month
from haitang.policy.document import Policy


@dataclass(frozen=True)
class Owed:
    """An article fee still owed: of a manuscript adopted this month, or left from earlier."""

    manuscript: str
    kind: str
    amount: int


@dataclass(frozen=True)
class Balances:
    """What a month opens or closes with; ``outstanding`` are the fees owed, oldest first."""

    fund: int = 0
    reserve: int = 0
    outstanding: tuple[Owed, ...] = ()


@dataclass(frozen=True)
class Expense:
    """A request to pay out of the reserve, in the order entered; ``number`` is its record's."""

    date: date
    kind: str
    amount: int
    number: int = 0


@dataclass(frozen=True)
class PaidExpense:
    """An expense and whether the balance of its moment could pay it."""

    expense: Expense
    paid: bool


@dataclass(frozen=True)
class Fee:
    """An article fee and where its money comes from; the three parts sum to what was owed."""

    owed: Owed
    from_fund: int
    from_reserve: int

    @property
    def outstanding(self) -> int:
        return self.owed.amount - self.from_fund - self.from_reserve


@dataclass(frozen=True)
class Funds:
    """A month of both funds."""

    opening: Balances
    credited: int
    annual_fee: int
    fees: tuple[Fee, ...]
    fund_closing: int
    expenses: tuple[PaidExpense, ...]
    reserve_credited: int
    reserve_spent: int

    @property
    def closing(self) -> Balances:
        """What the next month opens with."""
        return Balances(
            fund=self.fund_closing,
            reserve=self.opening.reserve - self.reserve_spent + self.reserve_credited,
            outstanding=tuple(
                Owed(fee.owed.manuscript, fee.owed.kind, fee.outstanding)
                for fee in self.fees
                if fee.outstanding
            ),
        )


def run_funds(
    month: Month,
    *,
    opening: Balances,
    adopted: Sequence[Owed],
    expenses: Sequence[Expense],
    reserve_credit: int,
    policy: Policy,
) -> Funds:
    """A month of the funds.

    ``adopted`` by adoption date, then code; ``expenses`` in the order entered. The annual fee
    comes first, then the fees, older debts before this month's: the fund pays, then the reserve's
    opening balance as the expenses left it, and the rest stays owed. The pool's part is credited
    to the reserve last.
    """
    if not policy.options["fund_carries"]:
        opening = Balances(0, opening.reserve, opening.outstanding)
    annual_fee = policy.fund.annual_fee if month.month == policy.fund.annual_fee_month else 0
    fund = opening.fund + policy.fund.monthly - annual_fee
    reserve = opening.reserve
    decided = []
    for expense in sorted(expenses, key=lambda each: each.date):
        paid = expense.amount <= reserve
        reserve -= expense.amount if paid else 0
        decided.append(PaidExpense(expense, paid))
    fees = []
    for owed in (*opening.outstanding, *adopted):
        from_fund = min(owed.amount, fund)
        from_reserve = min(owed.amount - from_fund, reserve)
        fund, reserve = fund - from_fund, reserve - from_reserve
        fees.append(Fee(owed, from_fund, from_reserve))
    return Funds(
        opening=opening,
        credited=policy.fund.monthly,
        annual_fee=annual_fee,
        fees=tuple(fees),
        fund_closing=fund,
        expenses=tuple(decided),
        reserve_credited=reserve_credit,
        reserve_spent=opening.reserve - reserve,
    )
