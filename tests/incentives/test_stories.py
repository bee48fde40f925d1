"""Golden months, told as stories: from what happened to the ledger's balances, worked by hand.

Coefficients as in the rules: planner and supervisor 0.15, copy, art, it, ops and cs 0.10 each,
the reserve 0.20; the pool is a fifth of the uplift. Every amount here is in yuan.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from accounts.models import Tenure, User
from accounts.roles import Role
from campaigns.models import Store, StoreDay
from haitang.kernel.clock import SHANGHAI, Month
from haitang.kernel.money import yuan
from incentives.life.approval import reverse_approval
from incentives.models import Journal, OpeningBalance, Payment
from tests.factories.people import make_tenure, make_user
from tests.factories.trade import make_event, make_expense, make_manuscript, publish, sell
from tests.incentives.life_scene import (
    NOVEMBER,
    OCTOBER,
    approved,
    balances,
    make_house,
    make_month,
)

pytestmark = pytest.mark.django_db
DECEMBER, JANUARY = Month(2026, 12), Month(2027, 1)
OTHERS = ("copy", "art", "it", "ops", "cs")


@pytest.fixture
def people() -> dict[str, User]:
    return make_house()


def after(month: Month) -> datetime:
    """Ten in the morning of the next month's fifth day."""
    following = month.plus(1)
    return datetime(following.year, following.month, 5, 10, tzinfo=SHANGHAI)


def in_yuan() -> dict[str, str]:
    """The balances that are not zero."""
    return {code: str(yuan(amount)) for code, amount in balances().items()}


def each(group: str, amount: str, *names: str) -> dict[str, str]:
    return {f"{group}:{name}": amount for name in names}


def test_october_in_which_the_fund_runs_dry(people: dict[str, User]) -> None:
    """The chain moves in with 35.50 in the fund and 120.00 in the reserve.

    One campaign sells 1100.00 of margin on a day that usually brings 100.00: uplift 1000.00, pool
    200.00; planner and supervisor 30.00 each, five times 20.00, the reserve 40.00. The general
    manager takes five points off the planner: 30.00 × 0.95 = 28.50. One department complains of
    IT: 20.00 × 0.90 = 18.00. The company keeps 1.50 + 2.00 = 3.50.

    The fund gets 200.00 a month here: 35.50 + 200.00 = 235.50. The customer's article of the 2nd
    takes 200.00, 35.50 are left. The employee's of the 9th costs 100.00: 35.50 from the fund; the
    reserve had 120.00, paid 80.00 for a team dinner and gives its last 40.00; 24.50 stay owed.
    The reserve closes with its share of the pool, 40.00.

    The company put in 155.50 + 200.00 + 200.00 = 555.50; with the 24.50 that nobody has paid for
    yet that is 580.00. It stands as 40.00 reserve, 156.50 to people, 3.50 kept, 300.00 to authors
    and 80.00 gone through the bank: 580.00.
    """
    publish(fund={"monthly": "200"})
    OpeningBalance.objects.create(
        month="2026-10",
        maintenance=Decimal("35.50"),
        reserve=Decimal("120.00"),
        recorded_at=after(OCTOBER),
    )
    make_month(margin="1100")
    make_event("planner.assessment", "5")
    make_event("it.complaint", "1")
    make_manuscript("M1", date(2026, 10, 2), "customer")
    make_manuscript("M2", date(2026, 10, 9), "employee")
    make_expense(date(2026, 10, 9), "80")
    settlement = approved(people, after(OCTOBER))
    assert in_yuan() == {
        "company": "555.50",
        "outstanding": "24.50",
        "reserve": "40.00",
        "payable:planner": "28.50",
        "payable:supervisor": "30.00",
        **each("payable", "20.00", "copy", "art", "ops", "cs"),
        "payable:it": "18.00",
        "withheld": "3.50",
        "fee:M1": "200.00",
        "fee:M2": "100.00",
        "bank": "80.00",
    }
    # Of the second article only what has money behind it is paid now: 35.50 + 40.00.
    waiting = {row.payee: str(yuan(row.amount_fen)) for row in settlement.payments.all()}
    assert (waiting["M1"], waiting["M2"], len(waiting)) == ("200.00", "75.50", 9)


