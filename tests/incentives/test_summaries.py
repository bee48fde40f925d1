"""A run's summary says what its snapshots say, for who does not open them."""

from __future__ import annotations

import pytest

from haitang.kernel.clock import Month
from incentives.calculation.services import calculate_month
from incentives.calculation.summaries import summary_of
from incentives.models import SettlementRun
from tests.web import scene


@pytest.mark.django_db
def test_run_is_kept_with_the_summary_of_its_snapshots() -> None:
    scene.make_chain()
    scene.make_team()
    calculate_month(month=Month(2026, 10), by=None, now=scene.MOMENT)
    run = SettlementRun.objects.get()
    assert run.summary == summary_of(run.document, run.trace)
    assert run.summary["roles"] == run.document["roles"]
    assert run.summary["margins"] == {"C1": run.document["campaigns"][0]["uplift"]["margin"]}
    assert run.summary["payouts"] == run.trace["payouts"] != []
    assert run.summary["holders"] == run.trace["holders"] != {}


def test_problems_are_counted_by_code() -> None:
    problems = [{"code": code} for code in ("no_article", "no_holder", "no_article")]
    summary = summary_of({"problems": problems}, {})
    assert summary["problems"] == {"no_article": 2, "no_holder": 1}
    assert (summary["payouts"], summary["overridden"]) == (None, None)
