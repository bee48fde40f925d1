"""The holiday calendar of a year: what it shows, and how the administrator changes it."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from campaigns.models import CalendarDay, CalendarYear
from haitang.kernel.models import AuditEntry
from tests.factories.people import make_user
from tests.factories.trade import publish
from tests.web import scene

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)


@pytest.fixture
def empty_2027() -> None:
    CalendarYear.objects.filter(year=2027).delete()
    CalendarDay.objects.filter(date__year=2027).delete()


def test_calendar_leads_to_the_present_year(client: Client, finance: User) -> None:
    client.force_login(finance)
    assert client.get("/calendar/")["Location"] == "/calendar/2026/"


def test_year_marks_holidays_workdays_member_days_and_campaigns(
    client: Client, finance: User
) -> None:
    scene.make_chain()
    client.force_login(finance)
    text = client.get("/calendar/2026/").content.decode()
    assert 'title="10月3日 周六，法定节假日"' in text
    assert 'title="10月10日 周六，调休上班日"' in text
    assert 'title="10月17日 周六，活动：感恩周末 C1"' in text
    assert 'title="10月18日 周日，会员日"' in text
    assert 'href="/calendar/2025/"' in text
    assert 'href="/calendar/2027/"' in text


def test_member_days_are_those_of_each_months_policy(client: Client, finance: User) -> None:
    publish(code="neu", valid_from="2026-09-01", member_days=[5])
    client.force_login(finance)
    text = client.get("/calendar/2026/").content.decode()
    assert 'title="8月8日 周六，会员日"' in text
    assert 'title="9月5日 周六，会员日"' in text
    assert 'title="9月8日 周二"' in text


def test_year_that_is_not_known_warns(client: Client, finance: User, empty_2027: None) -> None:
    client.force_login(finance)
    text = client.get("/calendar/2027/").content.decode()
    assert "还没有确认" in text
    assert "请管理员在国务院公布之后登记" in text
    assert "/calendar/2027/days/" not in text


@pytest.mark.parametrize("year", [2003, 2100])
def test_year_out_of_reach_is_not_found(year: int, client: Client, finance: User) -> None:
    client.force_login(finance)
    assert client.get(f"/calendar/{year}/").status_code == 404


def test_administrator_enters_holidays_and_confirms_the_year(
    client: Client, administrator: User, empty_2027: None
) -> None:
    client.force_login(administrator)
    early = client.post("/calendar/2027/confirm/", {"source": "文号"})
    assert "还没有登记一个法定节假日" in early.content.decode()
    days = {"first": "2027-10-01", "last": "2027-10-03", "kind": "holiday"}
    assert client.post("/calendar/2027/days/", days).status_code == 302
    assert CalendarDay.objects.filter(date__year=2027, kind="holiday").count() == 3
    client.post("/calendar/2027/confirm/", {"source": "国办发明电〔2026〕9号"})
    assert CalendarYear.objects.get(year=2027).source == "国办发明电〔2026〕9号"
    acts = list(AuditEntry.objects.order_by("pk").values_list("act", "actor__username"))
    assert acts == [("set_days", "admin"), ("confirm_year", "admin")]
    assert "已确认" in client.get("/calendar/2027/").content.decode()


def test_day_becomes_ordinary_again_with_what_it_was_in_the_trail(
    client: Client, administrator: User
) -> None:
    scene.make_calendar()
    client.force_login(administrator)
    day = {"first": "2026-10-10", "last": "", "kind": "ordinary"}
    client.post("/calendar/2026/days/", day)
    assert not CalendarDay.objects.filter(date=date(2026, 10, 10)).exists()
    entry = AuditEntry.objects.get(act="set_days")
    assert entry.details == {"kind": "ordinary", "was": {"2026-10-10": "makeup_workday"}}
    again = client.post("/calendar/2026/days/", day, follow=True)
    assert "没有改动" in again.content.decode()
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ({"first": "2026-10-12", "kind": "makeup_workday"}, "本来就上班"),
        ({"first": "2026-10-12", "last": "2026-10-10", "kind": "holiday"}, "早于开始日期"),
        ({"first": "2026-01-01", "last": "2026-03-01", "kind": "holiday"}, "最多改 31 天"),
        ({"first": "2026-12-31", "last": "2027-01-01", "kind": "holiday"}, "同一年"),
        ({"first": "2027-01-01", "kind": "holiday"}, "只改 2026 年"),
        ({"first": "2026-02-29", "kind": "holiday"}, "不是日期"),
        ({"first": "2026-10-12", "kind": "feast"}, "请选这些日子是什么"),
    ],
)
def test_days_that_cannot_be_are_refused_with_a_sentence(
    days: dict[str, str], sentence: str, client: Client, administrator: User
) -> None:
    before = set(CalendarDay.objects.values_list("date", "kind"))
    client.force_login(administrator)
    answer = client.post("/calendar/2026/days/", days)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert set(CalendarDay.objects.values_list("date", "kind")) == before


def test_tapped_day_fills_the_form(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    text = client.get("/calendar/2026/?day=2026-10-10&kind=makeup_workday").content.decode()
    assert 'value="2026-10-10"' in text
    assert '<option value="makeup_workday" selected>' in text
    assert client.get("/calendar/2026/?day=x").status_code == 200


def test_only_the_administrator_changes_the_calendar(client: Client, general_manager: User) -> None:
    client.force_login(general_manager)
    days = {"first": "2026-10-10", "kind": "holiday"}
    assert client.post("/calendar/2026/days/", days).status_code == 403
    assert client.post("/calendar/2026/confirm/", {"source": "x"}).status_code == 403
    client.force_login(make_user())
    assert client.get("/calendar/2026/").status_code == 403


def test_store_manager_sees_only_the_own_campaigns(client: Client, store_manager: User) -> None:
    own, other = scene.make_store(), scene.make_store("S02")
    scene.make_campaign("C1", stores=[own], title="自家的")
    scene.make_campaign("C2", stores=[other], title="别家的")
    client.force_login(store_manager)
    text = client.get("/calendar/2026/").content.decode()
    assert "自家的" in text
    assert "别家的" not in text


@pytest.mark.parametrize("number", [1, 3])
def test_year_asks_a_constant_number_of_queries(
    number: int, client: Client, finance: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        scene.make_campaign(f"C{index}")
        publish(code=f"p{index}", valid_from=f"2026-0{index + 1}-01")
    client.force_login(finance)
    with django_assert_num_queries(7):
        client.get("/calendar/2026/")
