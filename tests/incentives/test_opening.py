"""What a month opens with, and that a submitted month is calculated no more."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.errors import Conflict
from incentives.calculation.services import calculate_month, compute_month, compute_months
from incentives.models import OpeningBalance, Settlement, SettlementRun, SettlementStep
from tests.factories.life import freeze
from tests.factories.trade import NOW, make_manuscript, make_team, plain_calendar

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER, DECEMBER = Month(2026, 10), Month(2026, 11), Month(2026, 12)


@pytest.fixture(autouse=True)
def team() -> dict[str, User]:
    plain_calendar(2025, 2026)
    return make_team()


def opening(month: Month) -> tuple[str, str]:
    document = compute_month(month).document()
    return document["fund"]["opening"], document["reserve"]["opening"]


def test_month_opens_with_what_the_last_approved_one_left() -> None:
    OpeningBalance.objects.create(month="2026-10", maintenance=5, reserve=7, recorded_at=NOW)
    assert opening(NOVEMBER) == ("5.00", "7.00")
    freeze(OCTOBER)
    assert opening(NOVEMBER) == ("2005.00", "7.00")
    assert opening(DECEMBER) == ("2005.00", "7.00")
    assert opening(OCTOBER) == ("5.00", "7.00")


def test_calculated_month_that_nobody_approved_is_not_opened_with() -> None:
    calculate_month(month=OCTOBER, by=None, now=NOW)
    assert opening(NOVEMBER) == ("0.00", "0.00")


def test_approved_balances_go_before_an_opening_file() -> None:
    freeze(OCTOBER)
    OpeningBalance.objects.create(month="2026-11", maintenance=5, reserve=7, recorded_at=NOW)
    assert opening(NOVEMBER) == ("2000.00", "0.00")


def test_fees_owed_at_approval_are_paid_first() -> None:
    """21 fees of 100.00 meet 2000.00; the last one is owed and November pays it first."""
    for number in range(21):
        make_manuscript(f"M{number:02}", date(2026, 10, 9))
    freeze(OCTOBER)
    make_manuscript("A", date(2026, 11, 1))
    fees = compute_month(NOVEMBER).document()["fund"]["fees"]
    assert [(fee["manuscript"], fee["fee"]) for fee in fees] == [("M20", "100.00"), ("A", "100.00")]


def test_chain_goes_on_from_the_approved_month_and_not_from_its_recomputation() -> None:
    freeze(OCTOBER)
    make_manuscript("M1", date(2026, 10, 9))
    october, november, december = compute_months(OCTOBER, DECEMBER)
    assert october.document()["fund"]["closing"] == "1900.00"
    assert november.document()["fund"]["opening"] == "2000.00"
    assert november.document()["fund"]["closing"] == "3900.00"
    assert december.document()["fund"]["opening"] == "3900.00"


def test_calculating_moves_a_draft_to_calculated_once(general_manager: User) -> None:
    run = calculate_month(month=OCTOBER, by=general_manager, now=NOW)
    make_manuscript("M1", date(2026, 10, 9))
    second = calculate_month(month=OCTOBER, by=general_manager, now=NOW)
    settlement = Settlement.objects.get(month="2026-10")
    assert (settlement.state, settlement.run) == (Settlement.State.CALCULATED, second)
    step = SettlementStep.objects.get(settlement=settlement)
    assert (step.before, step.after, step.run, step.by) == (
        "draft",
        "calculated",
        run,
        general_manager,
    )


@pytest.mark.parametrize("state", ["submitted", "approved", "paid", "closed"])
def test_month_further_on_is_not_calculated(state: str) -> None:
    calculate_month(month=OCTOBER, by=None, now=NOW)
    Settlement.objects.update(state=state)
    make_manuscript("M1", date(2026, 10, 9))
    with pytest.raises(Conflict, match=r"2026年10月.*不能再计算"):
        calculate_month(month=OCTOBER, by=None, now=NOW)
    assert SettlementRun.objects.count() == 1
