"""Twelve months: by role for the team, by person for those who may see amounts."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.kernel.clock import Month
from incentives.reports.overview import Line, MonthFacts, chart, overview, span, table
from incentives.reports.overview_selectors import facts_up_to
from incentives.secrecy import Sight
from tests.factories.payments import OCTOBER, make_approved, make_document, make_people, make_run

EVERYTHING = Sight("gm", everything=True)


def facts(month: Month, *, liu: int, planner: int = 5) -> MonthFacts:
    return MonthFacts(month, "已批准", True, 100, {"planner": planner}, {"liu": ("刘洋", liu)})


def test_twelve_months_end_with_the_one_chosen() -> None:
    months = span(Month(2026, 3))
    assert (len(months), months[0], months[-1]) == (12, Month(2025, 4), Month(2026, 3))


def test_lines_have_an_amount_a_month_and_their_sum() -> None:
    found = [facts(Month(2026, 9), liu=7), facts(OCTOBER, liu=9)]
    view = overview(found, last=OCTOBER, sight=EVERYTHING)
    (person,) = view.persons
    assert person == Line("liu", "刘洋", (*[None] * 10, 7, 9))
    assert (person.total, view.roles[0].total, view.pool.total) == (16, 10, 200)


def test_others_are_left_out_for_who_may_not_see_them() -> None:
    view = overview([facts(OCTOBER, liu=9)], last=OCTOBER, sight=Sight("wang"))
    assert (view.persons, view.roles) == ((), ())
    assert "刘洋" not in str(table(view))
    own = overview([facts(OCTOBER, liu=9)], last=OCTOBER, sight=Sight("liu"))
    assert [each.total for each in own.persons] == [9]


def test_chart_puts_the_smallest_together_beyond_eight() -> None:
    view = overview([facts(OCTOBER, liu=9)], last=OCTOBER, sight=EVERYTHING)
    lines = [Line(str(n), f"人{n}", (*[None] * 11, n)) for n in range(1, 11)]
    series = chart(view, lines)["series"]
    assert [each["name"] for each in series][:2] == ["人10", "人9"]
    assert (len(series), series[-1]["name"]) == (8, "其他 3 人")
    assert series[-1]["values"][-1] == "0.06"  # 1 + 2 + 3 fen


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return make_people()


def test_approved_month_counts_by_its_frozen_run(people: dict[str, User], now: datetime) -> None:
    make_approved(people, now=now)
    make_run(now=now, number=2, document=make_document(OCTOBER, {"liu": 1}, {}))
    (found,) = facts_up_to(OCTOBER)
    assert (found.pool, found.state, found.persons["liu"]) == (768_746, "已批准", ("刘洋", 600_714))


def test_draft_month_counts_by_its_last_run(people: dict[str, User], now: datetime) -> None:
    for number, amount in ((1, 100), (2, 300)):
        document = make_document(OCTOBER, {"liu": amount}, {})
        make_run(now=now, number=number, document=document)
    (found,) = facts_up_to(OCTOBER)
    assert (found.pool, found.state) == (300, "已计算")


@pytest.mark.parametrize("months", [1, 3])
def test_page_asks_the_same_number_of_queries(
    people: dict[str, User],
    now: datetime,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    months: int,
) -> None:
    make_approved(people, now=now)
    for number in range(1, months):
        month = OCTOBER.plus(-number)
        make_run(month=month, now=now, document=make_document(month, {"liu": 100}, {}))
    client.force_login(people["finance"])
    client.get("/overview/")
    with django_assert_num_queries(8):
        client.get("/overview/?by=person")


def test_amounts_open_payslips_for_finance_only(
    people: dict[str, User], now: datetime, client: Client
) -> None:
    make_approved(people, now=now)
    client.force_login(people["finance"])
    page = client.get("/overview/?by=person&last=2026-12").content.decode()
    assert '<a href="/months/2026-10/payslips/liu/">¥6,007.14</a>' in page
    client.force_login(people["wang"])
    page = client.get("/overview/?by=person").content.decode()
    assert ("刘洋" in page, "总策划" in page, "¥6,007.14" in page) == (False, False, False)
    assert "¥1,680.32" in page  # the own


def test_export_has_real_numbers_and_no_persons_for_the_team(
    people: dict[str, User], now: datetime, client: Client
) -> None:
    make_approved(people, now=now)
    client.force_login(people["finance"])
    answer = client.get("/overview/export.xlsx?last=2026-10")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    found = {row[1].value: row[13].value for row in sheet.iter_rows(min_row=3)}
    assert found == {"提成池": 7687.46, "总策划": 6007.14, "文案编辑": 1680.32,
                     "刘洋": 6007.14, "王芳": 1680.32}  # fmt: skip
    client.force_login(people["wang"])
    table = client.get("/overview/export.csv").content.decode()
    assert ("刘洋" in table, "6007.14" in table, "1680.32" in table) == (False, False, True)


@pytest.mark.parametrize("text", ["2026", "x", "2026-13"])
def test_month_that_is_none_is_refused_with_a_sentence(
    people: dict[str, User], client: Client, text: str
) -> None:
    client.force_login(people["gm"])
    answer = client.get("/overview/", {"last": text})
    assert answer.status_code == 400
    assert "请写成 2026-10" in answer.content.decode()
