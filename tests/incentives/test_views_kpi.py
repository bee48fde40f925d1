"""The pages of deductions: who sees what, deciding with one tap, entering rows, scoring."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.web.workbench import work_of
from incentives.deductions.deducting import confirm_event, propose_event, waive_event
from incentives.models import KpiDecision, KpiEvent, Settlement
from tests.factories.people import make_user
from tests.factories.trade import make_event
from tests.incentives.test_deducting import deputise, proposed
from tests.incentives.test_objections import make_run

pytestmark = pytest.mark.django_db
OCTOBER = Month(2026, 10)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def decide(client: Client, event: KpiEvent, act: str, **fields: str) -> Any:
    data = {"act": act, "seen": f"{event.state}:{event.quantity}", **fields}
    return client.post(f"/kpi/events/{event.pk}/decide/", data, follow=True)


def test_month_page_leads_with_what_waits_for_me(
    supervisor: User, planner: User, it: User, now: datetime
) -> None:
    proposed(now)
    propose_event(
        rule="art.no_artwork", month=OCTOBER, quantity=Fraction(1), key="a", by=None, now=now
    )
    answer = browser(supervisor).get("/kpi/2026-10/")
    assert [row.event.rule for row in answer.context["mine"]] == ["it.complaint"]
    assert answer.context["undecided"] == 2
    text = answer.content.decode()
    assert "等我决定" in text
    assert "等总策划 刘策划" in text


def test_filters_in_the_address_narrow_the_page(supervisor: User, now: datetime) -> None:
    proposed(now)
    make_event("ops.store_not_executed", note="S02 没有陈列", confirmed_at=now)
    client = browser(supervisor)
    for query, shown in (
        ("state=confirmed", 1),
        ("role=it", 1),
        ("text=陈列", 1),
        ("mine=1&state=waived", 0),
        ("state=nonsense", 2),
    ):
        assert client.get(f"/kpi/2026-10/?{query}").context["shown"] == shown, query


def test_month_page_leads_the_team_to_where_they_object(
    supervisor: User, employee: User, it: User, now: datetime
) -> None:
    make_event("it.complaint", confirmed_at=now)
    door = 'href="/kpi/people/it/?year=2026"'
    page = browser(it).get("/kpi/2026-10/").content.decode()
    assert f"{door}>我的考核与异议" in page
    assert "/kpi/2026-10/object/event:" in browser(it).get("/kpi/people/it/").content.decode()


def test_assessor_confirms_with_one_tap(supervisor: User, it: User, now: datetime) -> None:
    event = proposed(now)
    answer = decide(browser(supervisor), event, "confirm")
    assert "已确认" in answer.content.decode()
    event.refresh_from_db()
    assert event.state == "confirmed"


def test_change_and_waiver_of_an_approved_month_say_what_follows(
    supervisor: User, it: User, now: datetime
) -> None:
    event = proposed(now, quantity=Fraction(3))
    client = browser(supervisor)
    assert "理由" in decide(client, event, "change", quantity="2").content.decode()
    decide(client, event, "change", quantity="2", reason="少一次")
    event.refresh_from_db()
    assert (event.state, event.quantity) == ("confirmed", Fraction(2))
    Settlement.objects.create(month="2026-10", state="approved")
    text = decide(client, event, "waive", reason="撤回").content.decode()
    assert "作为调整计入下一个未结的月份" in text


def test_decision_on_a_page_that_is_out_of_date_is_refused(
    supervisor: User, employee: User, it: User, now: datetime
) -> None:
    deputise(supervisor, employee, now)
    event = proposed(now)
    stale = KpiEvent.objects.get()
    decide(browser(employee), event, "confirm")
    assert KpiDecision.objects.get(act="confirm").on_behalf_of == supervisor
    text = decide(browser(supervisor), stale, "waive", reason="x").content.decode()
    assert "有人处理过" in text
    assert KpiEvent.objects.get().state == "confirmed"


def test_who_is_not_the_assessor_decides_nothing(
    planner: User, supervisor: User, copy: User, now: datetime
) -> None:
    event = proposed(now)
    assert "由总督导 李督导决定" in decide(browser(planner), event, "confirm").content.decode()
    assert decide(browser(copy), event, "confirm").status_code == 403
    assert decide(browser(make_user()), event, "confirm").status_code == 403
    assert KpiEvent.objects.get().state == "proposed"
    assert browser(planner).post("/kpi/events/99/decide/", {"act": "confirm"}).status_code == 404


def entry(**fields: str) -> dict[str, str]:
    return {"month": "2026-10", "rule": "ops.store_not_executed", "token": "t1", **fields}


def test_employee_enters_several_rows_at_once(employee: User, now: datetime) -> None:
    client = browser(employee)
    assert client.get("/kpi/new/?month=2026-10").status_code == 200
    rows = entry(**{"evidence-1": "S01 没有陈列", "evidence-3": "S02 没有海报", "quantity-3": "1"})
    answer = client.post("/kpi/new/", rows, follow=True)
    assert "已登记 2 条" in answer.content.decode()
    assert answer.redirect_chain[0][0] == "/kpi/new/"
    client.post("/kpi/new/", rows)  # sent twice
    events = KpiEvent.objects.order_by("pk")
    assert [event.evidence for event in events] == ["S01 没有陈列", "S02 没有海报"]
    assert {event.recorded_by for event in events} == {employee}


def test_row_that_cannot_be_keeps_the_others_back(employee: User) -> None:
    rows = entry(**{"evidence-1": "S01", "quantity-2": "x", "evidence-2": "S02", "quantity-4": "1"})
    answer = browser(employee).post("/kpi/new/", rows)
    assert answer.status_code == 400
    faults = {row.number: row.fault for row in answer.context["rows"] if row.fault}
    assert "不是数" in faults[2]
    assert "证据" in faults[4]
    assert not KpiEvent.objects.exists()


def test_entry_is_for_people_of_the_house(db: None) -> None:
    assert browser(make_user()).get("/kpi/new/").status_code == 403


def test_general_manager_scores_both_on_one_page(
    general_manager: User, planner: User, supervisor: User, now: datetime
) -> None:
    client = browser(general_manager)
    text = client.get("/kpi/2026-10/score/").content.decode()
    assert "一场活动也没有登记" in text
    data = {"planner": "5", "planner_reason": "晚了两天", "supervisor": "2.5"}
    refused = client.post("/kpi/2026-10/score/", data)
    assert (refused.status_code, KpiEvent.objects.count()) == (400, 0)
    assert "请写明总督导扣分或更改的理由" in refused.content.decode()
    data["supervisor_reason"] = "三家店没有陈列"
    client.post("/kpi/2026-10/score/", data)
    found = dict(KpiEvent.objects.values_list("rule", "quantity"))
    assert found == {"planner.assessment": 5, "supervisor.assessment": Fraction(5, 2)}
    answer = client.get("/kpi/2026-10/score/")
    assert answer.context["form"]["planner"].value() == "5"
    assert answer.context["form"]["planner_reason"].value() == "晚了两天"
    assert answer.context["form"]["supervisor_reason"].value() == "三家店没有陈列"
    client.post("/kpi/2026-10/score/", {**data, "planner": "6", "planner_reason": "晚了三天"})
    answer = client.get("/kpi/2026-10/score/")
    assert answer.context["form"]["planner_reason"].value() == "晚了三天"
    assert client.post("/kpi/2026-10/score/", {**data, "planner": "101"}).status_code == 400
    for person in (planner, supervisor):
        assert browser(person).get("/kpi/2026-10/score/").status_code == 403


def test_evidence_is_looked_for_by_hand(
    supervisor: User, vice_general_manager: User, copy: User, now: datetime
) -> None:
    text = browser(supervisor).post("/kpi/2026-10/evidence/", follow=True).content.decode()
    assert "新提出 2 条扣减" in text
    again = browser(supervisor).post("/kpi/2026-10/evidence/", follow=True).content.decode()
    assert "没有新的扣减" in again
    assert browser(copy).post("/kpi/2026-10/evidence/").status_code == 403


def test_person_page_is_the_own_or_for_those_who_answer_for_it(
    it: User, cs: User, store_manager: User, finance: User, supervisor: User, now: datetime
) -> None:
    confirm_event(event=proposed(now, quantity=Fraction(2)), by=supervisor, now=now)
    own = browser(it).get("/kpi/people/it/?year=2026")
    assert [str(each.month) for each in own.context["months"] if each.worst] == ["2026-10"]
    assert own.context["months"][9].roles == (("it", Fraction(1, 5), Fraction(0)),)
    assert "/kpi/2026-10/object/event:" in own.content.decode()
    assert browser(finance).get("/kpi/people/it/").status_code == 200
    assert "提出异议" not in browser(finance).get("/kpi/people/it/?year=2026").content.decode()
    assert browser(cs).get("/kpi/people/it/").status_code == 403
    assert browser(store_manager).get("/kpi/people/it/").status_code == 404
    assert browser(finance).get("/kpi/people/nobody/").status_code == 404


def test_person_page_offers_no_objection_in_an_approved_month(
    it: User, supervisor: User, now: datetime
) -> None:
    confirm_event(event=proposed(now, quantity=Fraction(2)), by=supervisor, now=now)
    Settlement.objects.create(month="2026-10", state="approved")
    text = browser(it).get("/kpi/people/it/?year=2026").content.decode()
    assert "已确认" in text
    assert "提出异议" not in text


def test_annual_deduction_shows_in_every_month_of_the_next_year(
    it: User, planner: User, now: datetime
) -> None:
    make_event("it.interface_incomplete", month="2025-12", confirmed_at=now)
    months = browser(it).get("/kpi/people/it/?year=2026").context["months"]
    assert {each.worst for each in months} == {Fraction(1, 5)}


def test_month_list_counts_what_waits(supervisor: User, it: User, now: datetime) -> None:
    proposed(now)
    make_event("it.complaint", state="waived")
    rows = browser(supervisor).get("/kpi/").context["months"]
    october = next(row for row in rows if row.month == OCTOBER)
    assert (october.counts["proposed"], october.counts["waived"]) == (1, 1)
    assert browser(make_user()).get("/kpi/").status_code == 403


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("address", "queries"),
    [("/kpi/", 11), ("/kpi/2026-10/", 15), ("/kpi/people/it/?year=2026", 17), ("/kpi/new/", 4)],
)
def test_page_asks_a_constant_number_of_queries(
    address: str,
    queries: int,
    number: int,
    supervisor: User,
    it: User,
    now: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        event = proposed(now, key=f"k{index}", by=supervisor)
        proposed(now, key=f"p{index}")
        confirm_event(event=event, by=supervisor, now=now)
    client = browser(it if "people" in address else supervisor)
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200


def test_workbench_tells_assessors_what_waits(
    supervisor: User, general_manager: User, planner: User, it: User, now: datetime
) -> None:
    proposed(now)
    proposed(now, key="second")
    make_run(now)

    def kinds(user: User) -> dict[str, int]:
        items = work_of(User.objects.get(pk=user.pk), now)
        return {item.kind: item.count for item in items}

    assert kinds(supervisor)["event_proposed"] == 2
    assert "event_proposed" not in kinds(general_manager)
    assert "month_unscored" in kinds(general_manager)
    assert "event_proposed" not in kinds(planner)


def test_waiver_after_the_calculation_asks_to_calculate_again(
    supervisor: User, it: User, now: datetime
) -> None:
    event = proposed(now - timedelta(hours=2))
    confirm_event(event=event, by=supervisor, now=now - timedelta(hours=2))
    make_run(now - timedelta(hours=1))

    def changed() -> list[str]:
        items = work_of(User.objects.get(pk=supervisor.pk), now)
        return [item.title for item in items if item.kind == "month_changed"]

    assert changed() == []
    waive_event(event=event, reason="投诉撤回了", by=supervisor, now=now)
    assert ["考核有变动" in title for title in changed()] == [True]
