"""The months, one month, calculating, letting a problem pass, the document."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounts.models import Tenure, User
from accounts.roles import Role
from content.models import Article
from haitang.kernel.clock import Month
from incentives.calculation.services import calculate_month
from incentives.models import KpiEvent, Objection, ProblemOverride, SettlementRun
from tests.factories.people import make_holder
from tests.factories.trade import make_event
from tests.web import scene

pytestmark = pytest.mark.django_db
OCTOBER = Month(2026, 10)


@pytest.fixture
def chain() -> None:
    scene.make_chain()
    scene.make_team()


@pytest.fixture
def manager(client: Client, general_manager: User) -> Client:
    client.force_login(general_manager)
    return client


def _calculated(by: User) -> SettlementRun:
    return calculate_month(month=OCTOBER, by=by, now=scene.MOMENT)


def test_month_list_shows_how_each_month_stands(
    manager: Client, general_manager: User, chain: None
) -> None:
    scene.make_campaign("C9", start=date(2026, 8, 22), end=date(2026, 8, 22))
    _calculated(general_manager)
    calculate_month(month=Month(2026, 8), by=general_manager, now=scene.MOMENT)
    rows = manager.get("/months/").context["months"]
    states = {str(row.month): row.run and row.run.open_problems for row in rows}
    assert states["2026-10"] == 0
    assert states["2026-09"] is None
    assert states["2026-08"] == 1
    assert [str(row.month) for row in rows] == ["2026-10", "2026-09", "2026-08"]


def test_month_list_pages_by_year(manager: Client, chain: None) -> None:
    scene.make_campaign("OLD", start=date(2024, 5, 4), end=date(2024, 5, 4))
    assert manager.get("/months/").context["year"] == 2026
    old = manager.get("/months/?year=2024")
    assert [str(row.month) for row in old.context["months"]] == ["2024-05"]
    assert manager.get("/months/?year=1999").context["year"] == 2026


def test_month_list_when_empty_says_what_to_do(manager: Client) -> None:
    assert "还没有可以结算的月份" in manager.get("/months/").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_month_list_asks_a_constant_number_of_queries(
    number: int,
    manager: Client,
    general_manager: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for month in range(1, number + 1):
        scene.make_campaign(f"C{month}", start=date(2026, month, 3), end=date(2026, month, 3))
        calculate_month(month=Month(2026, month), by=general_manager, now=scene.MOMENT)
    with django_assert_num_queries(10):
        manager.get("/months/")


def test_month_shows_pool_and_how_it_came(
    manager: Client, general_manager: User, chain: None
) -> None:
    run = _calculated(general_manager)
    assert (run.margin_uplift, run.pool) == (scene.UPLIFT, scene.POOL)
    text = manager.get("/months/2026-10/").content.decode()
    assert "¥1,460.40 × 20% = ¥292.08" in text
    assert "C1 +¥1,460.40" in text


def test_uplift_opens_down_to_the_sale_lines_of_each_store(
    manager: Client, general_manager: User, copy: User, chain: None
) -> None:
    """A tap opens the campaigns with their stores, another shows what the store sold."""
    _calculated(general_manager)
    door = 'href="/campaigns/stores/S01/2026-10-17/"'
    assert door in manager.get("/months/2026-10/").content.decode()
    editor = Client()
    editor.force_login(copy)  # who may not see sales
    assert door not in editor.get("/months/2026-10/").content.decode()


def test_month_explains_a_role_in_words(
    manager: Client, general_manager: User, chain: None
) -> None:
    scene.make_event("planner.assessment", "5")
    _calculated(general_manager)
    text = manager.get("/months/2026-10/").content.decode()
    # 43.81 × 0.95 × 9000 ÷ 12899 = 29.04 (rounded half up)
    assert "¥292.08 × 0.15" in text
    assert "¥43.81 × (1 − 月度 5%) × (1 − 阅读量 30.2271%) = ¥29.04" in text
    assert "5 百分点 × 1%：每月策划一场" in text


def _checks(client: Client, address: str = "/months/2026-10/") -> dict[str, bool]:
    return {each.sentence: each.is_done for each in client.get(address).context["checks"]}


def test_month_lists_what_is_in_order(manager: Client, general_manager: User, chain: None) -> None:
    _calculated(general_manager)
    assert all(_checks(manager).values())


def test_month_lists_what_is_missing(manager: Client, general_manager: User, chain: None) -> None:
    scene.make_campaign("C2", status="running")
    scene.make_campaign("C3", start=date(2026, 10, 24), end=date(2026, 10, 24))
    Article.objects.update(reads=None)
    Tenure.objects.filter(role="art").delete()
    _calculated(general_manager)
    KpiEvent.objects.create(
        month="2026-10", rule="it.complaint", quantity="1", key="k", recorded_at=scene.MOMENT
    )
    Objection.objects.create(
        month="2026-10",
        person=general_manager,
        role="copy",
        line="share",
        text="x",
        raised_at=scene.MOMENT,
    )
    missing = [sentence for sentence, is_done in _checks(manager).items() if not is_done]
    assert missing == [
        "没有完结的活动：1 个问题",
        "没有关联推文的活动：1 个问题",
        "没有阅读量的推文：1 个问题",
        "没有人任职的岗位：1 个问题",
        "1 条扣减待考核人确认",
        "1 条异议待书面答复",
    ]


def test_month_lists_what_was_let_pass(manager: Client, general_manager: User, chain: None) -> None:
    scene.make_campaign("C2", status="running")
    data = {"code": "campaign_open", "campaign": "C2", "reason": "下月再结"}
    _calculated(general_manager)
    before = manager.get("/months/2026-10/").content.decode()
    assert "写明理由，放行" in before
    manager.post("/months/2026-10/override/", data)
    told = manager.get("/months/2026-10/").content.decode()
    assert "已放行：重新计算后" in told
    assert told.count("写明理由，放行") == before.count("写明理由，放行") - 1
    _calculated(general_manager)
    assert _checks(manager)["没有完结的活动：已放行"]


def test_freshness_tells_when_the_data_changed(
    manager: Client, general_manager: User, chain: None
) -> None:
    _calculated(general_manager)
    assert "数据没有变" in manager.get("/months/2026-10/freshness/").content.decode()
    scene.make_event("it.complaint", "1")
    assert "数据已变，请重新计算" in manager.get("/months/2026-10/freshness/").content.decode()
    assert "数据已变，请重新计算" in manager.get("/months/2026-10/?check=1").content.decode()
    _calculated(general_manager)
    assert "数据没有变" in manager.get("/months/2026-10/freshness/").content.decode()


def test_freshness_of_a_month_without_a_run_is_not_found(manager: Client, chain: None) -> None:
    assert manager.get("/months/2026-10/freshness/").status_code == 404


def test_payout_is_taken_along_with_real_numbers(
    manager: Client, general_manager: User, chain: None
) -> None:
    _calculated(general_manager)
    answer = manager.get("/months/2026-10/payout.xlsx")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert rows[0][0] == "总策划"
    assert rows[0][3] == 43.81
    assert rows[-1][0] == "合计"
    assert rows[-1][3] == 292.08


def test_list_shows_the_year_s_pools_in_one_piece_or_by_role(
    manager: Client, general_manager: User, chain: None
) -> None:
    _calculated(general_manager)
    whole = manager.get("/months/").context["chart"]
    assert whole["series"][0]["values"][9] == "292.08"
    assert whole["links"][9] == "/months/2026-10/"
    by_role = manager.get("/months/?by=role").context
    assert len(by_role["chart"]["series"]) == 8
    name, amounts = by_role["role_table"]["rows"][0]
    assert (name, amounts) == ("总策划", [by_role["chart"]["series"][0]["values"][9]])


def test_month_without_a_run_offers_to_calculate(manager: Client, chain: None) -> None:
    text = manager.get("/months/2026-10/").content.decode()
    assert "这个月还没有计算" in text
    assert "/months/2026-10/calculate/" in text


def test_month_shows_no_button_to_who_may_not_calculate(
    client: Client, copy: User, general_manager: User
) -> None:
    _calculated(general_manager)
    client.force_login(copy)
    text = client.get("/months/2026-10/").content.decode()
    assert "/calculate/" not in text
    assert "/override/" not in text


def test_calculate_keeps_a_run_and_tells(manager: Client, chain: None) -> None:
    answer = manager.post("/months/2026-10/calculate/", follow=True)
    assert SettlementRun.objects.get().calculated_by.username == "general_manager"  # type: ignore[union-attr]
    assert "2026年10月已计算（第 1 次），没有未解决的问题。" in answer.content.decode()


def test_calculate_again_without_changes_says_so(manager: Client, chain: None) -> None:
    manager.post("/months/2026-10/calculate/")
    answer = manager.post("/months/2026-10/calculate/", follow=True)
    assert SettlementRun.objects.count() == 1
    assert "数据没有变化" in answer.content.decode()


def test_month_lists_a_problem_with_its_cure(
    manager: Client, general_manager: User, chain: None
) -> None:
    scene.make_campaign("C2", status="running")
    _calculated(general_manager)
    text = manager.get("/months/2026-10/").content.decode()
    assert "活动“感恩周末 C2”（C2）的最后一天在本月" in text
    assert "把活动改为已完成（或已取消），再重新计算。" in text


def test_override_lets_a_problem_pass_with_its_reason(
    manager: Client, general_manager: User, chain: None
) -> None:
    scene.make_campaign("C2", status="running")
    _calculated(general_manager)
    data = {"code": "campaign_open", "campaign": "C2", "store": "", "subject": ""}
    manager.post("/months/2026-10/override/", {**data, "reason": "下月再结"})
    assert ProblemOverride.objects.get().reason == "下月再结"
    text = manager.post("/months/2026-10/calculate/", follow=True).content.decode()
    assert "没有未解决的问题" in text
    assert "放行：下月再结" in text


def test_override_without_reason_is_refused(
    manager: Client, general_manager: User, chain: None
) -> None:
    scene.make_campaign("C2", status="running")
    data = {"code": "campaign_open", "campaign": "C2", "reason": ""}
    answer = manager.post("/months/2026-10/override/", data, follow=True)
    assert "放行要写明理由" in answer.content.decode()
    assert not ProblemOverride.objects.exists()


def test_override_by_finance_is_forbidden(client: Client, finance: User) -> None:
    client.force_login(finance)
    data = {"code": "campaign_open", "campaign": "C2", "reason": "x"}
    assert client.post("/months/2026-10/override/", data).status_code == 403


def test_older_run_stays_readable(manager: Client, general_manager: User, chain: None) -> None:
    _calculated(general_manager)
    scene.make_event("planner.assessment", "5")
    _calculated(general_manager)
    latest = manager.get("/months/2026-10/").content.decode()
    older = manager.get("/months/2026-10/?run=1").content.decode()
    assert "月度 5%" in latest
    assert "月度 5%" not in older
    assert "您在看第 1 次计算的存档" in older


@pytest.mark.parametrize("run", ["7", "x", "99999999999999999999"])
def test_run_that_does_not_exist_is_not_found(
    run: str, manager: Client, general_manager: User
) -> None:
    _calculated(general_manager)
    assert manager.get(f"/months/2026-10/?run={run}").status_code == 404


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "0000-01", "202610"])
def test_month_that_does_not_exist_is_not_found(month: str, manager: Client) -> None:
    assert manager.get(f"/months/{month}/").status_code == 404


def test_document_is_the_run_s_own(manager: Client, general_manager: User, chain: None) -> None:
    run = _calculated(general_manager)
    answer = manager.get("/months/2026-10/settlement.json")
    assert answer.json() == run.document
    assert 'filename="settlement-2026-10-1.json"' in answer["Content-Disposition"]


@pytest.mark.parametrize("number", [1, 3])
def test_month_asks_a_constant_number_of_queries(
    number: int,
    manager: Client,
    general_manager: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    chain: None,
) -> None:
    for index in range(number):
        scene.make_campaign(f"X{index}", status="running")
        scene.make_event("it.complaint", str(index + 1))
        _calculated(general_manager)
    with django_assert_num_queries(19):
        manager.get("/months/2026-10/")
    with django_assert_num_queries(18):  # the run's document is kept
        manager.get("/months/2026-10/")


def test_a_new_calculation_shows_at_once(
    manager: Client, general_manager: User, chain: None
) -> None:
    _calculated(general_manager)
    before = manager.get("/months/2026-10/").context["document"]
    scene.make_event("it.complaint", "1")
    run = _calculated(general_manager)
    shown = manager.get("/months/2026-10/").context["document"]
    assert (run.number, shown) == (2, run.document)
    assert shown != before
    assert manager.get("/months/2026-10/?run=1").context["document"] == before


def test_what_is_kept_of_a_run_is_closed_to_who_may_not_see_it(
    client: Client, general_manager: User, chain: None
) -> None:
    _calculated(general_manager)
    client.force_login(general_manager)
    assert client.get("/months/2026-10/").context["document"]["roles"][0]["payees"]
    client.force_login(make_holder(Role.ART))
    shown = client.get("/months/2026-10/").context["document"]["roles"]
    assert not [each for each in shown if each["role"] not in ("art", "reserve") and each["payees"]]
    client.force_login(general_manager)
    assert client.get("/months/2026-10/").context["document"]["roles"][0]["payees"]


def test_month_asks_the_same_question_once(
    client: Client, supervisor: User, general_manager: User, chain: None
) -> None:
    """The supervisor, who may submit, and the list beside it look at the same proposals."""
    make_event("it.complaint", state=KpiEvent.State.PROPOSED)
    _calculated(general_manager)
    client.force_login(supervisor)
    client.get("/months/2026-10/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/months/2026-10/")
    questions = [each["sql"] for each in asked]
    assert len(questions) == len(set(questions))


def test_month_lists_the_first_problems_and_all_when_asked(
    manager: Client, general_manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incentives.views.months.PROBLEMS", 2)
    scene.make_chain()
    count = _calculated(general_manager).open_problems
    assert count > 2
    first = manager.get("/months/2026-10/")
    assert len(first.context["problems"]) == 2
    assert f"还有 {count - 2} 个问题，全部列出" in first.content.decode()
    whole = manager.get("/months/2026-10/?problems=all")
    assert len(whole.context["problems"]) == count
    assert "全部列出" not in whole.content.decode()
