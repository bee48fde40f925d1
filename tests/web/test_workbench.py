"""The workbench: what waits for whom, most urgent first; the months in figures; notices."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Tenure, User
from campaigns.models import CalendarDay, CalendarYear
from content.models import Article
from haitang.kernel.clock import Month
from haitang.kernel.models import Notice
from haitang.kernel.notices import notify
from haitang.kernel.workbench import Urgency, WorkItem
from haitang.web.workbench import work_of
from incentives.calculation.services import calculate_month, override_problem
from incentives.models import OpeningBalance, SettlementRun
from tests.factories.people import make_user
from tests.web import scene

pytestmark = [pytest.mark.django_db, pytest.mark.both]

OCTOBER = Month(2026, 10)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Views and tenures read the clock of the tests."""
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)


@pytest.fixture
def chain(db: None) -> None:
    """The scene with its team; October is over and not yet calculated."""
    scene.make_chain()
    scene.make_team()
    _know_next_year()


def _know_next_year() -> None:
    CalendarYear.objects.get_or_create(year=2027, defaults={"source": "测试"})


def _fresh(user: User) -> User:
    """The person as a new request finds them: what a person is today is kept on the object."""
    return User.objects.get(pk=user.pk)


def _work(user: User, now: datetime) -> list[WorkItem]:
    return work_of(_fresh(user), now)


def _of(items: list[WorkItem], kind: str) -> list[WorkItem]:
    return [item for item in items if item.kind == kind]


def test_finished_month_waits_for_the_supervisor(
    chain: None, supervisor: User, copy: User, now: datetime
) -> None:
    item = _of(_work(supervisor, now), "month_not_calculated")[0]
    assert item.url == "/months/2026-10/"
    assert "2026年10月已经结束" in item.title
    assert not _of(_work(copy, now), "month_not_calculated")


def test_month_waits_no_longer_once_it_is_calculated(
    chain: None, supervisor: User, now: datetime
) -> None:
    calculate_month(month=OCTOBER, by=None, now=now)
    assert not _of(_work(supervisor, now), "month_not_calculated")
    assert not _of(_work(supervisor, now), "month_changed")


def test_months_before_the_first_calculation_never_wait(
    chain: None, supervisor: User, now: datetime
) -> None:
    urls = [item.url for item in _of(_work(supervisor, now), "month_not_calculated")]
    assert urls == ["/months/2026-10/"]  # sales since August
    OpeningBalance.objects.create(month="2026-09", maintenance=0, reserve=0, recorded_at=now)
    urls = [item.url for item in _of(_work(supervisor, now), "month_not_calculated")]
    assert urls == ["/months/2026-09/", "/months/2026-10/"]
    OpeningBalance.objects.update(month="2026-08")
    newest, earlier = _of(_work(supervisor, now), "month_not_calculated")
    assert newest.url == "/months/2026-10/"
    assert (earlier.url, earlier.count) == ("/months/?year=2026", 2)
    assert "2026年8月至2026年9月" in earlier.title


def test_sales_after_the_calculation_ask_for_another(
    chain: None, supervisor: User, now: datetime
) -> None:
    calculate_month(month=OCTOBER, by=None, now=now)
    scene.make_import(
        name="补.csv",
        first_date=date(2026, 9, 5),
        last_date=date(2026, 9, 5),
        effective_at=now + timedelta(hours=1),
    )
    item = _of(_work(supervisor, now), "month_changed")[0]
    assert "销售有变动" in item.title
    assert item.url == "/months/2026-10/"


def test_sales_of_a_later_month_change_nothing(
    chain: None, supervisor: User, now: datetime
) -> None:
    calculate_month(month=OCTOBER, by=None, now=now)
    scene.make_import(
        first_date=date(2026, 11, 1),
        last_date=date(2026, 11, 2),
        effective_at=now + timedelta(hours=1),
    )
    assert not _of(_work(supervisor, now), "month_changed")


def test_event_and_override_after_the_calculation_ask_for_another(
    chain: None, supervisor: User, general_manager: User, now: datetime
) -> None:
    scene.make_campaign("C2", status="running")
    calculate_month(month=OCTOBER, by=None, now=now - timedelta(days=2))
    event = scene.make_event("it.complaint", "1")
    event.confirmed_at = now
    event.save()
    override_problem(
        month=OCTOBER,
        code="campaign_open",
        campaign="C2",
        reason="下月再结",
        by=general_manager,
        now=now,
    )
    item = _of(_work(supervisor, now), "month_changed")[0]
    assert "考核、问题放行有变动" in item.title


