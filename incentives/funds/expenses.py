"""Expenses of the team reserve: requested with a voucher, approved or refused (docs/rules.md §8).

Money is promised here and leaves at the month's settlement, where expenses come before the fees.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import IO

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum
from django.urls import reverse

from accounts.models import User
from accounts.roles import TEAM, Role
from accounts.separation import Act, require_different_people
from accounts.services import acting_for
from haitang.kernel import audit, files
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import day_text, month_text
from haitang.kernel.errors import Conflict, Invalid, NotAllowed, NotThere
from haitang.kernel.masking import masked_numbers
from haitang.kernel.money import display, fen, plain, yuan
from haitang.kernel.notices import notify
from incentives.ledger.posting import wait_for_ledger
from incentives.life.states import APPROVED
from incentives.models import LedgerAccount, OpeningBalance, ReserveExpense, Settlement

STREAM = "incentives"
DECIDERS = (Role.GENERAL_MANAGER, Role.VICE_GENERAL_MANAGER)
VOUCHER_BYTES = 10 * 1024 * 1024
# How each kind of voucher begins, and what a browser is told that it is.
_VOUCHERS = {
    b"\xff\xd8\xff": ("image/jpeg", ".jpg"),
    b"\x89PNG\r\n\x1a\n": ("image/png", ".png"),
    b"%PDF-": ("application/pdf", ".pdf"),
}
_MOST_FEN = 10**10


@dataclass(frozen=True)
class ExpenseFacts:
    """What somebody wants paid out of the reserve; ``amount`` in fen."""

    date: date
    kind: str
    amount: int
    payee: str
    note: str


@dataclass(frozen=True)
class Available:
    """What the reserve can still promise, in fen: its opening in ``month`` less ``promised``."""

    month: Month | None
    opening: int
    promised: int

    @property
    def fen(self) -> int:
        return max(0, self.opening - self.promised)


def request_expense(
    *, facts: ExpenseFacts, voucher: IO[bytes], name: str, key: str, by: User, now: datetime
) -> ReserveExpense:
    """Ask for an expense; ``voucher`` is an open file called ``name`` (JPEG, PNG or PDF).

    The same ``key`` again returns the request that is there. Raises NotAllowed for who is not of
    the team, Invalid for facts or a voucher that cannot be, Conflict for a month that is settled.
    """
    if not by.tenures.on(business_day(now)).filter(role__in=TEAM).exists() and not any(
        acting_for(by, role, now) for role in TEAM
    ):
        raise NotAllowed("只有团队成员可以申请团队公费：请由团队里的同事提出。")
    _check_facts(facts, today=business_day(now))
    if known := ReserveExpense.objects.filter(key=f"request/{key}", recorded_by=by).first():
        return known
    _refuse_settled(Month.of(facts.date))
    suffix = _suffix(voucher)
    stored = files.store_file(
        name=name if name.lower().endswith(suffix) else f"{name}{suffix}",
        content=voucher,
        by=by,
        now=now,
    )
    try:
        with transaction.atomic():
            expense = ReserveExpense.objects.create(
                date=facts.date,
                kind=facts.kind,
                amount=yuan(facts.amount),
                payee=masked_numbers(facts.payee.strip()),
                note=masked_numbers(facts.note.strip()),
                voucher=stored,
                state=ReserveExpense.State.REQUESTED,
                key=f"request/{key}",
                recorded_at=now,
                recorded_by=by,
            )
            _record("request_expense", expense, by=by, now=now)
    except IntegrityError:
        raise Conflict("这份申请刚刚已经提交：请到公费支出列表里看。") from None
    return expense


def approve_expense(*, expense: ReserveExpense, by: User, now: datetime) -> ReserveExpense:
    """Promise the money. Only the general or vice general manager, and not the requester.

    Raises NotAllowed, or Conflict when it is decided already, its month is settled, or the
    reserve cannot pay it. Approvals wait for one another and for postings.
    """
    with transaction.atomic():
        # The month before the ledger, as its own approval takes them.
        _refuse_settled(Month.of(expense.date))
        wait_for_ledger()
        row, person = _to_decide(expense, by=by, now=now)
        left = available()
        if fen(row.amount) > left.fen:
            raise Conflict(
                f"团队公费可用 {display(left.fen)}，不够这笔 {display(fen(row.amount))}："
                "没有批准。可以等下个月计入后再批，或写明理由不批准。"
            )
        _decide(row, ReserveExpense.State.APPROVED, "", by=by, person=person, now=now)
    return row


def refuse_expense(
    *, expense: ReserveExpense, reason: str, by: User, now: datetime
) -> ReserveExpense:
    """Say no, with the written reason. Raises as ``approve_expense``; Invalid without a reason."""
    reason = masked_numbers(reason.strip())
    if not reason or len(reason) > 500:
        raise Invalid("请写明不批准的理由，500 个字以内：申请人会看到。")
    with transaction.atomic():
        wait_for_ledger()
        row, person = _to_decide(expense, by=by, now=now)
        _decide(row, ReserveExpense.State.REFUSED, reason, by=by, person=person, now=now)
    return row


def available() -> Available:
    """What the reserve can promise: the open month's opening less what is approved since.

    The opening is the ledger's balance after the last approved month; before any, that of the
    opening file, or nothing (docs/rules.md §9).
    """
    last = last_approved()
    approved = ReserveExpense.objects.filter(state=ReserveExpense.State.APPROVED)
    if last:
        account = LedgerAccount.objects.filter(code="reserve").first()
        opening = account.balance_fen if account else 0
        since: Month | None = last.plus(1)
    else:
        file = OpeningBalance.objects.order_by("month").last()
        opening = fen(file.reserve) if file else 0
        since = Month.parse(file.month) if file else None
    if since:
        approved = approved.filter(date__gte=since.first)
    promised = approved.aggregate(sum=Sum("amount"))["sum"] or 0
    return Available(since, opening, fen(promised))


def last_approved() -> Month | None:
    """The newest month that stands approved; None before any."""
    rows = Settlement.objects.filter(state__in=APPROVED).order_by("-month")
    text = rows.values_list("month", flat=True).first()
    return Month.parse(text) if text else None


def open_requests(month: Month) -> QuerySet[ReserveExpense]:
    """Requests of that month that nobody has decided."""
    return ReserveExpense.objects.filter(
        state=ReserveExpense.State.REQUESTED, date__range=(month.first, month.last)
    )


def voucher_type(start: bytes) -> str:
    """The content type of a voucher by its first bytes; empty when it is none of ours."""
    return next((kind for head, (kind, _) in _VOUCHERS.items() if start.startswith(head)), "")


def settled_reason(month: Month) -> str:
    """Why nothing can be added to the expenses of a month; empty while that is possible."""
    last = last_approved()
    if last and month <= last:
        return (
            f"{month_text(month)}的结算已经批准，不能再加支出："
            f"请把日期写在{month_text(last.plus(1))}或以后。"
        )
    if Settlement.objects.filter(month=str(month), state=Settlement.State.SUBMITTED).exists():
        return (
            f"{month_text(month)}的结算已经提交、等待批准，现在不能加支出："
            "请等批准后写到下个月，或请总经理先退回。"
        )
    return ""


def _refuse_settled(month: Month) -> None:
    # The row is locked, so that the month is not submitted meanwhile.
    rows = Settlement.objects.filter(month=str(month))
    with transaction.atomic():
        list(rows.select_for_update())
        if reason := settled_reason(month):
            raise Conflict(reason)


def _check_facts(facts: ExpenseFacts, *, today: date) -> None:
    if facts.kind not in ReserveExpense.Kind.values:
        raise Invalid("请选付费网络服务或团队公费。")
    if not 0 < facts.amount < _MOST_FEN:
        raise Invalid("金额要大于 0，并小于一亿元。")
    if facts.date > today:
        raise Invalid(f"日期不能晚于今天（{day_text(today, year=today.year)}）：请写付款的日期。")
    if not facts.payee.strip() or len(facts.payee) > 100:
        raise Invalid("请写收款人（商家或个人），100 个字以内。")
    if not facts.note.strip() or len(facts.note) > 500:
        raise Invalid("请写明用途，500 个字以内。")


def _suffix(voucher: IO[bytes]) -> str:
    """The ending that fits the voucher's content. Raises Invalid for what is no voucher."""
    size = voucher.seek(0, 2)
    voucher.seek(0)
    start = voucher.read(16)
    voucher.seek(0)
    if size > VOUCHER_BYTES:
        raise Invalid(f"凭证有 {size / 1024 / 1024:.1f} MB，超过 10 MB：请把照片压缩后再传。")
    for head, (_, suffix) in _VOUCHERS.items():
        if start.startswith(head):
            return suffix
    raise Invalid("凭证要是照片（JPG、PNG）或 PDF：请换一个文件，或直接拍照。")


