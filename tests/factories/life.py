"""Months brought to a state as if their steps had been taken; the steps themselves are tested
in their own place."""

from __future__ import annotations

from datetime import datetime

from haitang.kernel.clock import Month
from incentives.calculation.services import calculate_month
from incentives.models import Settlement, SettlementRun
from tests.factories.trade import NOW


def freeze(month: Month, *, now: datetime = NOW) -> SettlementRun:
    """Calculate the month and freeze it as approval does, without a ledger."""
    run = calculate_month(month=month, by=None, now=now)
    Settlement.objects.filter(month=str(month)).update(
        state=Settlement.State.APPROVED, run=run, approvals=1
    )
    return run
