"""Reads for the payments page: each try with its bank account, and who has left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.display import day_text
from haitang.kernel.errors import NotThere
from haitang.kernel.prepared import prepared
from incentives.models import PayeeAccount, Payment, Payout, Settlement

PERSONAL_GROUP, FEE_GROUP = "payable", "fee"


@dataclass(frozen=True)
class PaymentRow:
    """One try to pay one payee; ``left`` says that the person has left, and when."""

    payment: Payment
    account: PayeeAccount | None
    left: str
    is_last: bool
    month: str

    @property
    def is_fee(self) -> bool:
        return self.payment.account.group == FEE_GROUP

    @property
    def is_waiting(self) -> bool:
        return self.payment.state == Payment.State.WAITING

    @property
    def is_paid(self) -> bool:
        return self.payment.state == Payment.State.PAID

    @property
    def may_be_tried(self) -> bool:
        """Failed or returned, and not tried again yet."""
        again = (Payment.State.FAILED, Payment.State.RETURNED)
        return self.is_last and self.payment.state in again


@dataclass(frozen=True)
class Sums:
    """How many payments of a state, and how much, in fen."""

    state: str
    name: str
    count: int
    amount_fen: int


def settlement_of(month: Month) -> Settlement | None:
    """The month's settlement; None as long as it is a draft."""
    return Settlement.objects.filter(month=str(month)).first()


def payments_of(settlement: Settlement, *, day: date) -> list[PaymentRow]:
    """Every try of the month that is not void, persons first; ``day`` is today. Three queries."""
    rows = list(
        settlement.payments.exclude(state=Payment.State.VOID)
        .select_related("account", "changed_by")
        .order_by("-account__group", "payee", "attempt")
    )
    codes = {row.account_id for row in rows}
    accounts = {
        each.account_code: each for each in PayeeAccount.objects.filter(account_code__in=codes)
    }
    names = {row.payee for row in rows if row.account.group == PERSONAL_GROUP}
    people = {each.username: each for each in User.objects.filter(username__in=names)}
    last = {row.account_id: row.pk for row in rows}  # the highest attempt comes last
    return [
        PaymentRow(
            payment=row,
            account=accounts.get(row.account_id),
            left=_left(people.get(row.payee), day) if row.account.group == PERSONAL_GROUP else "",
            is_last=last[row.account_id] == row.pk,
            month=settlement.month,
        )
        for row in rows
    ]


def payment_of(settlement_month: Month, pk: int) -> Payment:
    """One payment of the month; NotThere when the month has none of that id."""
    found = (
        Payment.objects.filter(settlement__month=str(settlement_month), pk=pk)
        .select_related("account", "settlement")
        .first()
    )
    if found is None:
        raise NotThere(f"{settlement_month} 没有这一笔付款：请回到付款页刷新再看。")
    return found


def sums(rows: list[PaymentRow]) -> list[Sums]:
    """Count and amount of each state by the last try of each payee: together, what was owed."""
    found = []
    last = [row for row in rows if row.is_last]
    for state in Payment.State:
        amounts = [row.payment.amount_fen for row in last if row.payment.state == state]
        if state != Payment.State.VOID:
            found.append(Sums(state.value, str(state.label), len(amounts), sum(amounts)))
    return found


def carried(settlement: Settlement) -> list[Payout]:
    """Who had, or still has, something to set off in the month's approval."""
    rows = settlement.payouts.filter(approval=settlement.approvals)
    return [row for row in rows if row.carried_in_fen or row.carried_out_fen]


def account_of(code: str) -> PayeeAccount | None:
    """The bank account entered for that ledger account."""
    return PayeeAccount.objects.filter(account_code=code).select_related("updated_by").first()


def _left(user: User | None, day: date) -> str:
    if user is None or user.may_enter(day):
        return ""
    return f"{day_text(user.last_day)}离开" if user.last_day else "账号已停用"


class Unpaid(NamedTuple):
    """An approved month in which somebody is still owed after a payment did not arrive."""

    month: str
    failed: int
    again: int


def unpaid_months() -> list[Unpaid]:
    """Months with payments that failed or came back, and those tried again. One query.

    A month whose first payments all wait is none: that is told with the month's next step.
    """
    return [Unpaid(*row) for row in _unpaid()]


@prepared
def _unpaid() -> QuerySet[Payment, tuple[Any, ...]]:
    later = Payment.objects.filter(
        settlement=OuterRef("settlement"),
        account=OuterRef("account"),
        attempt__gt=OuterRef("attempt"),
    )
    failed = Q(state__in=(Payment.State.FAILED, Payment.State.RETURNED)) & ~Exists(later)
    again = Q(state=Payment.State.WAITING) & ~Q(settlement__state=Settlement.State.APPROVED)
    return (
        Payment.objects.filter(failed | again)
        .order_by("settlement__month")
        .values("settlement__month")
        .annotate(
            failed=Count("pk", filter=~Q(state=Payment.State.WAITING)),
            again=Count("pk", filter=Q(state=Payment.State.WAITING)),
        )
        .values_list("settlement__month", "failed", "again")
    )
