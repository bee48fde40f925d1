"""Payments: what is owed after an approval, and what the bank made of it (docs/accounting.md).

A month's payments open with its approval. Each is then paid or fails; a paid one may come back.
One that failed or came back is tried again by a new row. Only a payment that went out, or came
back, is in the ledger: debit the payee's account, credit the bank, and the other way round.

Finance pays; who submitted or approved the month does not (``accounts.separation``). Locks are
taken in one order everywhere: payments first, in the order of their ids, then the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Sum

from accounts.models import User
from accounts.rules import Acting, acting_by, acting_details
from accounts.separation import Act, require_different_people
from haitang.kernel import audit
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import month_text
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from haitang.kernel.failpoints import fail_point
from haitang.kernel.masking import masked_numbers
from haitang.kernel.money import display, fen, plain
from haitang.kernel.texts import within
from incentives import rules
from incentives.funds.fees import require_licence
from incentives.ledger.chart import GROUPS, RESERVE_PAYEE, AccountSpec, account
from incentives.ledger.posting import credit, debit, post
from incentives.life.states import APPROVED
from incentives.models import ArticleFee, Journal, LedgerAccount, Payment, Settlement

STREAM = "incentives"
NOTE_LENGTH = 200
# Payments go on after the month is closed: the bank may return one weeks later.
# Where a payment may go from each state; a new try is a row of its own.
_NEXT = {
    Payment.State.WAITING: (Payment.State.PAID, Payment.State.FAILED),
    Payment.State.PAID: (Payment.State.RETURNED,),
}
_AGAIN = (Payment.State.FAILED, Payment.State.RETURNED)


def open_payments(*, settlement: Settlement, by: User, now: datetime) -> list[Payment]:
    """A waiting payment for each payee of the approval and each fee that got money in it.

    In the transaction of the approval, after its postings (the accounts exist) and with
    ``settlement.approvals`` counted up. Repeated, it returns the payments that are there.
    """
    live = settlement.payments.exclude(state=Payment.State.VOID)
    if known := list(live.order_by("pk")):
        return known
    wanted = [*_payouts(settlement, now), *_fees(settlement, now)]
    tried = dict(
        Payment.objects.filter(settlement=settlement)
        .values_list("account_id")
        .annotate(last=Max("attempt"))
    )
    for payment in wanted:
        payment.attempt = tried.get(payment.account_id, 0) + 1
        payment.changed_by = by
    Payment.objects.bulk_create(wanted)
    _record(
        "open_payments",
        settlement,
        by=by,
        now=now,
        details={"count": len(wanted), "sum": plain(sum(row.amount_fen for row in wanted))},
    )
    return list(live.order_by("pk"))


def void_payments(*, settlement: Settlement, by: User, now: datetime) -> int:
    """The approval is taken back: its payments are void, those that came back included.

    The next approval opens new ones by its own figures. The answer is how many were void. Call it
    before the reversing postings (order of locks). Raises Conflict, naming the payees, as long as
    a payment is out: it must come back first.
    """
    live = Payment.objects.filter(settlement=settlement)
    gone = (Payment.State.WAITING, *_AGAIN)
    count = live.filter(state__in=gone).update(
        state=Payment.State.VOID, changed_at=now, changed_by=by
    )
    # Read after the update: who paid meanwhile is seen now.
    paid = list(live.filter(state=Payment.State.PAID).values_list("name", flat=True)[:4])
    if paid:
        raise Conflict(
            f"{month_text(settlement.month)}已经付款（{'、'.join(paid[:3])}"
            f"{' 等' if len(paid) > 3 else ''}），不能撤销批准："
            "请先由财务把这些付款登记为退回。"
        )
    _record("void_payments", settlement, by=by, now=now, details={"count": count})
    return count


def set_payment_state(
    *, payment: Payment, state: Payment.State, note: str = "", by: User, now: datetime
) -> Payment:
    """waiting → paid or failed, paid → returned; posted in the same transaction.

    ``note`` says why a payment failed or came back (needed then). The state on ``payment`` is
    what the person saw: Conflict when it is another one by now, or when the month's approval was
    taken back. NotAllowed for who is not finance, or submitted or approved the month.
    """
    note = _checked_note(state, note)
    with transaction.atomic():
        settlement = _payable_month(payment.settlement_id)
        acting = require_payer(settlement, by=by)
        _change(payment, state, note, by=by, now=now)
        _post(payment, settlement, by=by, now=now)
        _record_payment(payment, acting, by=by, now=now)
    return payment


def pay_all(
    *, settlement: Settlement, count: int, amount_fen: int, by: User, now: datetime
) -> list[Payment]:
    """Everything that waits in the month is paid, all or nothing.

    ``count`` and ``amount_fen`` are what the person confirmed; Conflict when they are others now.
    """
    with transaction.atomic():
        settlement = _payable_month(settlement.pk)
        acting = require_payer(settlement, by=by)
        waiting = Payment.objects.filter(settlement=settlement, state=Payment.State.WAITING)
        rows = list(
            waiting.select_for_update(of=("self",)).order_by("pk").select_related("account")
        )
        found = (len(rows), sum(row.amount_fen for row in rows))
        if found != (count, amount_fen) or not rows:
            raise Conflict(
                f"待付的是 {found[0]} 笔共 {display(found[1])}，与您确认的 {count} 笔共 "
                f"{display(amount_fen)} 不同：没有登记任何一笔，请看过新的名单再确认。"
            )
        for row in rows:
            _change(row, Payment.State.PAID, "", by=by, now=now)
            _post(row, settlement, by=by, now=now)
            _record_payment(row, acting, by=by, now=now)
    return rows


def retry_payment(*, payment: Payment, note: str = "", by: User, now: datetime) -> Payment:
    """A new waiting payment in place of one that failed or came back, ``attempt`` one higher.

    Conflict when it did neither, or when it is being tried again already.
    """
    with transaction.atomic():
        settlement = _payable_month(payment.settlement_id)
        acting = require_payer(settlement, by=by)
        rows = Payment.objects.select_for_update(of=("self",)).filter(
            settlement=settlement, account_id=payment.account_id
        )
        last = max(rows, key=lambda row: row.attempt)
        if last.pk != payment.pk:
            raise Conflict(f"付给{payment.name}的这一笔已经重新付过：请看最后一笔。")
        if last.state not in _AGAIN:
            raise Conflict(
                f"付给{payment.name}的这一笔现在是“{last.get_state_display()}”，"
                "没有付成或退回的才能再付。"
            )
        again = Payment.objects.create(
            settlement=settlement,
            account_id=last.account_id,
            payee=last.payee,
            name=last.name,
            purpose=last.purpose,
            amount_fen=last.amount_fen,
            attempt=last.attempt + 1,
            note=_cut(note),
            changed_at=now,
            changed_by=by,
        )
        _record_payment(again, acting, by=by, now=now, act="retry_payment")
    return again


def require_payer(settlement: Settlement, *, by: User) -> Acting | None:
    """NotAllowed unless the person is finance and neither submitted nor approved the month.

    The answer is for whom the person acts as a deputy; None for who is finance.
    """
    if not rules.may_pay(by):
        raise NotAllowed("只有财务（或财务的代理人）可以登记付款：请交由财务处理。")
    acting = acting_by(by, rules.may_pay)
    payer = Act(by.pk, acting.person_id if acting else None, step="付款", actor_name=str(by))
    for step, name in (
        (Settlement.State.SUBMITTED, "提交"),
        (Settlement.State.APPROVED, "批准"),
    ):
        if earlier := _act_of(settlement, step, name):
            require_different_people(earlier, payer)
    return acting


def is_paid_out(settlement: Settlement) -> bool:
    """Whether nothing of the month waits, failed or came back without a later try."""
    rows = settlement.payments.exclude(state=Payment.State.VOID).order_by("attempt")
    last = {row.account_id: row.state for row in rows}
    return all(state == Payment.State.PAID for state in last.values())


def paid_fen(settlement: Settlement) -> int:
    """What of the month is paid and did not come back, in fen."""
    rows = settlement.payments.filter(state=Payment.State.PAID)
    return int(rows.aggregate(total=Sum("amount_fen"))["total"] or 0)


def _payouts(settlement: Settlement, now: datetime) -> list[Payment]:
    rows = settlement.payouts.filter(approval=settlement.approvals, payable_fen__gt=0)
    return [
        Payment(
            settlement=settlement,
            account_id=account("payable", row.username).code,
            payee=row.username,
            name=row.name,
            purpose=f"{month_text(settlement.month)}提成",
            amount_fen=row.payable_fen,
            changed_at=now,
        )
        for row in rows.exclude(username=RESERVE_PAYEE).order_by("username")
    ]


def _fees(settlement: Settlement, now: datetime) -> list[Payment]:
    """Fees by their documents' order; an author nobody has named yet is named by the article."""
    if settlement.run is None:
        return []
    rows = {
        fee["manuscript"]: fen(fee["from_fund"]) + fen(fee["from_reserve"])
        for fee in settlement.run.document["fund"]["fees"]
    }
    named = dict(
        ArticleFee.objects.filter(manuscript__in=rows).values_list("manuscript", "author_name")
    )
    return [
        Payment(
            settlement=settlement,
            account_id=account("fee", code).code,
            payee=code,
            name=named.get(code) or f"稿件 {code} 的作者",
            purpose=f"稿酬 {code}",
            amount_fen=amount,
            changed_at=now,
        )
        for code, amount in rows.items()
        if amount > 0
    ]