@pytest.mark.parametrize(
    ("who", "number"), [("general_manager", 2), ("planner", 1), ("copy", 1), ("art", 0)]
)
def test_problems_wait_for_those_who_can_do_something(
    who: str, number: int, chain: None, request: pytest.FixtureRequest, now: datetime
) -> None:
    user = request.getfixturevalue(who)
    scene.make_campaign("C2", status="running")
    Article.objects.update(reads=None)
    calculate_month(month=OCTOBER, by=None, now=now)
    found = _of(_work(user, now), "month_problems")
    assert sum(item.count for item in found) == number
    for item in found:
        assert item.url == "/months/2026-10/#problems"
        assert item.urgency == Urgency.NOW


def test_campaign_that_is_over_waits_for_the_planner(
    planner: User, it: User, now: datetime
) -> None:
    scene.make_campaign("C9", status="running", start=date(2026, 11, 2), end=date(2026, 11, 2))
    scene.make_campaign("C8", status="running", start=date(2026, 11, 3), end=date(2026, 11, 3))
    items = _of(_work(planner, now), "campaign_open")
    assert [item.url for item in items] == ["/campaigns/C9/"]
    assert not _of(_work(it, now), "campaign_open")


def test_many_campaigns_are_told_as_one_item_beyond_five(planner: User, now: datetime) -> None:
    for number in range(8):
        scene.make_campaign(f"C{number}", status="planned")
    items = _of(_work(planner, now), "campaign_open")
    assert len(items) == 6
    assert items[-1].count == 3
    assert "另有 3 场活动" in items[-1].title


def test_completed_campaign_without_article_waits_for_planner_and_copy(
    planner: User, copy: User, finance: User, now: datetime
) -> None:
    scene.make_campaign("C1")
    assert _of(_work(planner, now), "no_article")
    assert _of(_work(copy, now), "no_article")
    assert not _of(_work(finance, now), "no_article")


def test_article_without_reads_waits_for_the_copy_editor_after_seven_days(
    copy: User, planner: User, now: datetime
) -> None:
    for code, day in (("A1", date(2026, 10, 27)), ("A2", date(2026, 10, 28))):
        Article.objects.create(code=code, title=code, category="campaign", published_on=day)
    Article.objects.create(code="A3", title="A3", category="other", published_on=date(2026, 10, 1))
    items = _of(_work(copy, now), "reads_missing")
    assert len(items) == 1
    assert "A1" in items[0].title
    assert not _of(_work(planner, now), "reads_missing")


def test_imports_wait_for_it_until_they_are_mended(it: User, finance: User, now: datetime) -> None:
    scene.make_import(name="坏.csv", state="failed")
    scene.make_import(name="缺.csv", lines_refused=7)
    scene.make_import(name="排.csv", state="waiting")
    scene.make_import(name="旧.csv", state="failed")
    scene.make_import(name="旧.csv")
    kinds = {item.kind: item.title for item in _work(it, now)}
    assert "坏.csv" in kinds["import_failed"]
    assert "7 行被拒收" in kinds["import_refused"]
    assert "排.csv" in kinds["import_running"]
    assert not any("旧.csv" in title for title in kinds.values())
    assert not [item for item in _work(finance, now) if item.kind.startswith("import_")]


def test_vacant_post_waits_for_administrator_and_general_manager(
    chain: None, administrator: User, general_manager: User, supervisor: User, now: datetime
) -> None:
    Tenure.objects.filter(role="art").update(valid_to=date(2026, 11, 2))
    for user in (administrator, general_manager):
        item = _of(_work(user, now), "no_holder")[0]
        assert "美工" in item.title
        assert "总策划" not in item.title
    assert not _of(_work(supervisor, now), "no_holder")


@pytest.mark.parametrize(("month", "waits"), [(10, False), (11, True), (12, True)])
def test_next_years_calendar_waits_from_november_on(
    month: int, waits: bool, administrator: User, now: datetime
) -> None:
    CalendarYear.objects.get_or_create(year=2026, defaults={"source": "测试"})
    CalendarYear.objects.filter(year=2027).delete()
    CalendarDay.objects.filter(date__year=2027).delete()
    items = _of(_work(administrator, now.replace(month=month)), "calendar_missing")
    assert [item.url for item in items] == (["/calendar/2027/"] if waits else [])


