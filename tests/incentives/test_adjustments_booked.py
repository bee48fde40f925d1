"""A late correction through three real approvals, to the last fen of the ledger.

October is approved with a pool of 200.00: planner 30.00, copy 20.00, reserve 40.00. Then its
campaign day turns out to be 500.00 instead of 1100.00: pool 80.00, so planner 12.00 (−18.00), copy
8.00 (−12.00), reserve 16.00 (−24.00); all together −120.00.

November has a pool of 100.00: planner 15.00 − 18.00, copy 10.00 − 12.00, reserve 20.00 − 24.00:
nobody is paid, 3.00, 2.00 and 4.00 are carried. December has 200.00: planner 30.00 − 3.00 = 27.00,
copy 18.00, reserve 36.00, and nothing is left to carry.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from accounts.models import User
from campaigns.models import Store, StoreDay
from haitang.kernel.clock import Month
from incentives.calculation.services import compute_month
from incentives.life.approval import reverse_approval
from incentives.models import Adjustment, Payout
from tests.factories.trade import sell
from tests.incentives.life_scene import (
    NOVEMBER,
    OCTOBER,
    approved,
    balances,
    make_house,
    make_month,
)

pytestmark = pytest.mark.django_db
DECEMBER = Month(2026, 12)
MOMENTS = {
    OCTOBER: datetime(2026, 11, 3, 2, tzinfo=UTC),
    NOVEMBER: datetime(2026, 12, 3, 2, tzinfo=UTC),
    DECEMBER: datetime(2027, 1, 4, 2, tzinfo=UTC),
}


@pytest.fixture
def people() -> dict[str, User]:
    """October is approved; then its campaign day is corrected to 500.00."""
    people = make_house()
    make_month()
    approved(people, MOMENTS[OCTOBER])
    StoreDay.objects.filter(date=date(2026, 10, 21)).delete()
    sell(Store.objects.get(), "2026-10-21", "500")
    return people


def payout(month: Month, username: str) -> tuple[int, int, int, int, int]:
    row = Payout.objects.get(settlement__month=str(month), username=username)
    return (
        row.earned_fen,
        row.adjusted_fen,
        row.carried_in_fen,
        row.payable_fen,
        row.carried_out_fen,
    )


def test_correction_is_set_off_and_carried_until_it_is_paid_back(people: dict[str, User]) -> None:
    make_month(month=NOVEMBER, margin="600")
    approved(people, MOMENTS[NOVEMBER], NOVEMBER)
    rows = Adjustment.objects.filter(origin="2026-10").values_list("role", "delta_fen")
    assert dict(rows) == {
        "planner": -1800,
        "supervisor": -1800,
        "copy": -1200,
        "art": -1200,
        "it": -1200,
        "ops": -1200,
        "cs": -1200,
        "reserve": -2400,
    }
    assert payout(NOVEMBER, "planner") == (1500, -1800, 0, 0, 300)
    assert payout(NOVEMBER, "copy") == (1000, -1200, 0, 0, 200)
    assert payout(NOVEMBER, "reserve") == (2000, -2400, 0, 0, 400)
    after = balances()
    assert after["payable:planner"] == 3000  # October's, not paid out here
    assert after["carried:planner"] == 300
    assert (after["reserve"], after["carried:reserve"]) == (4000, 400)
    assert after["company"] == 2 * 200_000 + 20_000 + 10_000 - 12_000

    make_month(month=DECEMBER)
    approved(people, MOMENTS[DECEMBER], DECEMBER)
    assert payout(DECEMBER, "planner") == (3000, 0, 300, 2700, 0)
    assert payout(DECEMBER, "reserve") == (4000, 0, 400, 3600, 0)
    after = balances()
    assert after["payable:planner"] == 3000 + 2700
    assert "carried:planner" not in after
    assert after["reserve"] == 7600
    paid = sum(row.payable_fen for row in Payout.objects.filter(username="planner"))
    assert paid == 1200 + 1500 + 3000


def test_reversed_november_settles_the_correction_anew(people: dict[str, User]) -> None:
    """What November settled is open again, and its second approval settles it once."""
    make_month(month=NOVEMBER, margin="600")
    approved(people, MOMENTS[NOVEMBER], NOVEMBER)
    before = balances()
    reverse_approval(
        month=NOVEMBER,
        reason="系数登记有误，重新核对",
        by=people["general_manager"],
        now=MOMENTS[NOVEMBER],
    )
    december = compute_month(DECEMBER).inputs.adjustments
    assert sum(each.delta for each in december) == -12_000
    approved(people, MOMENTS[NOVEMBER], NOVEMBER)
    assert balances() == before
    assert compute_month(DECEMBER).inputs.adjustments == ()