def _payable_month(pk: int) -> Settlement:
    """The month, held against a reversal meanwhile."""
    settlement = Settlement.objects.select_for_update(of=("self",)).get(pk=pk)
    if settlement.state not in APPROVED:
        raise Conflict(
            f"{month_text(settlement.month)}现在是“{settlement.get_state_display()}”："
            "批准之后才能付款，没有登记。"
        )
    return settlement


def _act_of(settlement: Settlement, state: Settlement.State, name: str) -> Act | None:
    """The last step into that state out of the one before it."""
    before = {
        Settlement.State.SUBMITTED: Settlement.State.CALCULATED,
        Settlement.State.APPROVED: Settlement.State.SUBMITTED,
    }[state]
    step = (
        settlement.steps.filter(before=before, after=state).select_related("by").order_by("pk")
    ).last()
    if step is None or step.by_id is None:
        return None
    return Act(step.by_id, step.on_behalf_of_id, step=name, actor_name=str(step.by))


def _change(payment: Payment, state: Payment.State, note: str, *, by: User, now: datetime) -> None:
    """Compare and set: the state that the caller saw is the one that is changed."""
    before = Payment.State(payment.state)
    if state not in _NEXT.get(before, ()):
        raise Conflict(
            f"付给{payment.name}的这一笔现在是“{before.label}”，不能改为“{state.label}”。"
        )
    if state == Payment.State.PAID:
        require_licence(payment.account_id)
    fields = {"state": state, "note": note, "changed_at": now, "changed_by": by}
    if not Payment.objects.filter(pk=payment.pk, state=before).update(**fields):
        raise Conflict(f"付给{payment.name}的这一笔刚由别人登记过：请刷新页面看现在的情况。")
    for name, value in fields.items():
        setattr(payment, name, value)
    fail_point("payment.changed")


