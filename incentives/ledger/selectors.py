"""Reads of the ledger: the trial balance, journals, one account. Amounts in fen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce

from haitang.kernel.clock import Month
from haitang.kernel.errors import NotThere
from incentives.ledger.chart import GROUPS
from incentives.models import Entry, Journal, LedgerAccount

COLUMNS = ("期初借方", "期初贷方", "本期借方", "本期贷方", "期末借方", "期末贷方")


@dataclass
class BalanceLine:
    """One line of the trial balance: an account, or all accounts of a group.

    ``opening`` and ``closing`` are signed as entries are: debit positive, credit negative.
    """

    code: str
    name: str
    accounts: int = 0
    opening: int = 0
    debit: int = 0
    credit: int = 0

    @property
    def closing(self) -> int:
        return self.opening + self.debit - self.credit

    @property
    def sides(self) -> tuple[int, int, int, int, int, int]:
        """Opening, turnover and closing, each as debit and credit."""
        return (
            max(0, self.opening),
            max(0, -self.opening),
            self.debit,
            self.credit,
            max(0, self.closing),
            max(0, -self.closing),
        )

    @property
    def is_account(self) -> bool:
        """Whether the line is one account; else it stands for those of several payees."""
        return ":" in self.code or not GROUPS[self.code].is_personal

    @property
    def shown(self) -> list[tuple[str, int]]:
        """The six figures with the names of their columns."""
        return list(zip(COLUMNS, self.sides, strict=True))


@dataclass(frozen=True)
class TrialBalance:
    """科目余额 with what moved from ``first`` to ``last``; each pair of columns sums alike."""

    first: date | None
    last: date
    lines: Sequence[BalanceLine]
    totals: tuple[int, ...] = field(default=(0, 0, 0, 0, 0, 0))

    @property
    def is_even(self) -> bool:
        """Whether debits equal credits, three times."""
        return all(self.totals[at] == self.totals[at + 1] for at in (0, 2, 4))

    @property
    def shown_totals(self) -> list[tuple[str, int]]:
        """The six sums with the names of their columns."""
        return list(zip(COLUMNS, self.totals, strict=True))


@dataclass(frozen=True)
class JournalSearch:
    """What the list of journals is narrowed to; an empty value narrows nothing."""

    text: str = ""
    month: Month | None = None
    kind: str = ""
    account: str = ""


def trial_balance(
    *, last: date, first: date | None = None, by_account: bool = False
) -> TrialBalance:
    """The balances at the end of ``last`` and the movements since ``first``, by effective day.

    Without ``first`` all that is in the ledger moved. By groups of accounts, or account by
    account. Two queries.
    """
    lines: dict[str, BalanceLine] = {}
    groups = dict(LedgerAccount.objects.values_list("code", "group"))
    for row in _sums(first, last):
        account, group = row["account_id"], groups[row["account_id"]]
        code = account if by_account else group
        name = row["account__name"] if by_account else GROUPS[group].name
        line = lines.setdefault(code, BalanceLine(code, name))
        line.accounts += 1
        line.opening += row["opening"] or 0
        line.debit += row["debit"] or 0
        line.credit -= row["credit"] or 0
    order = {code: at for at, code in enumerate(GROUPS)}
    ordered = sorted(
        lines.values(), key=lambda line: (order[line.code.partition(":")[0]], line.code)
    )
    totals = tuple(sum(column) for column in zip(*(line.sides for line in ordered), strict=True))
    return TrialBalance(first, last, ordered, totals or (0, 0, 0, 0, 0, 0))


def journals_found(search: JournalSearch) -> QuerySet[Journal]:
    """Journals that fit, newest first, with ``total_fen`` (the sum of the debits)."""
    debits = (
        Entry.objects.filter(journal=OuterRef("pk"), amount_fen__gt=0)
        .order_by()
        .values("journal")
        .annotate(total=Sum("amount_fen"))
        .values("total")
    )
    found = Journal.objects.annotate(total_fen=Coalesce(Subquery(debits), 0))
    if search.text:
        fits = Q(memo__icontains=search.text) | Q(key__icontains=search.text)
        if search.text.isdigit() and len(search.text) < 16:
            fits |= Q(number=int(search.text))
        found = found.filter(fits)
    if search.month:
        found = found.filter(month=str(search.month))
    if search.kind:
        found = found.filter(kind=search.kind)
    if search.account:
        mine = Entry.objects.filter(
            Q(account=search.account) | Q(account__code__startswith=f"{search.account}:")
        )
        found = found.filter(number__in=mine.values("journal"))
    return found.order_by("-number")


def journal_of(number: int) -> Journal:
    """The journal of that number with who posted it and its reversals; NotThere without."""
    found = (
        Journal.objects.select_related("posted_by", "reverses", "reversed_by")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotThere(f"没有凭证 {number}：请从凭证列表里再找一次。")
    return found


def entries_of(journals: Iterable[Journal]) -> dict[int, list[Entry]]:
    """The entries of these journals by journal, in their order. One query."""
    found: dict[int, list[Entry]] = {journal.number: [] for journal in journals}
    rows = Entry.objects.filter(journal__in=list(found)).select_related("account")
    for entry in rows.order_by("journal", "line"):
        found[entry.journal_id].append(entry)
    return found


def account_of(code: str) -> LedgerAccount:
    """The account of that code; NotThere without."""
    found = LedgerAccount.objects.filter(code=code).first()
    if found is None:
        raise NotThere(f"没有科目“{code}”：请从试算平衡表里再找一次。")
    return found


def account_entries(account: LedgerAccount) -> QuerySet[Entry, Any]:
    """The account's entries, newest first, each with ``running_fen``: the balance after it.

    In the order in which they were posted, so that a balance once shown never changes.
    """
    running = Window(Sum("amount_fen"), order_by=[F("journal_id").asc(), F("line").asc()])
    return (
        Entry.objects.filter(account=account)
        .select_related("journal")
        .annotate(running_fen=running * account.side)
        .order_by("-journal_id", "-line")
    )


def closing_by_month(codes: Sequence[str], months: Sequence[Month]) -> dict[str, list[int]]:
    """Each account's balance on its normal side at the end of each month, by effective day.

    The accounts are groups of one account (``reserve``). One query.
    """
    rows = list(
        Entry.objects.filter(account__in=codes, journal__effective_on__lte=months[-1].last)
        .values("account_id", "journal__effective_on")
        .annotate(sum=Sum("amount_fen"))
        .order_by()
        .values_list("account_id", "journal__effective_on", "sum")
    )
    return {
        code: [
            GROUPS[code].side
            * sum(amount for account, day, amount in rows if account == code and day <= month.last)
            for month in months
        ]
        for code in codes
    }


def _sums(first: date | None, last: date) -> Iterable[Any]:
    before = Q(journal__effective_on__lt=first) if first else Q(pk=None)
    return (
        Entry.objects.filter(journal__effective_on__lte=last)
        .order_by()
        .values("account_id", "account__name")
        .annotate(
            opening=Sum("amount_fen", filter=before),
            debit=Sum("amount_fen", filter=~before & Q(amount_fen__gt=0)),
            credit=Sum("amount_fen", filter=~before & Q(amount_fen__lt=0)),
        )
    )
