"""Which months wait for a person's step: to submit, to approve, to pay, to close."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet
from django.urls import reverse

from accounts.models import User
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import month_text, yuan_text
from haitang.kernel.prepared import prepared
from haitang.kernel.workbench import Urgency, WorkItem
from incentives import states, steps
from incentives.models import Payment, Settlement
from incentives.states import State, Step

# Month, state, the last step's moment, open problems, pool, open payments.
_Waiting = tuple[str, str, datetime | None, int | None, Decimal | None, int]
_STEPS = (Step.SUBMIT, Step.APPROVE, Step.PAY, Step.CLOSE)
_ACTIONS = {
    Step.SUBMIT: "去提交",
    Step.APPROVE: "去批准",
    Step.PAY: "去付款",
    Step.CLOSE: "去关账",
}


def workbench_items(user: User, now: datetime) -> list[WorkItem]:
    """One item for each month whose next step is this person's. One query, none for others."""
    mine = {
        states.MOVES[step].before: step
        for step in _STEPS
        if steps.may_take(states.MOVES[step], user)
    }
    if not mine:
        return []
    this_month = Month.of(business_day(now))
    items = []
    found = _waiting(tuple(sorted(mine)), before=str(this_month))
    for month, state, since, problems, pool, open_payments in found:
        step = mine[State(state)]
        if step is Step.SUBMIT and problems:
            continue  # the problems are told first
        title = _title(step, month, yuan_text(pool or 0), open_payments)
        items.append(_item(step, month, title, since))
    return items


@prepared
def _waiting(reached: tuple[State, ...], *, before: Any) -> QuerySet[Any, _Waiting]:
    open_payments = Q(payments__state=Payment.State.WAITING)
    return (
        Settlement.objects.filter(state__in=reached, month__lt=before)
        .annotate(
            since=Max("steps__at"),
            problems=F("run__open_problems"),
            pool=F("run__pool"),
            open_payments=Count("payments", filter=open_payments, distinct=True),
        )
        .order_by("month")
        .values_list("month", "state", "since", "problems", "pool", "open_payments")
    )


def _title(step: Step, month: str, pool: str, open_payments: int) -> str:
    named = month_text(month)
    if step is Step.SUBMIT:
        return f"{named}的结算已经计算（提成池 {pool}），没有问题：等您提交。"
    if step is Step.APPROVE:
        return f"{named}的结算等您批准：提成池 {pool}。"
    if step is Step.CLOSE:
        return f"{named}已经发放：核对后可以关账。"
    if open_payments:
        return f"{named}已经批准，有 {open_payments} 笔付款等您付。"
    return f"{named}的付款都已登记：请标为已发放。"


def _item(step: Step, month: str, title: str, since: datetime | None) -> WorkItem:
    return WorkItem(
        kind=f"month_{step}",
        title=title,
        url=reverse("month", args=[month]),
        action=_ACTIONS[step],
        urgency=Urgency.SOON if step is Step.CLOSE else Urgency.NOW,
        since=business_day(since) if since else None,
    )
