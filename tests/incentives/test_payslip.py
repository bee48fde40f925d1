"""The payslip: how each cent came about in words, and that it is nobody else's to see.

The scene's October by hand: uplift 1460.40, pool 292.08; planner's gross 43.81; 9000 reads of
12899 keep 69.7729%; 5 percentage points off → 29.04.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Tenure, User
from accounts.roles import Role
from content.models import Article
from haitang.kernel.clock import Month
from incentives.calculation.services import calculate_month
from incentives.models import KpiEvent, Objection, Settlement
from incentives.payslips.payslip import Frozen, payslip
from incentives.selectors import last_payout
from tests.factories.life import freeze
from tests.factories.people import make_holder, make_tenure, make_user
from tests.web import scene

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


@pytest.fixture
def chain() -> None:
    scene.make_chain()
    scene.make_team()
    event = scene.make_event("planner.assessment", "5")
    told = {"note": "执行方案迟交", "evidence": "督导记录 10-12"}
    KpiEvent.objects.filter(pk=event.pk).update(confirmed_at=scene.MOMENT, **told)


@pytest.fixture
def planner(client: Client, chain: None) -> Client:
    calculate_month(month=OCTOBER, by=None, now=scene.MOMENT)
    client.force_login(User.objects.get(username="team_planner"))
    return client


def page(client: Client, address: str = "/payslips/2026-10/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_payslip_tells_how_each_cent_came_about(planner: Client) -> None:
    text = page(planner)
    assert "¥1,460.40 × 20% = ¥292.08" in text
    assert "¥292.08 × 0.15" in text
    assert "5 百分点 × 1% = 5%" in text
    assert "执行方案迟交；证据：督导记录 10-12" in text
    assert "1 − 9,000 ÷ 12,899 = 30.2271%" in text
    assert "¥43.81 × (1 − 月度 5%) × (1 − 阅读量 30.2271%) = ¥29.04" in text
    assert "总策划所得 ¥29.04，应付 ¥29.04。" in text


def test_each_figure_is_a_door(planner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: scene.MOMENT)
    event = KpiEvent.objects.get()
    text = page(planner)
    for address in (
        "/campaigns/C1/",
        "/campaigns/stores/S01/2026-10-17/",
        "/articles/A1/",
        "/policy/?month=2026-10",
        "/kpi/2026-10/#role-planner",
        f"/kpi/2026-10/object/event:{event.pk}/",
        "/kpi/2026-10/object/share:planner/",
        "/kpi/2026-10/object/shortfall/",
        "/kpi/2026-10/object/uplift/",
    ):
        assert f'href="{address}"' in text


def test_line_offers_an_objection_only_while_one_is_heard(
    planner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offered() -> set[str]:
        found = re.findall(r"/kpi/2026-10/object/([^/]+)/", page(planner))
        return {"event" if each.startswith("event:") else each for each in found}

    monkeypatch.setattr("haitang.kernel.clock.now", lambda: scene.MOMENT)
    every = {"uplift", "shortfall", "share:planner", "event"}
    assert offered() == every
    user, event = User.objects.get(username="team_planner"), KpiEvent.objects.get()
    asked = {"month": "2026-10", "person": user, "raised_at": scene.MOMENT, "text": "x"}
    Objection.objects.create(line=f"event:{event.pk}", role="planner", event=event, **asked)
    Objection.objects.create(line="uplift", role="planner", state="kept", **asked)
    assert offered() == every - {"event", "uplift"}
    later = scene.MOMENT + timedelta(days=4)
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: later)
    assert offered() == set()


def test_payslip_is_not_approved_until_it_is(planner: Client) -> None:
    assert "尚未批准" in page(planner)
    Settlement.objects.update(state="submitted")
    assert "尚未批准" in page(planner)
    Settlement.objects.update(state="approved")
    text = page(planner)
    assert "尚未批准" not in text
    assert "已批准" in text
    assert "提出异议" not in text


def test_approved_payslip_does_not_change_with_the_data(planner: Client) -> None:
    Settlement.objects.update(state="approved")
    Article.objects.update(reads=1)
    KpiEvent.objects.update(quantity="50", note="另一回事")
    assert "总策划所得 ¥29.04，应付 ¥29.04。" in page(planner)
    assert "执行方案迟交" in page(planner)


def test_month_without_calculation_or_without_a_part_says_so(
    client: Client, general_manager: User, planner: Client
) -> None:
    assert "2026年9月还没有计算" in page(planner, "/payslips/2026-09/")
    client.force_login(general_manager)
    assert "没有您的提成" in page(client)


def test_share_of_several_holders_is_explained(chain: None, client: Client) -> None:
    """Copy's gross 29.21 × 0.697729 = 20.38; a third of it 6.79, two thirds 13.59."""
    first = User.objects.get(username="team_copy")
    Tenure.objects.filter(user=first).update(share="2/3")
    second = make_user(username="wang", name="王")
    make_tenure(user=second, role=Role.COPY, share="1/3")
    calculate_month(month=OCTOBER, by=None, now=scene.MOMENT)
    client.force_login(second)
    text = page(client)
    assert "2 人分担，本人占 1/3：¥20.38 × 1/3 ≈ ¥6.79" in text
    assert "¥13.59" not in text


