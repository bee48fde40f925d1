"""The demonstration's past: months settled the way the house does it, by the people who do it.

Everything but the newest of them is paid and closed; that one is approved and waits for finance.
All of it happens at the moment of the preparation, like the loading of the data: earlier moments
would make every sale look as if it had come in late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from accounts.models import User
from accounts.roles import Role
from content.models import Manuscript
from haitang.datapack.demo.span import Span
from haitang.kernel.clock import Month
from incentives.calculation.services import calculate_month, override_problem
from incentives.funds.fees import change_fee
from incentives.life.approval import approve_month, close_month, mark_paid, submit_month
from incentives.life.states import APPROVED
from incentives.models import ArticleFee, Payment, Settlement
from incentives.payments.paying import pay_all


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


def settle_past(office: Office, span: Span, *, now: datetime, tell: Callable[[str], None]) -> None:
    """Settle the months before the last one that are not approved yet, oldest first."""
    done = set(Settlement.objects.filter(state__in=APPROVED).values_list("month", flat=True))
    months = list(span.settled_from.through(span.last.plus(-1)))
    waiting = [month for month in months if str(month) not in done]
    if waiting:
        tell(f"正在结算 {waiting[0]} 至 {waiting[-1]}：提交、批准、发放、关账……")
    for month in waiting:
        _settle(office, month, is_newest=month == months[-1], now=now)


def _settle(office: Office, month: Month, *, is_newest: bool, now: datetime) -> None:
    run = calculate_month(month=month, by=office.supervisor, now=now)
    if run.open_problems:
        _let_pass(office, month, run.document["problems"], now)
        calculate_month(month=month, by=office.supervisor, now=now)
    submit_month(month=month, by=office.supervisor, now=now)
    settlement = approve_month(month=month, by=office.general_manager, now=now)
    if is_newest:
        return
    _pay(office, settlement, now)
    mark_paid(month=month, by=office.finance, now=now)
    close_month(month=month, by=office.finance, now=now)


def _let_pass(
    office: Office, month: Month, problems: Iterable[dict[str, str]], now: datetime
) -> None:
    for problem in problems:
        override_problem(
            month=month,
            code=problem["code"],
            campaign=problem["campaign"],
            store=problem["store"],
            subject=problem.get("role", problem.get("article", "")),
            reason="演示数据：情况已核实",
            by=office.vice_general_manager,
            now=now,
        )


def _enter_licences(office: Office, now: datetime) -> None:
    """Pharmacists and physicians are paid when their licence is on file."""
    asked = ArticleFee.objects.filter(kind=Manuscript.AuthorKind.PROFESSIONAL, licence__isnull=True)
    for fee in asked.order_by("manuscript"):
        change_fee(
            fee=fee,
            tax=fee.tax,
            author_name=fee.author_name,
            was=(fee.tax, fee.author_name),
            licence=f"YS{fee.pk:010d}",
            by=office.finance,
            now=now,
        )


def _pay(office: Office, settlement: Settlement, now: datetime) -> None:
    _enter_licences(office, now)
    waiting = settlement.payments.filter(state=Payment.State.WAITING)
    if count := waiting.count():
        total = waiting.aggregate(total=Sum("amount_fen"))["total"]
        pay_all(settlement=settlement, count=count, amount_fen=total, by=office.finance, now=now)