def test_items_come_most_urgent_first(chain: None, it: User, now: datetime) -> None:
    scene.make_import(name="排.csv", state="waiting")
    scene.make_import(name="缺.csv", lines_refused=7)
    scene.make_import(name="坏.csv", state="failed")
    notify(recipients=[it], key="k", text="请看一眼", now=now)
    order = [item.urgency for item in _work(it, now)]
    assert order == sorted(order)
    assert order[0] == Urgency.NOW


def test_person_without_a_post_has_only_notices(now: datetime) -> None:
    user = make_user()
    scene.make_import(name="坏.csv", state="failed")
    assert _work(user, now) == []
    notify(recipients=[user], key="k", text="您好", url="/campaigns/", now=now)
    assert [item.kind for item in _work(user, now)] == ["notice"]


def test_notice_is_read_by_its_recipient_and_leads_on(
    client: Client, copy: User, art: User, now: datetime
) -> None:
    notify(recipients=[copy], key="k", text="稿件到了", url="/campaigns/", now=now)
    notice = Notice.objects.get()
    client.force_login(art)
    assert client.post(f"/notices/{notice.pk}/read/").status_code == 404
    client.force_login(copy)
    assert "稿件到了" in client.get("/").content.decode()
    answer = client.post(f"/notices/{notice.pk}/read/", {"go": "1"})
    assert answer["Location"] == "/campaigns/"
    assert "稿件到了" not in client.get("/").content.decode()


def test_all_notices_are_read_at_once(client: Client, copy: User, now: datetime) -> None:
    for number in range(12):
        notify(recipients=[copy], key=f"k{number}", text=f"通知 {number}", now=now)
    client.force_login(copy)
    assert "还有 2 条更早的通知" in client.get("/").content.decode()
    client.post("/notices/read/")
    assert not Notice.objects.filter(read_at=None).exists()


def test_team_member_sees_the_own_payout_and_the_pool(
    chain: None, client: Client, now: datetime
) -> None:
    Article.objects.update(reads=20_000)  # above the target: nothing is cut
    calculate_month(month=OCTOBER, by=None, now=now)
    client.force_login(User.objects.get(username="team_copy"))
    text = client.get("/").content.decode()
    assert "我的提成 · 2026年10月" in text
    assert "¥29.21" in text  # 292.08 × 0.10, largest remainder
    assert "¥292.08" in text
    assert "2026年11月" in text


def test_finance_sees_the_pool_but_no_own_payout(
    chain: None, client: Client, finance: User, now: datetime
) -> None:
    calculate_month(month=OCTOBER, by=None, now=now)
    client.force_login(finance)
    text = client.get("/").content.decode()
    assert "¥292.08" in text
    assert "我的提成" not in text


def test_store_manager_sees_no_figures_of_the_month(
    chain: None, client: Client, store_manager: User, now: datetime
) -> None:
    calculate_month(month=OCTOBER, by=None, now=now)
    client.force_login(store_manager)
    text = client.get("/").content.decode()
    assert "提成" not in text
    assert "没有等您处理的事" in text


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("who", "queries"),
    [("supervisor", 25), ("general_manager", 17), ("it", 11), ("copy", 11), ("administrator", 14)],
)
def test_workbench_asks_a_constant_number_of_queries(
    who: str,
    queries: int,
    number: int,
    request: pytest.FixtureRequest,
    client: Client,
    now: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = request.getfixturevalue(who)
    for index in range(number):
        scene.make_import(name=f"{index}.csv", state="failed")
        scene.make_campaign(f"R{index}", status="running")
        scene.make_campaign(f"C{index}")
        Article.objects.create(
            code=f"A{index}", title="x", category="welfare", published_on=date(2026, 10, 2)
        )
        notify(recipients=[user], key=f"k{index}", text="x", now=now)
        month = Month(2026, 10).plus(-index)
        SettlementRun.objects.create(
            month=str(month),
            number=1,
            policy_code="x",
            policy={},
            digest="x",
            pool=0,
            margin_uplift=0,
            open_problems=1,
            document={"problems": [{"code": "reads_missing"}], "roles": []},
            trace={},
            calculated_at=now,
        )
    client.force_login(user)
    with django_assert_num_queries(queries):
        assert client.get("/").status_code == 200
