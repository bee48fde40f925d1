"""稿费: what happens when a manuscript changes after its fee was booked (docs/accounting.md).

As long as no submitted or approved month has the fee in its document, the booking is reversed
and made anew, dated with the adoption as it now is. Afterwards it stands as it was approved: the
difference is listed (``mismatches``), and never booked behind the approver's back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from content.models import Manuscript
from haitang.kernel import audit
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import day_text, fen_text
from haitang.kernel.money import fen, plain, yuan
from haitang.policy.selectors import policy_for
from incentives.ledger.chart import AccountSpec, account
from incentives.ledger.posting import credit, debit, post, reverse, wait_for_ledger
from incentives.life.states import FROZEN
from incentives.models import ArticleFee, Journal, Settlement

STREAM = "incentives"
_OPEN = (Settlement.State.DRAFT, Settlement.State.CALCULATED)


@dataclass(frozen=True)
class Mismatch:
    """A booked fee and its manuscript as it is now; amounts in fen, 0 without an adoption."""

    fee: ArticleFee
    kind: str
    adopted_on: date | None
    amount: int

    @property
    def sentence(self) -> str:
        """Both sides, and what is to be done."""
        fee = self.fee
        kinds = dict(Manuscript.AuthorKind.choices)
        if self.adopted_on is None:
            now = "现在没有录用"
        else:
            kind = kinds.get(self.kind, self.kind)
            now = f"现在是{kind}、{day_text(self.adopted_on)}录用，应为 {fen_text(self.amount)}"
        return (
            f"稿件 {fee.manuscript} 按{kinds.get(fee.kind, fee.kind)}、{day_text(fee.adopted_on)}"
            f"录用登记 {fen_text(fen(fee.amount))}，已进入提交或批准的月份；{now}。"
            "已登记的不再改动：请核对稿件；确有差额的，由财务与作者补付或退还。"
        )


def fee_account(manuscript: str) -> AccountSpec:
    """应付稿酬 of one manuscript: ``fee:<code>``."""
    return account("fee", manuscript, f"稿件 {manuscript}")


def frozen_fees() -> dict[str, tuple[str, int]]:
    """Manuscript → kind and amount (fen) as the first submitted or approved month has it."""
    rows = (
        Settlement.objects.filter(state__in=FROZEN, run__isnull=False)
        .order_by("month")
        .values_list("run__document__fund__fees", flat=True)
    )
    found: dict[str, tuple[str, int]] = {}
    for fees in rows:
        for fee in fees or ():
            found.setdefault(fee["manuscript"], (fee["kind"], fen(fee["fee"])))
    return found


def mismatches(start: Month) -> list[Mismatch]:
    """Fees that were booked for another kind of author or another day. Constant queries.

    ``start`` is the month with which the ledger begins: an adoption before it earns nothing.
    """
    manuscript = Manuscript.objects.filter(code=OuterRef("manuscript"))
    rows = ArticleFee.objects.annotate(
        kind_now=Subquery(manuscript.values("author_kind")[:1]),
        day_now=Subquery(manuscript.values("adopted_on")[:1]),
    ).filter(Q(day_now=None) | ~Q(kind=F("kind_now")) | ~Q(adopted_on=F("day_now")))
    found = (_mismatch(fee, fee.kind_now, fee.day_now, start) for fee in rows)
    return [each for each in found if each]


def frozen_mismatches(start: Month | None) -> list[Mismatch]:
    """Those that stay as they were booked: a submitted or approved month has them."""
    found = mismatches(start) if start else []
    frozen = frozen_fees() if found else {}
    return [each for each in found if each.fee.manuscript in frozen]


def correct_fees(*, start: Month, now: datetime) -> int:
    """Book anew what no submitted or approved month has yet; how many were corrected.

    Each in a transaction of its own; safe to repeat and to run at the same time elsewhere.
    """
    return sum(_correct(each.fee.pk, start, now=now) for each in mismatches(start))


def _mismatch(fee: ArticleFee, kind: str | None, day: date | None, start: Month) -> Mismatch | None:
    if kind is None or day is None or day < start.first:
        return Mismatch(fee, fee.kind, None, 0) if fee.amount else None
    amount = policy_for(Month.of(day)).fund.fees[kind]
    return Mismatch(fee, kind, day, amount)


def _correct(pk: int, start: Month, *, now: datetime) -> bool:
    """One fee; locks in the order of docs/architecture.md: months, ledger, then the fee's row."""
    with transaction.atomic():
        # A month that is not submitted yet stays so until this is done.
        open_months = Settlement.objects.select_for_update().filter(state__in=_OPEN)
        list(open_months.order_by("pk").values_list("pk"))
        wait_for_ledger()
        found = next((each for each in mismatches(start) if each.fee.pk == pk), None)
        if found is None or found.fee.manuscript in frozen_fees():
            return False
        _book_anew(found, now=now)
    return True


def _book_anew(found: Mismatch, *, now: datetime) -> None:
    fee, code = found.fee, found.fee.manuscript
    owed = fee_account(code)
    adoptions = Journal.objects.filter(
        kind=Journal.Kind.FEE_ADOPTED, entries__account_id=owed.code
    ).order_by("number")
    number = adoptions.count()
    if standing := adoptions.filter(reversed_by=None).last():
        key, day = f"fee-{number}-reversal/{code}", business_day(now)
        reason = "稿件的投稿人类别或录用日期有更正"
        reverse(standing, key=key, effective_on=day, reason=reason, by=None, now=now)
    if found.adopted_on:
        post(
            kind=Journal.Kind.FEE_ADOPTED,
            key=f"fee-{number + 1}/{code}",
            month=Month.of(found.adopted_on),
            effective_on=found.adopted_on,
            memo=f"稿件 {code} 录用，应付稿酬（更正）",
            lines=[debit(account("outstanding"), found.amount), credit(owed, found.amount)],
            by=None,
            now=now,
        )
    was = {"kind": fee.kind, "adopted_on": fee.adopted_on.isoformat(), "amount": str(fee.amount)}
    ArticleFee.objects.filter(pk=fee.pk).update(
        kind=found.kind, adopted_on=found.adopted_on or fee.adopted_on, amount=yuan(found.amount)
    )
    audit.record(
        stream=STREAM,
        act="correct_fee",
        obj=fee,
        object_name=f"{code} 的稿费",
        by=None,
        now=now,
        details={
            "was": was,
            "kind": found.kind,
            "adopted_on": found.adopted_on.isoformat() if found.adopted_on else "",
            "amount": plain(found.amount),
        },
    )
