"""Customer service's KPI 1: from the participants' files to the amount (docs/requirements.md)."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

import pytest

from accounts.models import User
from haitang.kernel.clock import SHANGHAI, Month
from incentives.calculation.services import compute_month
from incentives.deductions.deducting import confirm_event
from incentives.deductions.proposals import propose_month
from tests.factories.participants import make_participant
from tests.factories.trade import make_campaign, make_store, make_team, plain_calendar, sell_days

pytestmark = pytest.mark.django_db
OCTOBER = Month(2018, 10)
NOW = datetime(2018, 11, 20, 10, 0, tzinfo=SHANGHAI)
SALES = {"2018-10-17": "5300", "2018-10-16": "300", "2018-10-15": "300", "2018-10-12": "300"}


def payable() -> str:
    roles = compute_month(OCTOBER).document()["roles"]
    return str(next(each["payable"] for each in roles if each["role"] == "cs"))


@pytest.fixture
def team(db: None) -> dict[str, User]:
    """October 2018: C1 on the 17th brought 5000.00; pool 1000.00, customer service 100.00."""
    plain_calendar(2017, 2018)
    people = make_team()
    store = make_store()
    sell_days(store, SALES)
    campaign = make_campaign(
        "C1", stores=[store], start=date(2018, 10, 17), cards=["6225880137645201"]
    )
    make_participant(campaign, people["cs"])
    make_participant(campaign, people["cs"], phone="13987650124", consented_on=None)
    return people


# S000-80
def test_percent_missing_from_the_participants_files_is_deducted_to_the_cent(
    team: dict[str, User],
) -> None:
    """5 + 4 + 1 (a card without a file) of 15 are filled: 33.3 points, 33.30 of 100.00."""
    assert payable() == "100.00"
    found = propose_month(month=OCTOBER, now=NOW)
    event = next(each for each in found if each.rule == "cs.archive_incomplete")
    event.refresh_from_db()
    assert Fraction(event.quantity) == Fraction("33.3")
    assert "3 位参与客户，必填 15 项，填了 10 项，缺 33.3 个百分点" in event.evidence
    assert payable() == "100.00"  # a proposal alone takes nothing
    confirm_event(event=event, by=team["planner"], now=NOW)
    assert payable() == "66.70"
    assert not any(
        each.rule == "cs.archive_incomplete" for each in propose_month(month=OCTOBER, now=NOW)
    )
