"""A trial compares the months' own figures; what was paid in the end stands beside them."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from accounts.models import User
from haitang.policy.document import DEFAULT
from incentives.whatif.trials import PaidOut, paid_out, start_trial, trial_of
from tests.incentives.life_scene import OCTOBER, approved, make_house, make_month

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(now: datetime) -> dict[str, User]:
    """October is approved."""
    found = make_house()
    make_month()
    approved(found, now)
    return found


def test_what_was_paid_stands_beside_the_months_own_figures(
    people: dict[str, User], now: datetime, client: Client
) -> None:
    """Of 200.00 the reserve has 40.00; 160.00 were earned, nothing adjusted, and paid."""
    job = start_trial(
        document=DEFAULT, name="试", first=OCTOBER, until=OCTOBER, by=people["supervisor"], now=now
    )
    trial = trial_of(job.pk)
    assert paid_out(trial) == {OCTOBER: PaidOut(16_000, 0, 0, 16_000)}
    assert not trial.months[0].data_changed
    client.force_login(people["supervisor"])
    page = client.get(f"/what-if/{job.pk}/").content.decode()
    assert '<td class="num" data-label="应付"><b>¥160.00</b></td>' in page
    assert "往月调整属于它来的那个月" in page
    client.force_login(people["planner"])
    assert "¥160.00" not in client.get(f"/what-if/{job.pk}/").content.decode()
