"""Requirements whose proof is a journal: what the ledger says of the plan's sentences."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from haitang.kernel.errors import Conflict
from incentives.life.approval import approve_month
from incentives.models import Journal
from tests.incentives.life_scene import OCTOBER, approved, submitted

pytestmark = pytest.mark.django_db


def test_2000_are_posted_once_a_month(people: dict[str, User], now: datetime) -> None:
    settlement = approved(people, now)
    with pytest.raises(Conflict):
        approve_month(month=OCTOBER, by=people["general_manager"], now=now)
    funding = Journal.objects.get(kind=Journal.Kind.FUNDING)
    assert (funding.key, funding.effective_on) == ("2026-10/1/funding", date(2026, 10, 1))
    assert dict(funding.entries.values_list("account_id", "amount_fen")) == {
        "company": 200_000,
        "maintenance": -200_000,
    }
    assert settlement.run is not None
    assert settlement.run.document["fund"]["credited"] == "2000.00"


def test_income_is_posted_with_campaigns_data_rate_and_approver(
    people: dict[str, User], now: datetime
) -> None:
    settlement = approved(people, now)
    pool = Journal.objects.get(kind=Journal.Kind.POOL)
    assert pool.posted_by == people["general_manager"]
    assert settlement.steps.get(after="approved").by == people["general_manager"]
    assert pool.entries.get(account="pool").amount_fen == -20_000
    run = settlement.run
    assert run is not None
    assert pool.key == f"{run.month}/{settlement.approvals}/pool"
    assert [each["code"] for each in run.document["campaigns"]] == ["C2026-10"]
    assert (run.policy["pool_rate"], len(run.digest)) == ("0.20", 64)


def test_steps_admit_no_change(people: dict[str, User], now: datetime) -> None:
    settlement = submitted(people, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        settlement.steps.update(reason="x")
