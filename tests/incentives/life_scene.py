"""Months that go their whole way, for the tests of the settlement's life.

October 2026 of ``make_month``: uplift 1000.00, pool 200.00; coefficients 0.15 twice, 0.10 five
times, 0.20 the reserve; nothing deducted.
"""

from __future__ import annotations

from datetime import date, datetime

from accounts.models import User
from accounts.roles import Role
from haitang.kernel.clock import Month, days_between
from incentives.calculation.services import calculate_month
from incentives.ledger.verify import rebuilt_balances, verify
from incentives.life.approval import approve_month, mark_paid, submit_month
from incentives.models import LedgerAccount, Payment, Settlement, SettlementRun
from incentives.payments.paying import set_payment_state
from tests.factories.people import make_holder
from tests.factories.trade import (
    make_article,
    make_campaign,
    make_store,
    make_team,
    plain_calendar,
    sell,
)

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


def make_house() -> dict[str, User]:
    """The team, general manager, finance and clerk, by username."""
    plain_calendar(2025, 2026, 2027)
    people = make_team()
    for role in (Role.GENERAL_MANAGER, Role.FINANCE, Role.CLERK):
        people[role.value] = make_holder(role)
    return people


def make_month(*, month: Month = OCTOBER, margin: str = "1100") -> None:
    """A campaign of one store on the 21st against days of 100.00 each: uplift margin − 100."""
    store = make_store(f"S{month.month:02d}{month.year % 100}")
    event = date(month.year, month.month, 21)
    for day in days_between(date(month.year, month.month, 1), date(month.year, month.month, 20)):
        sell(store, day, "100")
    sell(store, event, margin)
    article = make_article(f"A{month}", published_on=event)
    make_campaign(f"C{month}", stores=[store], start=event, article=article)


def calculated(people: dict[str, User], now: datetime, month: Month = OCTOBER) -> SettlementRun:
    """The month calculated by the supervisor."""
    return calculate_month(month=month, by=people["supervisor"], now=now)


def submitted(people: dict[str, User], now: datetime, month: Month = OCTOBER) -> Settlement:
    """The month calculated and submitted by the supervisor."""
    calculated(people, now, month)
    return submit_month(month=month, by=people["supervisor"], now=now)


def approved(people: dict[str, User], now: datetime, month: Month = OCTOBER) -> Settlement:
    """The month calculated, submitted and approved."""
    submitted(people, now, month)
    return approve_month(month=month, by=people["general_manager"], now=now)


def paid(people: dict[str, User], now: datetime, month: Month = OCTOBER) -> Settlement:
    """The month approved, every payment paid, marked as paid."""
    settlement = approved(people, now, month)
    for payment in settlement.payments.filter(state=Payment.State.WAITING):
        set_payment_state(payment=payment, state=Payment.State.PAID, by=people["finance"], now=now)
    return mark_paid(month=month, by=people["finance"], now=now)


def balances() -> dict[str, int]:
    """Balances that are not zero, in fen; the ledger verifies and every one can be rebuilt."""
    assert list(verify()) == []
    found = dict(LedgerAccount.objects.values_list("code", "balance_fen"))
    assert found == rebuilt_balances()
    return {code: fen for code, fen in found.items() if fen}