@pytest.mark.parametrize("role", [Role.PLANNER, Role.COPY, Role.EMPLOYEE, Role.STORE_MANAGER])
def test_nobody_sees_anothers_payslip_without_the_right(
    role: Role, client: Client, chain: None
) -> None:
    calculate_month(month=OCTOBER, by=None, now=scene.MOMENT)
    client.force_login(make_holder(role, username="curious"))
    assert client.get("/months/2026-10/payslips/team_planner/").status_code == 403
    own = client.get("/payslips/2026-10/").content.decode()
    assert "¥29.04" not in own
    assert "总策划</h1>" not in own


@pytest.mark.parametrize(
    "role", [Role.GENERAL_MANAGER, Role.VICE_GENERAL_MANAGER, Role.FINANCE, Role.SUPERVISOR]
)
def test_those_with_the_right_see_it_and_cannot_object_for_another(
    role: Role, client: Client, chain: None
) -> None:
    calculate_month(month=OCTOBER, by=None, now=scene.MOMENT)
    client.force_login(make_holder(role, username="boss"))
    text = page(client, "/months/2026-10/payslips/team_planner/")
    assert "应付 ¥29.04。" in text
    assert "提出异议" not in text
    assert client.get("/months/2026-10/payslips/nobody/").status_code == 404
    assert client.get("/months/2026-10/payslips/boss2/").status_code == 404


def test_person_without_a_part_has_no_payslip_to_see(
    client: Client, general_manager: User, planner: Client
) -> None:
    client.force_login(general_manager)
    make_user(username="other")
    assert client.get("/months/2026-10/payslips/other/").status_code == 404


def test_adjustments_and_what_is_carried_stand_in_words(chain: None, client: Client) -> None:
    """October's reads fall to 4500: 43.81 × 0.95 × 4500 ÷ 12899 = 14.52; 14.52 too much."""
    freeze(OCTOBER, now=scene.MOMENT)
    Article.objects.update(reads=4500)
    calculate_month(month=NOVEMBER, by=None, now=scene.MOMENT)
    client.force_login(User.objects.get(username="team_planner"))
    text = page(client, "/payslips/2026-11/")
    assert "以前月份的调整 −¥14.52，应付 ¥0.00，还有 ¥14.52 转到以后月份抵扣。" in text
    assert "¥29.04 → ¥14.52：阅读量更正：推文 A1 9000 → 4500" in text
    freeze(NOVEMBER, now=scene.MOMENT)
    calculate_month(month=Month(2026, 12), by=None, now=scene.MOMENT)
    assert "上月结转抵扣 ¥14.52" in page(client, "/payslips/2026-12/")