def _to_decide(
    expense: ReserveExpense, *, by: User, now: datetime
) -> tuple[ReserveExpense, User | None]:
    """The request, locked and still open, and the person for whom a deputy decides."""
    person = _deciding_for(by, now)
    row = ReserveExpense.objects.select_for_update().filter(pk=expense.pk).first()
    if row is None:
        raise NotThere("没有这笔公费支出：请从列表里再找一次。")
    if row.state != ReserveExpense.State.REQUESTED:
        whom = "您刚处理过" if row.decided_by_id == by.pk else "刚由别人处理"
        raise Conflict(f"这笔支出{row.get_state_display()}，{whom}：请刷新页面。")
    if row.recorded_by_id:
        require_different_people(
            Act(row.recorded_by_id, step="申请公费", actor_name=str(row.recorded_by)),
            Act(by.pk, person.pk if person else None, step="批准公费", actor_name=str(by)),
        )
    return row, person


def _deciding_for(by: User, now: datetime) -> User | None:
    """As whose deputy somebody decides; None for a manager. Raises NotAllowed for anybody else."""
    if by.tenures.on(business_day(now)).filter(role__in=DECIDERS).exists():
        return None
    for role in DECIDERS:
        if person := acting_for(by, role, now):
            return person
    raise NotAllowed("公费支出由总经理或副总经理批准：请交由他们处理。")


