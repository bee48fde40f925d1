"""The pages of objections: raising, the list, answering, withdrawing; who sees which."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.kernel.models import Notice
from haitang.web.workbench import work_of
from incentives.models import KpiEvent, Objection
from tests.incentives.test_objections import event as event  # the fixture
from tests.incentives.test_objections import make_run, raised

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(event: KpiEvent) -> str:
    return f"/kpi/2026-10/object/event:{event.pk}/"


def test_person_objects_to_the_own_line(event: KpiEvent, it: User, now: datetime) -> None:
    client = browser(it)
    page = client.get(address(event)).content.decode()
    assert "总督导 李督导" in page
    assert "运营部投诉两次" in page
    answer = client.post(address(event), {"text": "只有一次。"}, follow=True)
    objection = Objection.objects.get()
    assert answer.redirect_chain[-1][0] == f"/objections/{objection.pk}/"
    assert (objection.person, objection.text, objection.event) == (it, "只有一次。", event)


def test_objection_without_a_text_or_too_late_is_refused(
    event: KpiEvent, it: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(it)
    assert client.post(address(event), {"text": " "}).status_code == 400
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now + timedelta(days=4))
    assert "已经过了" in client.get(address(event)).content.decode()
    assert client.post(address(event), {"text": "晚了"}).status_code == 400
    assert not Objection.objects.exists()


def test_line_of_somebody_else_is_not_there(
    event: KpiEvent, cs: User, employee: User, supervisor: User
) -> None:
    for person in (cs, employee, supervisor):
        assert browser(person).get(address(event)).status_code == 404


def test_assessor_answers_on_the_page(
    event: KpiEvent, it: User, supervisor: User, now: datetime
) -> None:
    objection = raised(it, event, now)
    page = f"/objections/{objection.pk}/"
    client = browser(supervisor)
    assert client.get(page).context["form"] is not None
    assert client.post(page, {"decision": "change", "text": "改"}).status_code == 400
    client.post(page, {"decision": "change", "quantity": "1", "text": "第二次是误报。"})
    own = browser(it).get(page).content.decode()
    assert "第二次是误报。" in own
    assert "2 → 1" in own
    assert Notice.objects.filter(recipient=it, url=page).exists()


def test_colleague_sees_no_objection_of_another_and_cannot_answer(
    event: KpiEvent, it: User, cs: User, planner: User, employee: User, now: datetime
) -> None:
    page = f"/objections/{raised(it, event, now).pk}/"
    for person in (cs, employee):
        assert browser(person).get(page).status_code == 404
        assert browser(person).post(page, {"decision": "keep", "text": "x"}).status_code == 404
    seen = browser(planner).get(page)
    assert (seen.status_code, seen.context["form"]) == (200, None)
    refused = browser(planner).post(page, {"decision": "keep", "text": "x"})
    assert refused.status_code == 403
    assert Objection.objects.get().state == "open"


def test_person_withdraws_the_own_objection(
    event: KpiEvent, it: User, supervisor: User, now: datetime
) -> None:
    objection = raised(it, event, now)
    address = f"/objections/{objection.pk}/withdraw/"
    text = browser(supervisor).post(address, follow=True).content.decode()
    assert "只有提出异议的人自己" in text
    browser(it).post(address)
    assert Objection.objects.get().state == "withdrawn"


def test_list_shows_the_own_ones_and_to_assessors_all(
    event: KpiEvent, it: User, cs: User, supervisor: User, now: datetime
) -> None:
    make_run(now)
    raised(it, event, now)
    raised(cs, event, now, line="uplift")
    assert [each.person for each, *_ in browser(it).get("/objections/").context["rows"]] == [it]
    rows = browser(supervisor).get("/objections/").context["rows"]
    assert [(each.person, mine) for each, _, mine in rows] == [(cs, True), (it, True)]
    assert browser(supervisor).get("/objections/?state=kept").context["rows"] == []


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_a_constant_number_of_queries(
    number: int,
    event: KpiEvent,
    it: User,
    cs: User,
    ops: User,
    supervisor: User,
    now: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_run(now)
    for person in (it, cs, ops)[:number]:
        raised(person, event, now, line="uplift")
    client = browser(supervisor)
    with django_assert_num_queries(7):
        assert len(client.get("/objections/").context["rows"]) == number


def test_workbench_tells_the_assessor_of_the_objection_and_the_person_of_the_answer(
    event: KpiEvent, it: User, supervisor: User, now: datetime
) -> None:
    objection = raised(it, event, now)

    def titles(user: User) -> dict[str, str]:
        return {i.url: i.title for i in work_of(User.objects.get(pk=user.pk), now)}

    page = f"/objections/{objection.pk}/"
    assert "等您书面答复" in titles(supervisor)[page]
    browser(supervisor).post(page, {"decision": "keep", "text": "有记录"})
    assert page not in titles(supervisor)
    assert "已答复（维持原判）：有记录" in titles(it)[page]
