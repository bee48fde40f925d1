"""The steps of a month after its calculation: submit, return, approve, reverse, pay, close.

Each is claimed by compare-and-set on the state, leaves a ``SettlementStep`` and an entry in the
audit trail, and is done whole or not at all. Approval freezes the run and posts it to the ledger
(docs/rules.md §9, docs/accounting.md). Locks are taken in one order everywhere: the month,
payments, the ledger, the audit trail.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import month_text
from haitang.kernel.errors import Conflict, NotAllowed
from haitang.kernel.failpoints import fail_point
from haitang.kernel.money import display, fen
from haitang.policy.document import parse
from incentives.calculation.calculated import note_calculated
from incentives.funds.fees import take_up_fees
from incentives.ledger import postings
from incentives.ledger.chart import RESERVE_PAYEE
from incentives.ledger.posting import STREAM as LEDGER
from incentives.ledger.posting import reverse
from incentives.ledger.verify import verify
from incentives.life import readiness, steps
from incentives.life.states import APPROVED, MOVES, Step
from incentives.life.undecided import undecided
from incentives.models import (
    Adjustment,
    Journal,
    LedgerHead,
    Payout,
    Settlement,
    SettlementRun,
)
from incentives.payments.paying import open_payments, void_payments

__all__ = [
    "approve_month",
    "close_month",
    "mark_paid",
    "note_calculated",
    "return_month",
    "reverse_approval",
    "submit_month",
]


def submit_month(*, month: Month, by: User, now: datetime) -> Settlement:
    """Submit the month's last calculation for approval.

    NotAllowed for who is neither supervisor nor clerk; Conflict with every reason that speaks
    against it as details.
    """
    who = steps.taker(Step.SUBMIT, by=by, now=now)
    settlement = steps.settlement_of(month, who)
    run = _last_run(month)
    against = readiness.obstacles(month, run, now=now)
    if run and not against:
        against = readiness.data_changed(run)
    if settlement.state == who.move.before:
        steps.refuse(month, who.move, against)
    with transaction.atomic():
        steps.claim(settlement, who, run=run)
        # Who decides or objects waits for the month: asked again now that it is held.
        newer = [] if _last_run(month) == run else [readiness.STALE]
        against = newer or readiness.obstacles(month, run, now=now)
        steps.refuse(month, who.move, against)
        steps.keep(settlement, who)
        fail_point("submission.before-commit")
    return settlement


def return_month(*, month: Month, reason: str, by: User, now: datetime) -> Settlement:
    """A submitted month goes back: the approver returns it, or its submitter takes it back."""
    returns = steps.may_take(MOVES[Step.RETURN], by)
    who = steps.taker(Step.RETURN if returns else Step.WITHDRAW, by=by, now=now)
    reason = steps.checked_reason(reason, who.move)
    settlement = steps.settlement_of(month, who)
    with transaction.atomic():
        steps.claim(settlement, who)
        submitted = steps.last_act(settlement, Step.SUBMIT)
        if not returns and submitted and not submitted.people & who.act.people:
            raise NotAllowed(
                f"{month_text(month)}是{submitted.actor_name}提交的：只有提交人可以撤回，"
                "或请总经理退回。"
            )
        steps.keep(settlement, who, reason=reason)
        steps.tell_submitter(settlement, who, reason=reason)
    return settlement


def approve_month(
    *, month: Month, by: User, now: datetime, before_deadline: bool = True
) -> Settlement:
    """Approve the month as it was submitted: frozen, posted, its payments opened.

    ``before_deadline`` says that the approver knows who can still object; without it that is a
    Conflict, as are undecided proposals and objections and a gap in the approved months.
    """
    who = steps.taker(Step.APPROVE, by=by, now=now)
    settlement = steps.settlement_of(month, who)
    with transaction.atomic():
        steps.claim(settlement, who)
        steps.require_others(settlement, who)
        objectors = readiness.may_still_object(month, now=now)
        against = [*undecided(month).sentences, *readiness.order(month)]
        if settlement.run:
            against += readiness.redecided(month, settlement.run)
        if objectors and not before_deadline:
            against.append(
                f"{'、'.join(objectors)}还在异议期内："
                "请等到那天之后，或勾选“知道还在异议期内”再批准。"
            )
        steps.refuse(month, who.move, against)
        run = _post(settlement, by=by, now=now)
        details = {"document": settlement.document_number, "run": run.number, "pool": str(run.pool)}
        if objectors:
            details["before_deadline"] = "、".join(objectors)
        steps.keep(settlement, who, details=details)
        fail_point("approval.before-commit")
    fail_point("approval.after-commit")
    return settlement


def reverse_approval(*, month: Month, reason: str, by: User, now: datetime) -> Settlement:
    """Take the approval back while nothing is paid and nothing later rests on it.

    Every journal of the approval is reversed, but for the adoption of manuscripts; the payments
    are void. The month is calculated again and may be changed, submitted and approved anew.
    """
    who = steps.taker(Step.REVERSE, by=by, now=now)
    reason = steps.checked_reason(reason, who.move)
    settlement = steps.settlement_of(month, who)
    with transaction.atomic():
        steps.claim(settlement, who)
        steps.refuse(month, who.move, readiness.against_reversal(month))
        void_payments(settlement=settlement, by=by, now=now)
        _reverse_journals(settlement, reason=reason, by=by, now=now)
        number = settlement.document_number
        settlement.document_number, settlement.ledger_hash = "", ""
        settlement.ledger_number = None
        settlement.save(update_fields=["document_number", "ledger_hash", "ledger_number"])
        steps.keep(settlement, who, reason=reason, details={"document": number})
        steps.tell_submitter(settlement, who, reason=reason)
    return settlement


def mark_paid(*, month: Month, by: User, now: datetime) -> Settlement:
    """The month is paid out: nothing waits. What failed or came back stays owed."""
    who = steps.taker(Step.PAY, by=by, now=now)
    settlement = steps.settlement_of(month, who)
    with transaction.atomic():
        steps.claim(settlement, who)
        steps.require_others(settlement, who)
        steps.refuse(month, who.move, readiness.still_waiting(settlement))
        steps.keep(settlement, who)
    return settlement


def close_month(*, month: Month, by: User, now: datetime) -> Settlement:
    """Close a paid month, once the whole ledger has been verified."""
    who = steps.taker(Step.CLOSE, by=by, now=now)
    settlement = steps.settlement_of(month, who)
    with transaction.atomic():
        steps.claim(settlement, who)
        faults = [f"账本核对不通过：{fault.sentence}" for fault in verify()]
        steps.refuse(month, who.move, faults[:3])
        steps.keep(settlement, who)
    return settlement


def _last_run(month: Month) -> SettlementRun | None:
    return SettlementRun.objects.filter(month=str(month)).order_by("-number").first()


def _reverse_journals(settlement: Settlement, *, reason: str, by: User, now: datetime) -> None:
    """The last one first, so that no fund falls below zero on the way."""
    prefix = f"{settlement.month}/{settlement.approvals}/"
    written = Journal.objects.filter(key__startswith=prefix)
    for journal in written.exclude(kind=Journal.Kind.REVERSAL).order_by("-number"):
        key, day = f"{journal.key}/reversal", business_day(now)
        reverse(journal, key=key, effective_on=day, reason=reason, by=by, now=now)
        fail_point("approval.between-reversals")


def _post(settlement: Settlement, *, by: User, now: datetime) -> SettlementRun:
    """All that an approval writes beside its step: fees, journals, payouts, payments."""
    month = Month.parse(settlement.month)
    run = settlement.run
    if run is None or "payouts" not in run.trace:
        raise Conflict(f"{month_text(month)}的计算是旧版本留下的：请退回，重新计算后再提交。")
    settlement.approvals += 1
    settlement.document_number = f"HT-JS-{month.year:04d}{month.month:02d}-{settlement.approvals}"
    take_up_fees(now=now, first=month)
    others = Settlement.objects.filter(state__in=APPROVED).exclude(pk=settlement.pk)
    frozen = postings.Frozen(
        month,
        run.document,
        run.trace,
        maintenance=postings.balance("maintenance"),
        is_first=not others.exists(),
        fund_carries=bool(parse(run.policy).options["fund_carries"]),
    )
    made = postings.postings(frozen)
    postings.write(made, month=month, approval=settlement.approvals, by=by, now=now)
    _require_agreement(month, frozen)
    _keep_payouts(settlement, frozen)
    head = LedgerHead.objects.get(name=LEDGER)
    settlement.ledger_number, settlement.ledger_hash = head.number, head.hash
    settlement.save(update_fields=["approvals", "document_number", "ledger_number", "ledger_hash"])
    open_payments(settlement=settlement, by=by, now=now)
    return run


def _require_agreement(month: Month, frozen: postings.Frozen) -> None:
    """The ledger closes with what the document says, or nothing is approved."""
    document = frozen.document
    expected = {
        "maintenance": fen(document["fund"]["closing"]),
        "reserve": fen(document["reserve"]["closing"]),
    }
    expected |= {
        f"carried:{row['username']}": row["carried_out"] for row in frozen.trace["payouts"]
    }
    for code, amount in expected.items():
        found = postings.balance(code)
        if found != amount:
            raise Conflict(
                f"{month_text(month)}没有批准：账上“{code}”会是 {display(found)}，"
                f"结算单写的是 {display(amount)}。上一个月可能重新批准过：请退回，重新计算再提交。"
            )


def _keep_payouts(settlement: Settlement, frozen: postings.Frozen) -> None:
    rows = frozen.trace["payouts"]
    names = [row["username"] for row in rows if row["username"] != RESERVE_PAYEE]
    users = {user.username: user for user in User.objects.filter(username__in=names)}
    Payout.objects.bulk_create(
        Payout(
            settlement=settlement,
            approval=settlement.approvals,
            user=users.get(row["username"]),
            username=row["username"],
            name=row["name"][:60],
            **{
                f"{field}_fen": row[field]
                for field in ("earned", "adjusted", "carried_in", "payable", "carried_out")
            },
        )
        for row in rows
    )
    Adjustment.objects.bulk_create(
        Adjustment(
            settlement=settlement,
            approval=settlement.approvals,
            origin=row["origin"],
            reason=row["reason"],
            role=row["role"],
            username=row["username"],
            before_fen=fen(row["before"]),
            after_fen=fen(row["after"]),
            delta_fen=fen(row["delta"]),
        )
        for row in frozen.document.get("adjustments", ())
    )
