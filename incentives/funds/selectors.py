"""Reads for the pages of the funds: where each fee's money came from, expenses as listed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum

from content.models import Manuscript
from haitang.kernel.clock import Month, business_day
from haitang.kernel.money import fen
from incentives.funds.expenses import last_approved
from incentives.funds.fees import fee_account, ledger_start
from incentives.life.states import APPROVED
from incentives.models import ArticleFee, Payment, ReserveExpense, Settlement, SettlementRun


@dataclass
class Funding:
    """Where the money of one fee came from by the approved months, in fen."""

    from_fund: int = 0
    from_reserve: int = 0
    # Each month with the number of its document.
    months: list[tuple[Month, str]] = field(default_factory=list)


@dataclass(frozen=True)
class FeeRow:
    """A fee as listed: with its funding, its payments by their order; amounts in fen."""

    fee: ArticleFee
    funding: Funding
    payments: tuple[Payment, ...] = ()

    @property
    def outstanding(self) -> int:
        return fen(self.fee.amount) - self.funding.from_fund - self.funding.from_reserve

    @property
    def payment(self) -> Payment | None:
        """The last try to pay."""
        return self.payments[-1] if self.payments else None

    @property
    def paid(self) -> int:
        """What went out and did not come back; a fee funded in two months is paid twice."""
        return sum(each.amount_fen for each in self.payments if each.state == Payment.State.PAID)

    @property
    def is_paid(self) -> bool:
        return self.paid >= fen(self.fee.amount)


@dataclass(frozen=True)
class FeeSearch:
    """What the list of fees is narrowed to; an empty value narrows nothing."""

    text: str = ""
    first: date | None = None
    last: date | None = None
    kind: str = ""
    tax: str = ""
    owed: str = ""


@dataclass(frozen=True)
class ExpenseSearch:
    """What the list of expenses is narrowed to; an empty value narrows nothing."""

    text: str = ""
    month: Month | None = None
    kind: str = ""
    state: str = ""


def fundings() -> dict[str, Funding]:
    """Manuscript → where its fee's money came from, by the documents approved. One query."""
    rows = (
        Settlement.objects.filter(state__in=APPROVED, run__isnull=False)
        .order_by("month")
        .values_list("month", "document_number", "run__document__fund__fees")
    )
    found: dict[str, Funding] = {}
    for month, number, fees in rows:
        for fee in fees or ():
            parts = fen(fee["from_fund"]), fen(fee["from_reserve"])
            if any(parts):
                funding = found.setdefault(fee["manuscript"], Funding())
                funding.from_fund += parts[0]
                funding.from_reserve += parts[1]
                funding.months.append((Month.parse(month), number))
    return found


def fees_found(search: FeeSearch) -> QuerySet[ArticleFee]:
    """Fees that fit, the newest adoption first; ``owed`` is applied by ``fee_rows``."""
    found = ArticleFee.objects.all()
    if search.text:
        text = search.text
        found = found.filter(
            Q(manuscript__icontains=text)
            | Q(title__icontains=text)
            | Q(author_name__icontains=text)
        )
    if search.first:
        found = found.filter(adopted_on__gte=search.first)
    if search.last:
        found = found.filter(adopted_on__lte=search.last)
    if search.kind:
        found = found.filter(kind=search.kind)
    if search.tax:
        found = found.filter(tax=search.tax)
    if search.owed:
        owed = [row.fee.pk for row in outstanding_fees()]
        found = found.filter(pk__in=owed) if search.owed == "yes" else found.exclude(pk__in=owed)
    return found.order_by("-adopted_on", "manuscript")


