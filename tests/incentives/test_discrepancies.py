"""The list of approved months whose inputs changed since, and what leads to it.

The scene's October: uplift 1460.40, pool 292.08. With 4500 reads instead of 9000 every role keeps
4500 ÷ 12899 instead of 9000 ÷ 12899: planner and supervisor 30.57 → 15.28 (gross 43.81), the
other five 20.38 → 10.19 (gross 29.21, the last 29.20: 20.37 → 10.19).
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from campaigns.models import SalesImport
from content.models import Article
from haitang.kernel.clock import Month
from incentives.calculation.services import calculate_month
from incentives.life.discrepancies import discrepancies
from incentives.models import KpiEvent, Settlement
from incentives.workbench import workbench_items
from tests.factories.life import freeze
from tests.web import scene

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


@pytest.fixture
def chain() -> None:
    """October is approved."""
    scene.make_chain()
    scene.make_team()
    scene.make_event("it.complaint", "1")
    freeze(OCTOBER, now=scene.MOMENT)


def test_no_change_is_no_discrepancy(chain: None, client: Client, finance: User) -> None:
    assert discrepancies() == []
    client.force_login(finance)
    assert "没有差异" in client.get("/discrepancies/").content.decode()


def test_deductions_of_the_year_before_that_do_not_count_are_no_change(db: None) -> None:
    scene.make_chain()
    scene.make_team()
    for rule, month in (
        ("it.complaint", "2025-11"),  # of that month alone
        ("art.template_missing", "2025-12"),  # counts all the next year
        ("it.complaint", "2026-10"),
    ):
        scene.make_event(rule, "1", month=month)
    run = freeze(OCTOBER, now=scene.MOMENT)
    assert run.trace["known"]["events"] == {"art.template_missing": "1", "it.complaint": "1"}
    assert discrepancies() == []
    # An older run noted the one of last November, too.
    run.trace["known"]["events"]["it.complaint"] = "2"
    run.save(update_fields=["trace"])
    assert discrepancies() == []
    KpiEvent.objects.filter(month="2026-10").update(state="waived")
    (found,) = discrepancies()
    assert [each.text for each in found.changes] == ["投诉撤销：其他部门投诉一次，数量 1 → 0"]
    (line, _withheld) = found.lines
    assert (line.role, line.reason) == ("it", "投诉撤销：其他部门投诉一次，数量 1 → 0")


def test_change_is_told_with_both_figures_and_where_it_lands(chain: None) -> None:
    Article.objects.update(reads=4500)
    (found,) = discrepancies()
    assert [each.text for each in found.changes] == ["阅读量更正：推文 A1 9000 → 4500"]
    assert (found.month, found.lands_in, found.is_settled) == (OCTOBER, NOVEMBER, False)
    planner = next(each for each in found.lines if each.role == "planner")
    assert (planner.before, planner.after, planner.delta) == (3057, 1528, -1529)
    assert Decimal(found.recomputed) - Decimal(found.approved) == Decimal(found.open_delta)


def test_change_lands_behind_the_months_that_are_submitted(chain: None) -> None:
    calculate_month(month=NOVEMBER, by=None, now=scene.MOMENT)
    Settlement.objects.filter(month="2026-11").update(state="submitted")
    Article.objects.update(reads=4500)
    (found,) = discrepancies()
    assert found.lands_in == Month(2026, 12)


def test_settled_change_stays_listed_as_settled(chain: None) -> None:
    Article.objects.update(reads=4500)
    freeze(NOVEMBER, now=scene.MOMENT)
    (found,) = discrepancies()
    assert found.is_settled
    assert found.open_delta == "0.00"
    assert [(each.month, Decimal(each.amount) < 0) for each in found.settled] == [(NOVEMBER, True)]


def test_withdrawn_change_is_listed_until_its_delta_is_taken_back(chain: None) -> None:
    Article.objects.update(reads=4500)
    freeze(NOVEMBER, now=scene.MOMENT)
    Article.objects.update(reads=9000)
    (found,) = discrepancies()
    assert (found.changes, found.is_settled) == ([], False)
    assert found.lands_in == Month(2026, 12)


def test_page_tells_it_in_words(chain: None, client: Client, finance: User) -> None:
    KpiEvent.objects.update(state=KpiEvent.State.WAIVED)
    client.force_login(finance)
    text = client.get("/discrepancies/").content.decode()
    assert "投诉撤销" in text
    assert "进入 <a" in text
    assert "2026年11月" in text
    assert "公司扣留" in text


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_a_constant_number_of_queries(
    number: int, client: Client, finance: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    scene.make_team()
    for month in range(1, number + 1):
        freeze(Month(2026, month), now=scene.MOMENT)
        scene.make_event("it.complaint", "1", month=f"2026-0{month}")
    client.force_login(finance)
    with django_assert_num_queries(15):
        rows = client.get("/discrepancies/").context["rows"]
    assert len(rows) == number


def test_month_page_shows_adjustments_and_people_to_who_may(
    chain: None, client: Client, finance: User, copy: User
) -> None:
    Article.objects.update(reads=4500)
    calculate_month(month=NOVEMBER, by=None, now=scene.MOMENT)
    client.force_login(finance)
    text = client.get("/months/2026-11/").content.decode()
    assert "阅读量更正：推文 A1 9000 → 4500" in text
    assert "/months/2026-11/payslips/team_planner/" in text
    client.force_login(copy)
    text = client.get("/months/2026-11/").content.decode()
    assert "以前月份的调整" not in text
    assert "/payslips/team_planner/" not in text
    assert "每人应付" not in text


@pytest.mark.parametrize(("who", "sees"), [("general_manager", True), ("copy", False)])
def test_months_lead_to_the_discrepancies(
    who: str, sees: bool, chain: None, client: Client, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))
    assert ("/discrepancies/" in client.get("/months/").content.decode()) == sees


def _adjusting(user: User) -> list[str]:
    items = workbench_items(user, scene.MOMENT)
    return [item.title for item in items if item.kind == "month_adjusting"]


def test_workbench_tells_of_changes_after_approval(
    chain: None, general_manager: User, copy: User
) -> None:
    assert _adjusting(general_manager) == []
    later = scene.MOMENT.replace(hour=12)
    SalesImport.objects.update(effective_at=later)
    (title,) = _adjusting(general_manager)
    assert title == (
        "2026年10月提交或批准之后，销售有变动：若金额有差，会作为调整进入下一个未提交的月份。"
    )
    assert _adjusting(copy) == []
