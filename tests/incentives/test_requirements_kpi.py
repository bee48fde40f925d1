"""The operating plan's KPI rows (docs/requirements.md, S000): from the record to the amount."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from campaigns.models import Campaign, CampaignPaper
from campaigns.paper_evidence import evidence
from campaigns.services.papers import decide_paper, submit_paper
from haitang.kernel.clock import SHANGHAI, Month
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from incentives.calculation.services import compute_month
from incentives.deductions.deducting import change_event, confirm_event, propose_event, waive_event
from incentives.deductions.proposals import propose_month
from incentives.deductions.scoring import score_month
from incentives.funds.fees import require_licence, take_up_fees
from incentives.models import ArticleFee, KpiEvent, Payment, Settlement
from incentives.payments.paying import set_payment_state
from tests.factories.payments import make_approved, make_people
from tests.factories.people import make_holder
from tests.factories.trade import (
    make_campaign,
    make_event,
    make_manuscript,
    make_store,
    make_team,
    plain_calendar,
    publish,
    sell_days,
)

OCTOBER = Month(2018, 10)
NOW = datetime(2018, 11, 20, 10, 0, tzinfo=SHANGHAI)
BEFORE, AFTER = (
    datetime(2018, 10, 8, 9, 0, tzinfo=SHANGHAI),
    datetime(2018, 10, 20, tzinfo=SHANGHAI),
)
SALES = {"2018-10-17": "5300", "2018-10-16": "300", "2018-10-15": "300", "2018-10-12": "300"}


@pytest.fixture
def team(db: None) -> dict[str, User]:
    """October 2018: C1 on the 17th brought 5000.00; pool 1000.00; everybody holds one post."""
    plain_calendar(2017, 2018)
    people = make_team()
    for role in (Role.GENERAL_MANAGER, Role.VICE_GENERAL_MANAGER):
        people[role.value] = make_holder(role)
    store = make_store()
    sell_days(store, SALES)
    make_campaign("C1", stores=[store], start=date(2018, 10, 17))
    return people


def payable(code: str, of: Month = OCTOBER) -> str:
    roles = compute_month(of).document()["roles"]
    return str(next(each["payable"] for each in roles if each["role"] == code))


def paper(kind: str, by: User, at: datetime, *, approved_by: User | None = None) -> CampaignPaper:
    campaign = Campaign.objects.get(code="C1")
    found = submit_paper(campaign=campaign, kind=kind, text="一、目的 二、步骤", by=by, now=at)
    return decide_paper(paper=found, approve=True, by=approved_by, now=at) if approved_by else found


def complete(team: dict[str, User]) -> None:
    """Everything that has to be written about C1, in time."""
    chief, copy = team["vice_general_manager"], team["copy"]
    paper("plan", copy, BEFORE, approved_by=chief)
    paper("rules", copy, BEFORE, approved_by=chief)
    paper("summary", copy, AFTER)
    paper("feedback", team["cs"], AFTER)


def proposed() -> list[tuple[str, str]]:
    found = propose_month(month=OCTOBER, now=NOW)
    return [(each.rule, each.evidence) for each in found if each.rule != "copy.fewer_than_two"]


def confirm(rule: str, by: User) -> None:
    confirm_event(event=KpiEvent.objects.get(rule=rule), by=by, now=NOW)


# S000-47


@pytest.mark.parametrize("rule", ["planner.assessment", "supervisor.assessment"])
@pytest.mark.parametrize("who", ["vice_general_manager", "planner", "supervisor", "copy"])
def test_general_manager_alone_confirms_planner_and_supervisor(
    rule: str, who: str, team: dict[str, User]
) -> None:
    event = make_event(rule, "2.5", month="2018-10", state="proposed")
    with pytest.raises(NotAllowed):
        confirm_event(event=event, by=team[who], now=NOW)
    with pytest.raises(NotAllowed):
        score_month(
            month=OCTOBER, scores={rule: Fraction(5)}, reasons={rule: "x"}, by=team[who], now=NOW
        )
    role = rule.partition(".")[0]
    assert payable(role) == "150.00"
    confirm_event(event=event, by=team["general_manager"], now=NOW)
    assert payable(role) == "146.25"  # 150.00 × (1 − 0.025)


# S000-56 to S000-60


def test_month_without_an_approved_plan_costs_the_copy_editor_the_coefficient(
    team: dict[str, User],
) -> None:
    """S000-56: handed in is not approved; with the approval nothing is proposed."""
    complete(team)
    CampaignPaper.objects.filter(kind="plan").update(state="submitted", decided_by=None)
    assert [rule for rule, _ in proposed()] == ["copy.no_executable_plan"]
    assert payable("copy") == "100.00"
    confirm("copy.no_executable_plan", team["vice_general_manager"])
    assert payable("copy") == "0.00"


def test_campaign_with_all_its_papers_costs_nothing(team: dict[str, User]) -> None:
    complete(team)
    assert proposed() == []


def test_detailed_rules_have_the_vice_general_manager_s_approval_on_record(
    team: dict[str, User],
) -> None:
    """S000-57: who and when is kept; without it a deduction is proposed: 100.00 → 0.00."""
    complete(team)
    kept = CampaignPaper.objects.get(kind="rules")
    assert (kept.state, kept.decided_by, kept.decided_at) == (
        "approved",
        team["vice_general_manager"],
        BEFORE,
    )
    CampaignPaper.objects.filter(kind="rules").update(state="submitted", decided_by=None)
    assert proposed() == [
        ("copy.content_invalid", "活动“C1”（C1）的执行细则没有副总经理批准的记录。")
    ]
    confirm("copy.content_invalid", team["vice_general_manager"])
    assert payable("copy") == "0.00"


@pytest.mark.parametrize("who", ["general_manager", "copy", "planner", "supervisor"])
def test_nobody_else_approves_a_paper(who: str, team: dict[str, User]) -> None:
    found = paper("rules", team["copy"], BEFORE)
    with pytest.raises(NotAllowed):
        decide_paper(paper=found, approve=True, by=team[who], now=NOW)


def test_paper_is_decided_once_and_returned_with_a_reason(team: dict[str, User]) -> None:
    chief = team["vice_general_manager"]
    found = paper("plan", team["copy"], BEFORE)
    with pytest.raises(Invalid, match="退回的理由"):
        decide_paper(paper=found, approve=False, by=chief, now=NOW)
    decide_paper(paper=found, approve=False, reason="没有预算", by=chief, now=NOW)
    with pytest.raises(Conflict, match="已退回"):
        decide_paper(paper=found, approve=True, by=chief, now=NOW)


def test_missing_or_invalid_content_is_a_finding_that_leads_to_a_deduction(
    team: dict[str, User],
) -> None:
    """S000-58: entered with its evidence by anybody of the house, decided, deducted."""
    event = propose_event(
        rule="copy.content_invalid",
        month=OCTOBER,
        quantity=Fraction(1),
        evidence="10 月 12 日推文没有正文",
        evidence_url="/articles/A1/",
        key="finding",
        by=team["ops"],
        now=NOW,
    )
    assert (event.state, event.recorded_by, payable("copy")) == ("proposed", team["ops"], "100.00")
    confirm_event(event=event, by=team["vice_general_manager"], now=NOW)
    assert payable("copy") == "0.00"
    waive_event(event=event, reason="已补发", by=team["vice_general_manager"], now=NOW)
    assert payable("copy") == "100.00"


@pytest.mark.parametrize("at", [None, datetime(2018, 10, 17, 8, 0, tzinfo=SHANGHAI)])
def test_campaign_without_a_plan_before_it_starts_is_proposed(
    at: datetime | None, team: dict[str, User]
) -> None:
    """S000-59: none, or one of the very day: 100.00 → 0.00 once confirmed."""
    complete(team)
    CampaignPaper.objects.filter(kind="plan").update(submitted_at=at or AFTER)
    assert ("copy.plan_or_summary_missing", _text("之前没有提交书面方案")) in [
        (rule, _text(text)) for rule, text in proposed()
    ]
    confirm("copy.plan_or_summary_missing", team["vice_general_manager"])
    assert payable("copy") == "0.00"


def _text(text: str) -> str:
    return "之前没有提交书面方案" if "之前没有提交书面方案" in text else text


def test_summary_is_due_so_many_days_after_the_campaign(
    team: dict[str, User], settings: Any
) -> None:
    """S000-60: seven days by default, another number by setting; missing it costs 100.00."""
    complete(team)
    CampaignPaper.objects.filter(kind="summary").update(submitted_at=AFTER + timedelta(days=5))
    (found,) = evidence(OCTOBER, today=date(2018, 10, 25))
    assert found.rule == "copy.plan_or_summary_missing"
    assert "到2018年10月24日 周三没有提交书面总结" in found.text
    assert evidence(OCTOBER, today=date(2018, 10, 24)) == []
    settings.CAMPAIGN_SUMMARY_DAYS = 8
    assert evidence(OCTOBER, today=date(2018, 10, 26)) == []
    settings.CAMPAIGN_SUMMARY_DAYS = 7
    assert [rule for rule, _ in proposed()] == ["copy.plan_or_summary_missing"]
    confirm("copy.plan_or_summary_missing", team["vice_general_manager"])
    assert payable("copy") == "0.00"


def test_nothing_is_proposed_of_before_the_house_kept_its_papers_here(
    team: dict[str, User],
) -> None:
    assert evidence(OCTOBER, today=date(2018, 11, 20)) == []


# S000-69, S000-74, S000-26, S000-28


def test_publication_without_art_work_or_late_costs_the_month(team: dict[str, User]) -> None:
    """S000-69: entered, confirmed by the planner: 100.00 → 0.00 in October, not in November."""
    event = propose_event(
        rule="art.no_artwork",
        month=OCTOBER,
        quantity=Fraction(1),
        evidence="10 月 15 日的推文没有配图，晚发一天",
        key="late",
        by=team["copy"],
        now=NOW,
    )
    with pytest.raises(NotAllowed):
        confirm_event(event=event, by=team["art"], now=NOW)
    confirm_event(event=event, by=team["planner"], now=NOW)
    assert payable("art") == "0.00"
    assert compute_month(Month(2018, 11)).document()["roles"][3]["monthly"] == "0.000000"


def test_fewer_than_three_channels_by_the_end_of_the_year_is_one_finding_of_the_next(
    team: dict[str, User],
) -> None:
    """S000-74: of 2017 in 2018; 0 by the plan's text, 20% by a policy that says so; once."""
    event = make_event("it.channels_missing", "1", month="2017-12", state="proposed")
    confirm_event(event=event, by=team["planner"], now=NOW)
    assert payable("it") == "100.00"
    publish(rules={"it.channels_missing": "0.2"})
    assert payable("it") == "80.00"
    with pytest.raises(Invalid, match="1 到 1"):
        change_event(
            event=event, quantity=Fraction(2), reason="又一次", by=team["planner"], now=NOW
        )