def fee_rows(fees: Iterable[ArticleFee]) -> list[FeeRow]:
    """These fees with their funding and last payment. Two queries."""
    fees = list(fees)
    funded = fundings()
    accounts = [fee_account(fee.manuscript).code for fee in fees]
    payments: dict[str, list[Payment]] = defaultdict(list)
    live = Payment.objects.filter(account__in=accounts).exclude(state=Payment.State.VOID)
    for payment in live.order_by("pk"):
        payments[payment.account_id].append(payment)
    return [
        FeeRow(fee, funded.get(fee.manuscript, Funding()), tuple(payments[code]))
        for fee, code in zip(fees, accounts, strict=True)
    ]


def outstanding_fees() -> list[FeeRow]:
    """Fees for which there is not all the money yet, oldest first. Two queries."""
    funded = fundings()
    rows = [FeeRow(fee, funded.get(fee.manuscript, Funding())) for fee in ArticleFee.objects.all()]
    owed = [row for row in rows if row.outstanding > 0]
    return sorted(owed, key=lambda row: (row.fee.adopted_on, row.fee.manuscript))


def fees_not_begun() -> int:
    """Adopted manuscripts that are not booked because no month was approved yet."""
    if ledger_start():
        return 0
    return Manuscript.objects.filter(adopted_on__isnull=False).count()


def expenses_found(search: ExpenseSearch) -> QuerySet[ReserveExpense]:
    """Expenses that fit, newest first, with who asked and who decided."""
    found = ReserveExpense.objects.select_related("recorded_by", "decided_by", "voucher")
    if search.text:
        found = found.filter(Q(payee__icontains=search.text) | Q(note__icontains=search.text))
    if search.month:
        found = found.filter(date__range=(search.month.first, search.month.last))
    if search.kind:
        found = found.filter(kind=search.kind)
    if search.state:
        found = found.filter(state=search.state)
    return found.order_by("-date", "-pk")


def requested() -> tuple[int, date | None]:
    """How many expenses wait for a decision, and since when. One query."""
    waiting = ReserveExpense.objects.filter(state=ReserveExpense.State.REQUESTED)
    found = waiting.aggregate(number=Count("pk"), since=Min("recorded_at"))
    return found["number"], business_day(found["since"]) if found["since"] else None


def expense_totals(found: QuerySet[ReserveExpense]) -> dict[str, Any]:
    """How many there are and what they sum to."""
    return found.order_by().aggregate(number=Count("pk"), amount=Sum("amount"))


def settled_in(expense: ReserveExpense) -> tuple[Settlement | None, bool | None]:
    """The approved month of an expense, and whether it was paid there; one query."""
    month = Month.of(expense.date)
    row = (
        Settlement.objects.filter(month=str(month), state__in=APPROVED)
        .select_related("run")
        .defer("run__trace", "run__policy")
        .first()
    )
    if row is None or row.run is None or expense.state != ReserveExpense.State.APPROVED:
        return row, None
    return row, _paid_in(expense, row.run.document["reserve"]["expenses"])


def _paid_in(expense: ReserveExpense, listed: list[dict[str, Any]]) -> bool | None:
    """Whether the document pays the expense: its place among those of the same day and amount."""
    same = list(
        ReserveExpense.objects.filter(
            date=expense.date,
            kind=expense.kind,
            amount=expense.amount,
            state=ReserveExpense.State.APPROVED,
        )
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    rows = [
        row
        for row in listed
        if row["date"] == expense.date.isoformat()
        and row["kind"] == expense.kind
        and fen(row["amount"]) == fen(expense.amount)
    ]
    place = same.index(expense.pk)
    return bool(rows[place]["paid"]) if place < len(rows) else None


def open_run(month: Month) -> SettlementRun | None:
    """The last calculation of a month without its trace and policy. One query."""
    return (
        SettlementRun.objects.filter(month=str(month))
        .defer("trace", "policy")
        .order_by("-number")
        .first()
    )


def open_month(today: date) -> Month:
    """The month that is settled next: after the last approved one, else the newest calculated."""
    if last := last_approved():
        return last.plus(1)
    newest = SettlementRun.objects.order_by("-month").values_list("month", flat=True).first()
    return Month.parse(newest) if newest else Month.of(today)