def _post(payment: Payment, settlement: Settlement, *, by: User, now: datetime) -> None:
    """Out of the bank when paid, back into it when returned; a failed one never left."""
    kinds = {
        Payment.State.PAID: (Journal.Kind.PAYMENT, f"payment/{payment.pk}", "付款"),
        Payment.State.RETURNED: (
            Journal.Kind.PAYMENT_RETURN,
            f"payment/{payment.pk}/return",
            "退款",
        ),
    }
    if payment.state not in kinds:
        return
    kind, key, word = kinds[Payment.State(payment.state)]
    owed, bank = _spec(payment.account), account("bank")
    out = kind == Journal.Kind.PAYMENT
    post(
        kind=kind,
        key=key,
        month=Month.parse(settlement.month),
        effective_on=business_day(now),
        memo=f"{word}：{payment.purpose} {payment.name}"[:300],
        lines=[
            debit(owed if out else bank, payment.amount_fen),
            credit(bank if out else owed, payment.amount_fen),
        ],
        by=by,
        now=now,
    )


def _spec(row: LedgerAccount) -> AccountSpec:
    return AccountSpec(row.code, row.name, GROUPS[row.group])


def _checked_note(state: Payment.State, note: str) -> str:
    note = note.strip()
    if state in _AGAIN and not note:
        raise Invalid("请写明没有付成或退回的原因，例如银行的回单说明。")
    return _cut(within(note, name="说明", longest=NOTE_LENGTH))


def _cut(note: str) -> str:
    """As it is kept: bank account numbers in it are masked."""
    return masked_numbers(note.strip())[:NOTE_LENGTH]


def _record_payment(
    payment: Payment,
    acting: Acting | None,
    *,
    by: User,
    now: datetime,
    act: str = "",
) -> None:
    audit.record(
        stream=STREAM,
        act=act or f"payment_{payment.state}",
        obj=payment,
        object_name=f"{payment.purpose} {payment.name}",
        by=by,
        now=now,
        details={
            "amount": plain(payment.amount_fen),
            "attempt": payment.attempt,
            **({"note": payment.note} if payment.note else {}),
            **(acting_details(acting) if acting else {}),
        },
    )


def _record(
    act: str, settlement: Settlement, *, by: User, now: datetime, details: dict[str, object]
) -> None:
    audit.record(stream=STREAM, act=act, obj=settlement, by=by, now=now, details=details)


__all__: Sequence[str] = (
    "is_paid_out",
    "open_payments",
    "paid_fen",
    "pay_all",
    "require_payer",
    "retry_payment",
    "set_payment_state",
    "void_payments",
)
