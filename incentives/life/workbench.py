"""Which months wait for a person's step: to submit, to approve, to pay, to close."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from haitang.kernel.addresses import address
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import month_text, yuan_text
from haitang.kernel.prepared import prepared
from haitang.kernel.workbench import Urgency, WorkItem
from incentives.life import states, steps
from incentives.life.states import State, Step
from incentives.models import KpiEvent, Objection, Payment, Settlement
from incentives.payments import selectors as payment_selectors


class _Waiting(NamedTuple):
    """A month and what tells whether its next step can be taken."""

    month: str
    state: str
    problems: int | None
    pool: Decimal | None
    open_payments: int
    proposals: int
    objections: int
    last_approved: str | None  # the newest month that is approved


_STEPS = (Step.SUBMIT, Step.APPROVE, Step.PAY, Step.CLOSE)
_ACTIONS = {
    Step.SUBMIT: "去提交",
    Step.APPROVE: "去批准",
    Step.PAY: "去付款",
    Step.CLOSE: "去关账",
}


def workbench_items(user: User, now: datetime) -> list[WorkItem]:
    """One item for each month whose next step is this person's, and what is still to be paid.

    One query, two for who pays, none for others.
    """
    mine = {
        states.MOVES[step].before: step
        for step in _STEPS
        if steps.may_take(states.MOVES[step], user)
    }
    if not mine:
        return []
    this_month = Month.of(business_day(now))
    found = _waiting(tuple(sorted(mine)), before=str(this_month))
    items = [_wanted(mine[State(row[1])], _Waiting(*row)) for row in found]
    if State.APPROVED in mine:
        items += [_unpaid(row) for row in payment_selectors.unpaid_months()]
    return [item for item in items if item]


def _unpaid(row: payment_selectors.Unpaid) -> WorkItem:
    """Who pays is told of what did not arrive, also when the month is paid out or closed."""
    told = [
        f"{row.failed} 笔付款没有付成或被退回：核对账户后重新付" if row.failed else "",
        f"{row.again} 笔重新付的还待付" if row.again else "",
    ]
    return WorkItem(
        kind="payments_unpaid",
        title=f"{month_text(row.month)}有 {'；'.join(each for each in told if each)}。",
        url=address("payments", row.month),
        action="去付款",
        urgency=Urgency.NOW,
        since=Month.parse(row.month).last,
    )


@prepared
def _waiting(reached: tuple[State, ...], *, before: Any) -> QuerySet[Any, tuple[Any, ...]]:
    open_payments = Q(payments__state=Payment.State.WAITING)
    proposed = KpiEvent.objects.filter(month=OuterRef("month"), state=KpiEvent.State.PROPOSED)
    objected = Objection.objects.filter(month=OuterRef("month"), state=Objection.State.OPEN)
    approved = Settlement.objects.filter(state__in=states.APPROVED).order_by("-month")
    return (
        Settlement.objects.filter(state__in=reached, month__lt=before)
        .annotate(
            problems=F("run__open_problems"),
            pool=F("run__pool"),
            open_payments=Count("payments", filter=open_payments, distinct=True),
            proposals=_number(proposed),
            objections=_number(objected),
            last_approved=Subquery(approved.values("month")[:1]),
        )
        .order_by("month")
        .values_list(*_Waiting._fields)
    )


def _number(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("month").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def _wanted(step: Step, row: _Waiting) -> WorkItem | None:
    """What the month asks of the person; a month that cannot be submitted says what it waits for.

    Problems are told by ``incentives.workbench``; a month before an approved one, and one whose
    predecessor comes first, asks for nothing (``readiness.order``).
    """
    if step is not Step.SUBMIT:
        title = _title(step, row.month, yuan_text(row.pool or 0), row.open_payments)
        is_through = step is Step.PAY and not row.open_payments
        return _item(step, row.month, title, action="去登记" if is_through else "")
    if row.problems or not _is_next(row):
        return None
    named, pool = month_text(row.month), yuan_text(row.pool or 0)
    if undecided := _undecided(row):
        title = f"{named}的结算已经计算（提成池 {pool}），{undecided}：请催考核人，之后才能提交。"
        return _item(step, row.month, title, waits=True)
    title = f"{named}的结算已经计算（提成池 {pool}），没有问题：等您提交。"
    return _item(step, row.month, title)


def _is_next(row: _Waiting) -> bool:
    """Months are settled one after the other, once one is approved."""
    return not row.last_approved or Month.parse(row.last_approved).plus(1) == Month.parse(row.month)


def _undecided(row: _Waiting) -> str:
    told = [
        f"{row.proposals} 条扣减待确认" if row.proposals else "",
        f"{row.objections} 条异议待答复" if row.objections else "",
    ]
    return "、".join(each for each in told if each)


def _title(step: Step, month: str, pool: str, open_payments: int) -> str:
    named = month_text(month)
    if step is Step.APPROVE:
        return f"{named}的结算等您批准：提成池 {pool}。"
    if step is Step.CLOSE:
        return f"{named}已经发放：核对后可以关账。"
    if open_payments:
        return f"{named}已经批准，有 {open_payments} 笔付款等您付。"
    return f"{named}没有待付的付款了：请登记发放完毕。"


def _item(step: Step, month: str, title: str, *, waits: bool = False, action: str = "") -> WorkItem:
    """The item; months of the same urgency stand in their order, whoever waits longest."""
    return WorkItem(
        kind=f"month_{step}",
        title=title,
        url=address("month", month),
        action=action or ("去看" if waits else _ACTIONS[step]),
        urgency=Urgency.SOON if waits or step is Step.CLOSE else Urgency.NOW,
        since=Month.parse(month).last,
    )
