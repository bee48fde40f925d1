"""An approved month with what is owed by it, for tests of payments and reports."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.roles import Role
from haitang.kernel.clock import Month
from haitang.kernel.money import plain
from incentives.ledger.chart import account
from incentives.ledger.posting import credit, debit, post
from incentives.models import (
    ArticleFee,
    Journal,
    Payment,
    Payout,
    ReserveExpense,
    Settlement,
    SettlementRun,
    SettlementStep,
)
from incentives.payments.paying import open_payments
from tests.factories.people import make_holder

OCTOBER = Month(2026, 10)
PAYABLE = {"liu": 600_714, "wang": 168_032}
PEOPLE = {"liu": ("刘洋", Role.PLANNER), "wang": ("王芳", Role.COPY)}


def make_people() -> dict[str, User]:
    """The general manager, the supervisor, finance, and those who get something."""
    people = {
        "gm": make_holder(Role.GENERAL_MANAGER, username="gm", name="陈总"),
        "supervisor": make_holder(Role.SUPERVISOR, username="supervisor", name="赵督导"),
        "finance": make_holder(Role.FINANCE, username="finance", name="钱会计"),
    }
    for username, (name, role) in PEOPLE.items():
        people[username] = make_holder(role, username=username, name=name)
    return people


def make_document(month: Month, payable: dict[str, int], fees: dict[str, int]) -> dict[str, Any]:
    """A settlement document with a role for each payee and nothing deducted."""
    total = sum(payable.values())
    return {
        "month": str(month),
        "policy": "test",
        "margin_uplift": plain(total * 20),
        "pool": plain(total),
        "campaigns": [],
        "team": {"shortfall": "0.000000", "reads": []},
        "roles": [
            {
                "role": PEOPLE[username][1].value,
                "coefficient": "0.50",
                "gross": plain(amount),
                "annual": "0.000000",
                "monthly": "0.000000",
                "deductions": [],
                "payable": plain(amount),
                "withheld": "0.00",
                "payees": [{"username": username, "amount": plain(amount)}],
            }
            for username, amount in payable.items()
        ],
        "fund": {
            "opening": "0.00",
            "credited": "2000.00",
            "annual_fee": "0.00",
            "fees": [
                {
                    "manuscript": code,
                    "kind": "customer",
                    "fee": plain(amount),
                    "from_fund": plain(amount),
                    "from_reserve": "0.00",
                    "outstanding": "0.00",
                }
                for code, amount in fees.items()
            ],
            "closing": plain(200_000 - sum(fees.values())),
        },
        "reserve": {
            "opening": "0.00",
            "credited": "0.00",
            "expenses": [],
            "spent": "0.00",
            "closing": "0.00",
        },
        "problems": [],
    }


def make_run(
    *, month: Month = OCTOBER, now: datetime, document: dict[str, Any], number: int = 1
) -> SettlementRun:
    """A calculation that gave this document."""
    return SettlementRun.objects.create(
        month=str(month),
        number=number,
        policy_code="test",
        policy={"code": "test"},
        digest=f"{number:064d}",
        pool=Decimal(document["pool"]),
        margin_uplift=Decimal(document["margin_uplift"]),
        document=document,
        trace={"campaigns": {}, "reads": [], "overridden": []},
        calculated_at=now,
    )


def make_approved(
    people: dict[str, User],
    *,
    month: Month = OCTOBER,
    now: datetime,
    payable: dict[str, int] | None = None,
    fees: dict[str, int] | None = None,
    with_payments: bool = True,
) -> Settlement:
    """A month that the supervisor submitted and the general manager approved, as they leave it."""
    payable = PAYABLE if payable is None else payable
    run = make_run(month=month, now=now, document=make_document(month, payable, fees or {}))
    settlement = Settlement.objects.create(
        month=str(month),
        state=Settlement.State.APPROVED,
        run=run,
        document_number=f"JS-{month}-1",
        approvals=1,
        ledger_hash="a" * 64,
        ledger_number=7,
    )
    for before, after, who in (
        ("calculated", "submitted", "supervisor"),
        ("submitted", "approved", "gm"),
    ):
        SettlementStep.objects.create(
            settlement=settlement, before=before, after=after, at=now, by=people[who], run=run
        )
    for username, amount in payable.items():
        Payout.objects.create(
            settlement=settlement,
            user=people[username],
            username=username,
            name=PEOPLE[username][0],
            earned_fen=amount,
            payable_fen=amount,
        )
    for code, amount in (fees or {}).items():
        ArticleFee.objects.create(
            manuscript=code,
            title="秋季养生",
            kind="customer",
            author_name="周敏",
            adopted_on=month.first,
            amount=Decimal(amount) / 100,
            taken_up_at=now,
        )
    with transaction.atomic():
        _owe(settlement, month, payable, fees or {}, now)
        if with_payments:
            open_payments(settlement=settlement, by=people["gm"], now=now)
    return settlement


def payment_of(settlement: Settlement, payee: str) -> Payment:
    """The last try to pay that payee."""
    found = settlement.payments.filter(payee=payee).order_by("attempt").last()
    assert found is not None
    return found


def _owe(
    settlement: Settlement,
    month: Month,
    payable: dict[str, int],
    fees: dict[str, int],
    now: datetime,
) -> None:
    lines = [credit(account("payable", who, PEOPLE[who][0]), fen) for who, fen in payable.items()]
    lines += [credit(account("fee", code, f"稿件 {code}"), fen) for code, fen in fees.items()]
    post(
        kind=Journal.Kind.DISTRIBUTION,
        key=f"{month}/1/distribution",
        month=month,
        effective_on=date(month.year, month.month, month.days),
        memo="提成分配",
        lines=[debit(account("company"), sum(line.amount_fen for line in lines) * -1), *lines],
        by=None,
        now=now,
    )


def make_expense(day: date, now: datetime, **fields: Any) -> ReserveExpense:
    number = ReserveExpense.objects.count()
    values = {"kind": "team", "amount": 10, "payee": f"商家{number}", "state": "approved", **fields}
    return ReserveExpense.objects.create(date=day, key=f"t{number}", recorded_at=now, **values)
