"""稿费: adopted manuscripts become fees owed to their authors (docs/rules.md §8).

The ledger begins with the first month that is approved: that month's opening posting brings in
what the chain had before. Manuscripts adopted in earlier months were paid, or not, before the
product kept the money; no document of an approved month names them, so they are never booked.
Adopted from that month on, each is booked when it is adopted, dated with the day of adoption;
one that becomes known only after its month was approved is booked all the same, and the next
month finds the money for it (``incentives.gathering``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from content.models import Manuscript
from haitang.kernel import audit
from haitang.kernel.clock import Month
from haitang.kernel.errors import Conflict, Invalid, NotThere
from haitang.kernel.money import plain, yuan
from haitang.kernel.personal import Personal
from haitang.policy.selectors import policy_for
from incentives.funds.fee_corrections import correct_fees, fee_account, frozen_fees
from incentives.ledger.chart import account
from incentives.ledger.posting import credit, debit, post
from incentives.life.states import APPROVED
from incentives.models import ArticleFee, Journal, Settlement

STREAM = "incentives"
__all__ = ["change_fee", "fee_account", "ledger_start", "require_licence", "take_up_fees"]


def take_up_fees(*, now: datetime, first: Month | None = None) -> int:
    """Book the adopted manuscripts that have no fee yet; how many were booked or corrected.

    Each in a transaction of its own, dated with its adoption, with the amount of that month's
    policy, under the key ``fee/<code>``; safe to repeat and to run at the same time elsewhere.
    ``first`` is the month that is just being approved: without an earlier approved one the
    ledger begins there. Fees whose manuscript changed since are corrected first
    (``fee_corrections``); what a submitted month has in its document is booked as it stands there.
    """
    begun = ledger_start()
    start = min((month for month in (begun, first) if month), default=None)
    if start is None:
        return 0
    booked = correct_fees(start=start, now=now)
    new = _without_fee(start)
    submitted = frozen_fees() if new else {}
    fee_of = cache(lambda month: policy_for(month).fund.fees)
    for manuscript in new:
        assert manuscript.adopted_on is not None  # noqa: S101  # filtered so
        month, kind = Month.of(manuscript.adopted_on), manuscript.author_kind
        kind, amount = submitted.get(manuscript.code, (kind, fee_of(month)[kind]))
        booked += _take_up(manuscript, month, kind, amount, now=now)
    return booked


def ledger_start() -> Month | None:
    """The first month that was ever approved, with which the ledger begins; None before that."""
    approved = Settlement.objects.filter(Q(state__in=APPROVED) | Q(approvals__gt=0))
    text = approved.order_by("month").values_list("month", flat=True).first()
    return Month.parse(text) if text else None


def change_fee(
    *,
    fee: ArticleFee,
    tax: str,
    author_name: str,
    was: Sequence[str],
    licence: str = "",
    by: User,
    now: datetime,
) -> bool:
    """Set the tax category, the author's name and licence; whether anything changed.

    An empty ``licence`` leaves the one that is on file. ``was`` are category and name as they
    stood on the page: somebody else's change since then is refused (Conflict). Raises Invalid for
    a category that there is not, a name that could carry more than a name, and a licence that
    is none.
    """
    if tax not in ArticleFee.Tax.values:
        raise Invalid("请从稿酬所得、工资、薪金所得、劳务报酬所得中选一个所得类别。")
    author_name = author_name.strip()
    if len(author_name) > 20 or any(letter.isdigit() for letter in author_name):
        raise Invalid("作者只写姓名，20 个字以内，不要写电话或证件号码。")
    licence = licence.strip()
    if licence and not (4 <= len(licence) <= 30 and licence.isalnum()):
        raise Invalid("执业证书编号是 4 到 30 位字母和数字：请核对。")
    with transaction.atomic():
        row = ArticleFee.objects.select_for_update().filter(pk=fee.pk).first()
        if row is None:
            raise NotThere("这笔稿费已经不在了：请刷新页面。")
        before = (row.tax, row.author_name)
        if before == (tax, author_name) and not licence:
            return False
        if before != tuple(was):
            raise Conflict("这笔稿费刚由别人改过：请看过新的内容再改。")
        row.tax, row.author_name = tax, author_name
        if licence:
            row.licence = Personal(licence)
        row.save(update_fields=["tax", "author_name", "licence"])
        audit.record(
            stream=STREAM,
            act="change_fee",
            obj=row,
            object_name=f"{row.manuscript} 的稿费",
            by=by,
            now=now,
            details={
                "tax": {"was": before[0], "now": tax},
                "author_named": bool(author_name),
                "licence_entered": bool(licence),
            },
        )
    return True


def require_licence(account_code: str) -> None:
    """Conflict when that account owes a pharmacist or physician whose licence is not on file."""
    group, _, code = account_code.partition(":")
    if group != "fee":
        return
    asked = ArticleFee.objects.filter(manuscript=code, licence__isnull=True)
    if asked.filter(kind=Manuscript.AuthorKind.PROFESSIONAL).exists():
        raise Conflict(
            f"稿件 {code} 的作者是执业药师或执业医师，执业证书编号还没有登记："
            "请先在稿酬清单里填上，再登记付款。"
        )


def _without_fee(start: Month) -> list[Manuscript]:
    """Adopted from ``start`` on and not booked, by the day of adoption, then code."""
    booked = ArticleFee.objects.values("manuscript")
    rows = Manuscript.objects.filter(adopted_on__gte=start.first).exclude(code__in=booked)
    return sorted(rows, key=lambda row: (row.adopted_on, row.code))


def _take_up(
    manuscript: Manuscript, month: Month, kind: str, amount: int, *, now: datetime
) -> bool:
    """One fee; False when somebody else was first. The ledger is locked before the fee's row."""
    assert manuscript.adopted_on is not None  # noqa: S101  # the caller's filter
    owed, outstanding = fee_account(manuscript.code), account("outstanding")
    with transaction.atomic():
        post(
            kind=Journal.Kind.FEE_ADOPTED,
            key=f"fee/{manuscript.code}",
            month=month,
            effective_on=manuscript.adopted_on,
            memo=f"稿件 {manuscript.code} 录用，应付稿酬",
            lines=[debit(outstanding, amount), credit(owed, amount)],
            by=None,
            now=now,
        )
        fee, created = ArticleFee.objects.get_or_create(
            manuscript=manuscript.code,
            defaults={
                "title": manuscript.title,
                "kind": kind,
                "adopted_on": manuscript.adopted_on,
                "amount": yuan(amount),
                "taken_up_at": now,
            },
        )
        if created:
            audit.record(
                stream=STREAM,
                act="take_up_fee",
                obj=fee,
                object_name=f"{fee.manuscript} 的稿费",
                by=None,
                now=now,
                details={"amount": plain(amount), "adopted_on": manuscript.adopted_on.isoformat()},
            )
    return created