def test_page_of_the_papers_is_used_by_who_writes_and_who_approves(
    team: dict[str, User], client: Client
) -> None:
    client.force_login(team["copy"])
    sent = {"kind": "rules", "text": "一、时间 二、门店"}
    page = client.post("/campaigns/C1/papers/new/", sent, follow=True).content.decode()
    assert "已提交执行细则" in page
    assert "等副总经理批准" in page
    found = CampaignPaper.objects.get()
    client.force_login(team["vice_general_manager"])
    answer = client.post(f"/campaigns/C1/papers/{found.pk}/", {"approve": "1"}, follow=True)
    assert "执行细则已批准" in answer.content.decode()
    assert client.get("/campaigns/C1/papers/").content.decode().count("一、时间 二、门店") == 1


def test_fee_of_a_pharmacist_is_200_and_paid_with_the_licence_on_file(
    team: dict[str, User], finance: User, client: Client
) -> None:
    """S000-26: one fee of 200.00; without the licence's number it is not paid."""
    Settlement.objects.create(month="2018-10", state="approved", approvals=1)
    make_manuscript("M1", date(2018, 10, 9), "professional")
    assert [take_up_fees(now=NOW), take_up_fees(now=NOW)] == [1, 0]
    fee = ArticleFee.objects.get()
    assert str(fee.amount) == "200.00"
    with pytest.raises(Conflict, match="执业证书编号还没有登记"):
        require_licence("fee:M1")
    client.force_login(finance)
    assert "执业证书编号未登记，不能付款" in client.get("/funds/fees/").content.decode()
    sent = {"tax": "royalty", "was_tax": "royalty", "licence": "110000123456"}
    page = client.post(f"/funds/fees/{fee.pk}/", sent, follow=True).content.decode()
    assert "110000123456" not in page
    require_licence("fee:M1")
    fee.refresh_from_db()
    assert fee.licence is not None
    assert fee.licence.for_computing() == "110000123456"


def test_payment_of_a_pharmacist_s_fee_waits_for_the_licence(now: datetime, db: None) -> None:
    people = make_people()
    month = make_approved(people, now=now, fees={"G1": 20_000})
    ArticleFee.objects.update(kind="professional")
    payment = month.payments.get(account_id="fee:G1")
    with pytest.raises(Conflict, match="执业证书编号还没有登记"):
        set_payment_state(payment=payment, state=Payment.State.PAID, by=people["finance"], now=now)
    payment.refresh_from_db()
    assert payment.state == Payment.State.WAITING