def test_returned_goods_of_october_are_set_off_until_december(people: dict[str, User]) -> None:
    """October is approved with an uplift of 1000.00 and a pool of 200.00.

    In November half of it turns out to have been returned: 600.00 − 100.00 = 500.00 would have
    been right, a pool of 100.00. Planner and supervisor had 15.00 too much, the five 10.00 each,
    the reserve 20.00; 100.00 in all. November itself is poor: uplift 50.00, pool 10.00; 1.50,
    1.00, 2.00. Nobody is paid anything: the planner carries 15.00 − 1.50 = 13.50 on, each of the
    five 9.00, the reserve 18.00; together 90.00.

    December brings 1000.00 again: the planner gets 30.00 − 13.50 = 16.50, each of the five 20.00 −
    9.00 = 11.00, the reserve 40.00 − 18.00 = 22.00. Over the three months everybody has what the
    right figures give: the planner 15.00 + 1.50 + 30.00 = 46.50.

    The fund gets 2000.00 a month and spends nothing. The company put in 3 × 2000.00, the pools of
    200.00, 10.00 and 200.00, and got 100.00 back: 6310.00.
    """
    for month, margin in ((OCTOBER, "1100"), (NOVEMBER, "150"), (DECEMBER, "1100")):
        make_month(month=month, margin=margin)
    approved(people, after(OCTOBER))
    october = Store.objects.get(code="S1026")
    StoreDay.objects.filter(store=october, date=date(2026, 10, 21)).update(is_active=False)
    StoreDay.objects.filter(store=october, date=date(2026, 10, 21)).delete()
    sell(october, "2026-10-21", "600")
    november = approved(people, after(NOVEMBER), NOVEMBER)
    assert in_yuan() == {
        "company": "4110.00",
        "maintenance": "4000.00",
        "reserve": "40.00",
        **each("payable", "30.00", "planner", "supervisor"),
        **each("payable", "20.00", *OTHERS),
        **each("carried", "13.50", "planner", "supervisor"),
        **each("carried", "9.00", *OTHERS),
        "carried:reserve": "18.00",
    }
    assert not november.payments.exists()
    approved(people, after(DECEMBER), DECEMBER)
    assert in_yuan() == {
        "company": "6310.00",
        "maintenance": "6000.00",
        "reserve": "62.00",
        **each("payable", "46.50", "planner", "supervisor"),
        **each("payable", "31.00", *OTHERS),
    }


def test_january_approved_twice_under_a_stricter_policy(people: dict[str, User]) -> None:
    """This policy gives what is withheld to the reserve, lets the fund lapse each month, and pays
    300.00 into it. Two supervisors share the post, two thirds and one third.

    December: uplift 1000.00, pool 200.00. The copy editor's rules were invalid, all 20.00 go: the
    reserve gets 40.00 + 20.00 = 60.00. The supervisors get 20.00 and 10.00. The fund's 300.00 are
    not touched.

    January: those 300.00 go back to the company, 300.00 come in, the account's annual fee takes
    200.00 and an employee's article the last 100.00. Uplift 500.00, pool 100.00: 15.00 (10.00 and
    5.00 for the supervisors), 10.00 each, 20.00. The general manager approves, remembers ten
    points off the planner, and takes the approval back; nothing was paid yet. The second time the
    planner gets 15.00 × 0.90 = 13.50 and the reserve 20.00 + 1.50 = 21.50.

    The company put in 300.00 + 200.00 − 300.00 + 300.00 + 100.00 = 600.00. It stands as 200.00
    gone through the bank, 81.50 reserve, 218.50 to people and 100.00 to the author: 600.00.
    """
    publish({"withheld_to": "reserve", "fund_carries": False}, fund={"monthly": "300"})
    Tenure.objects.filter(user=people["supervisor"]).update(share="2/3")
    make_tenure(user=make_user(username="wang"), role=Role.SUPERVISOR, share="1/3")
    make_month(month=DECEMBER, margin="1100")
    make_month(month=JANUARY, margin="600")
    make_event("copy.content_invalid", "1", month="2026-12")
    approved(people, after(DECEMBER), DECEMBER)
    assert in_yuan() == {
        "company": "500.00",
        "maintenance": "300.00",
        "reserve": "60.00",
        "payable:planner": "30.00",
        "payable:supervisor": "20.00",
        "payable:wang": "10.00",
        **each("payable", "20.00", "art", "it", "ops", "cs"),
    }
    now = after(JANUARY)
    make_manuscript("M1", date(2027, 1, 9), "employee")
    approved(people, now, JANUARY)
    assert in_yuan()["payable:planner"] == "45.00"
    manager = people["general_manager"]
    reverse_approval(month=JANUARY, reason="漏扣总策划 10 个百分点", by=manager, now=now)
    make_event("planner.assessment", "10", month="2027-01")
    again = approved(people, now, JANUARY)
    assert again.document_number == "HT-JS-202701-2"
    assert in_yuan() == {
        "company": "600.00",
        "reserve": "81.50",
        "payable:planner": "43.50",
        "payable:supervisor": "30.00",
        "payable:wang": "15.00",
        "payable:copy": "10.00",
        **each("payable", "30.00", "art", "it", "ops", "cs"),
        "fee:M1": "100.00",
        "bank": "200.00",
    }
    lapse = Journal.objects.get(key="2027-01/2/lapse")
    assert lapse.effective_on == date(2027, 1, 1)
    first = Payment.objects.filter(settlement=again, attempt=1)
    assert set(first.values_list("state", flat=True)) == {Payment.State.VOID}
