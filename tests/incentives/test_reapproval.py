"""A month approved a second time: its payments are those of the second approval."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.models import User
from campaigns.models import Campaign
from incentives.life.approval import mark_paid, reverse_approval
from incentives.models import Payment
from incentives.payments.paying import pay_all, retry_payment, set_payment_state
from tests.incentives.life_scene import OCTOBER, approved, balances

pytestmark = pytest.mark.django_db
State = Payment.State


@pytest.mark.parametrize("how", [State.FAILED, State.RETURNED])
def test_everybody_is_paid_by_the_second_approval_where_one_payment_did_not_arrive(
    how: State, people: dict[str, User], now: datetime
) -> None:
    finance, settlement = people["finance"], approved(people, now)
    before = dict(settlement.payments.values_list("payee", "amount_fen"))
    payment = settlement.payments.get(payee="art")
    for state in (State.PAID, how) if how == State.RETURNED else (how,):
        set_payment_state(payment=payment, state=state, note="户名不符", by=finance, now=now)
    again = retry_payment(payment=payment, by=finance, now=now)
    set_payment_state(payment=again, state=State.FAILED, note="户名不符", by=finance, now=now)
    reverse_approval(month=OCTOBER, reason="漏了", by=people["general_manager"], now=now)
    assert not settlement.payments.exclude(state=State.VOID).exists()
    Campaign.objects.update(status="cancelled")
    assert not approved(people, now).payments.exclude(state=State.VOID).exists()  # nothing to pay
    reverse_approval(month=OCTOBER, reason="没有取消", by=people["general_manager"], now=now)
    Campaign.objects.update(status="completed")

    settlement = approved(people, now)
    waiting = settlement.payments.filter(state=State.WAITING)
    assert dict(waiting.values_list("payee", "amount_fen")) == before
    pay_all(settlement=settlement, count=7, amount_fen=sum(before.values()), by=finance, now=now)
    mark_paid(month=OCTOBER, by=finance, now=now)
    assert not [code for code in balances() if code.startswith("payable:")]
