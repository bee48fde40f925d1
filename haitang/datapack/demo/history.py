"""The demonstration's past: months settled the way the house does it, by the people who do it.

Everything but the newest of them is paid and closed; that one is approved and waits for finance.
The moments are those at which it would have happened: the first days of the month after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Sum

from accounts.models import User
from accounts.roles import Role
from haitang.datapack.demo.span import Span
from haitang.kernel.clock import SHANGHAI, Month
from incentives.approval import approve_month, close_month, mark_paid, submit_month
from incentives.models import Payment, Settlement
from incentives.payments import pay_all
from incentives.services import calculate_month, override_problem
from incentives.states import APPROVED


@dataclass(frozen=True)
class Office:
    """Those who settle: three people for three steps, and the one who lets problems pass."""

    supervisor: User
    general_manager: User
    vice_general_manager: User
    finance: User

    @classmethod
    def of(cls, usernames: dict[str, str]) -> Office:
        """``usernames``: by role."""
        wanted = (
            Role.SUPERVISOR,
            Role.GENERAL_MANAGER,
            Role.VICE_GENERAL_MANAGER,
            Role.FINANCE,
        )
        return cls(*(User.objects.get(username=usernames[role]) for role in wanted))


def settle_past(office: Office, span: Span, *, tell: Callable[[str], None]) -> None:
    """Settle the months before the last one that are not approved yet, oldest first."""
    done = set(Settlement.objects.filter(state__in=APPROVED).values_list("month", flat=True))
    months = list(span.settled_from.through(span.last.plus(-1)))
    waiting = [month for month in months if str(month) not in done]
    if waiting:
        tell(f"正在结算 {waiting[0]} 至 {waiting[-1]}：提交、批准、发放、关账……")
    for month in waiting:
        _settle(office, month, is_newest=month == months[-1])


def _settle(office: Office, month: Month, *, is_newest: bool) -> None:
    run = calculate_month(month=month, by=office.supervisor, now=_moment(month, 3))
    if run.open_problems:
        _let_pass(office, month, run.document["problems"])
        calculate_month(month=month, by=office.supervisor, now=_moment(month, 3, hour=11))
    submit_month(month=month, by=office.supervisor, now=_moment(month, 3, hour=15))
    settlement = approve_month(month=month, by=office.general_manager, now=_moment(month, 4))
    if is_newest:
        return
    _pay(office, settlement, _moment(month, 5))
    mark_paid(month=month, by=office.finance, now=_moment(month, 5, hour=11))
    close_month(month=month, by=office.finance, now=_moment(month, 6))


def _let_pass(office: Office, month: Month, problems: Iterable[dict[str, str]]) -> None:
    for problem in problems:
        override_problem(
            month=month,
            code=problem["code"],
            campaign=problem["campaign"],
            store=problem["store"],
            subject=problem.get("role", problem.get("article", "")),
            reason="演示数据：情况已核实",
            by=office.vice_general_manager,
            now=_moment(month, 3, hour=10),
        )


def _pay(office: Office, settlement: Settlement, now: datetime) -> None:
    waiting = settlement.payments.filter(state=Payment.State.WAITING)
    if count := waiting.count():
        total = waiting.aggregate(total=Sum("amount_fen"))["total"]
        pay_all(settlement=settlement, count=count, amount_fen=total, by=office.finance, now=now)


def _moment(month: Month, day: int, *, hour: int = 9) -> datetime:
    """That day of the month after, in Shanghai."""
    date = month.plus(1).first + timedelta(days=day - 1)
    return datetime.combine(date, time(hour), tzinfo=SHANGHAI)
