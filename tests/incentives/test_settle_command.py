"""``settle MONTH [--until MONTH] [--json]``: one document a line, and the exit status."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command

from accounts.models import Tenure
from haitang.kernel.clock import Month
from incentives.calculation.services import compute_months
from incentives.models import SettlementRun
from tests.factories.trade import make_event, make_team

pytestmark = pytest.mark.django_db


def settle(*arguments: str) -> tuple[str, str, int]:
    """Standard output, standard error and exit status."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("settle", *arguments, stdout=out, stderr=err)
    except SystemExit as stop:
        return out.getvalue(), err.getvalue(), int(str(stop.code))
    return out.getvalue(), err.getvalue(), 0


def test_document_is_one_line_of_json_and_nothing_is_kept() -> None:
    make_team()
    out, err, status = settle("2026-10", "--json")
    assert (len(out.splitlines()), err, status) == (1, "", 0)
    assert json.loads(out)["month"] == "2026-10"
    assert not SettlementRun.objects.exists()
    assert settle("2026-10", "--json")[0] == out


def test_months_until_another_are_a_line_each_in_order() -> None:
    make_team()
    out, _, status = settle("2026-11", "--json", "--until", "2027-02")
    documents = [json.loads(line) for line in out.splitlines()]
    assert [each["month"] for each in documents] == ["2026-11", "2026-12", "2027-01", "2027-02"]
    computed = [each.document() for each in compute_months(Month(2026, 11), Month(2027, 2))]
    assert documents == computed
    assert status == 0


def test_open_problem_in_any_month_makes_the_status_3() -> None:
    people = make_team()
    Tenure.objects.filter(user=people["art"]).update(valid_from="2026-11-01")
    out, _, status = settle("2026-10", "--json", "--until", "2026-11")
    assert [bool(json.loads(line)["problems"]) for line in out.splitlines()] == [True, False]
    assert status == 3
    assert settle("2026-10", "--json")[2] == 3
    assert settle("2026-11", "--json")[2] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["2026-13"], "请写成 2026-10"),
        (["october"], "请写成 2026-10"),
        (["2026-10", "--until", "x"], "请写成 2026-10"),
        (["2026-10", "--until", "2026-09"], "早于 2026-10"),
    ],
)
def test_unusable_month_is_told_in_a_sentence_with_status_2(
    arguments: list[str], words: str
) -> None:
    out, err, status = settle(*arguments)
    assert (out, status) == ("", 2)
    assert words in err


def test_without_json_a_table_is_printed_in_chinese() -> None:
    make_team()
    make_event("it.complaint", "2")
    out, _, status = settle("2026-10")
    assert status == 0
    assert "总策划" in out
    assert "2026-10" in out or "2026 年 10 月" in out