def _decide(
    row: ReserveExpense,
    state: ReserveExpense.State,
    reason: str,
    *,
    by: User,
    person: User | None,
    now: datetime,
) -> None:
    row.state, row.decision, row.decided_by, row.decided_at = state, reason, by, now
    row.save(update_fields=["state", "decision", "decided_by", "decided_at"])
    is_approved = state == ReserveExpense.State.APPROVED
    act = "approve_expense" if is_approved else "refuse_expense"
    details = {"on_behalf_of": str(person), "on_behalf_of_id": person.pk} if person else {}
    _record(act, row, by=by, now=now, **details)
    if row.recorded_by:
        said = "已批准，在月度结算时付款" if is_approved else f"没有批准：{reason}"
        notify(
            recipients=[row.recorded_by],
            key=f"expense:{row.pk}",
            text=f"您申请的公费 {display(fen(row.amount))}（{row.payee}）{said}",
            url=reverse("expense", args=[row.pk]),
            now=now,
        )


def _record(
    act: str, expense: ReserveExpense, *, by: User, now: datetime, **details: object
) -> None:
    audit.record(
        stream=STREAM,
        act=act,
        obj=expense,
        object_name=f"公费支出 {expense.pk}",
        by=by,
        now=now,
        details={
            "date": expense.date.isoformat(),
            "kind": expense.kind,
            "amount": plain(fen(expense.amount)),
            **details,
        },
    )