def test_someone_who_left_the_role_still_gets_the_adjustment(chain: None, client: Client) -> None:
    freeze(OCTOBER, now=scene.MOMENT)
    who = User.objects.get(username="team_planner")
    Tenure.objects.filter(user=who).update(valid_to=date(2026, 10, 31))
    KpiEvent.objects.update(state=KpiEvent.State.WAIVED)
    calculate_month(month=NOVEMBER, by=None, now=scene.MOMENT)
    client.force_login(who)
    text = page(client, "/payslips/2026-11/")
    assert "本月没有任职，以前月份的调整 +¥1.53，应付 ¥1.53。" in text


# The list


def test_own_list_has_the_year_with_sum_and_picture(planner: Client) -> None:
    answer = planner.get("/payslips/")
    (row,) = answer.context["rows"]
    assert (str(row.month), row.payable, row.roles) == ("2026-10", "29.04", "总策划")
    assert answer.context["total"] == "29.04"
    assert answer.context["chart"]["series"][0]["values"][9] == "29.04"
    assert answer.context["chart"]["links"][9] == "/payslips/2026-10/"


def test_own_list_when_empty_says_what_comes(client: Client, copy: User) -> None:
    client.force_login(copy)
    assert "还没有您的提成" in page(client, "/payslips/")


@pytest.mark.parametrize("number", [1, 3])
def test_own_list_asks_a_constant_number_of_queries(
    number: int,
    chain: None,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for month in range(1, number + 1):
        calculate_month(month=Month(2026, month), by=None, now=scene.MOMENT)
    client.force_login(User.objects.get(username="team_planner"))
    with django_assert_num_queries(6):
        assert len(client.get("/payslips/").context["rows"]) == number


def test_payslip_asks_a_constant_number_of_queries(
    planner: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(13):
        planner.get("/payslips/2026-10/")
    for number in range(3):
        scene.make_event("planner.assessment", f"0.{number + 1}")
        scene.make_campaign(
            f"C{number + 2}", start=date(2026, 10, 10 + number), end=date(2026, 10, 10 + number)
        )
    calculate_month(month=OCTOBER, by=None, now=scene.MOMENT)
    with django_assert_num_queries(13):
        planner.get("/payslips/2026-10/")


def test_workbench_leads_to_the_newest_payslip(planner: Client) -> None:
    text = page(planner, "/")
    assert 'href="/payslips/2026-10/"' in text
    assert "尚未批准" in text


def test_newest_payslip_counts_adjustments(chain: None) -> None:
    freeze(OCTOBER, now=scene.MOMENT)
    KpiEvent.objects.update(state=KpiEvent.State.WAIVED)
    calculate_month(month=NOVEMBER, by=None, now=scene.MOMENT)
    own = last_payout("team_planner")
    assert own is not None
    assert (str(own.month), own.amount, own.roles) == ("2026-11", Decimal("1.53"), ("planner",))


# Pure


def frozen(**fields: Any) -> Frozen:
    values: dict[str, Any] = {
        "month": OCTOBER,
        "document": {"month": "2026-10", "roles": [], "pool": "0.00", "team": {}},
        "policy": {},
        "payouts": [],
        "holders": {},
        "events": [],
        "reads": [],
    }
    return Frozen(**{**values, **fields})


def test_whoever_has_nothing_to_do_with_the_month_has_no_payslip() -> None:
    assert payslip(frozen(), "liu") is None


def test_steps_sum_to_what_is_paid() -> None:
    row = {
        "username": "liu",
        "earned": 0,
        "adjusted": -500,
        "carried_in": 300,
        "payable": 0,
        "carried_out": 800,
    }
    lines = [
        {
            "origin": "2026-09",
            "reason": "更正",
            "role": "copy",
            "username": "liu",
            "before": "9.00",
            "after": "4.00",
            "delta": "-5.00",
        }
    ]
    document = {"month": "2026-10", "roles": [], "pool": "0.00", "team": {}, "adjustments": lines}
    slip = payslip(frozen(document=document, payouts=[row]), "liu")
    assert slip is not None
    signed = {"+": 1, "−": -1}
    total = sum(signed[step.sign] * Decimal(step.amount) for step in slip.steps[:-1])
    assert total == Decimal(slip.steps[-1].amount) == 0
