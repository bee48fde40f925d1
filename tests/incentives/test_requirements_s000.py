"""The operating plan's own numbers (docs/requirements.md, S000): pool, split, KPI, reads, funds."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from accounts.models import Tenure, User
from accounts.roles import DIRECT_MANAGEMENT, LIAISONS
from campaigns.models import Campaign, StoreDay
from content.models import Article
from haitang.kernel.clock import Month
from haitang.kernel.errors import Invalid
from haitang.policy.document import parse
from incentives.calculation.services import calculate_month, compute_month, compute_months
from incentives.models import SettlementRun
from tests.factories.people import make_tenure, make_user
from tests.factories.trade import (
    NOW,
    make_article,
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
SALES = {"2018-10-17": "5300", "2018-10-16": "300", "2018-10-15": "300", "2018-10-12": "300"}


@pytest.fixture
def month(db: None) -> None:
    """October 2018: a campaign on Wednesday the 17th brought 5300 − 300 = 5000.00; pool 1000.00."""
    plain_calendar(2017, 2018)
    make_team()
    store = make_store()
    sell_days(store, SALES)
    make_campaign(stores=[store], start=date(2018, 10, 17))


def role(code: str, of: Month = OCTOBER) -> dict[str, Any]:
    return next(each for each in compute_month(of).document()["roles"] if each["role"] == code)


# Pool and split


def test_pool_is_20_percent_of_the_margin_uplift_to_the_fen(month: None) -> None:
    """S000-30: 20% of 5000.00; half a fen up: 20% of 5000.03 = 1000.006 → 1000.01."""
    document = compute_month(OCTOBER).document()
    assert (document["margin_uplift"], document["pool"]) == ("5000.00", "1000.00")
    StoreDay.objects.filter(date=date(2018, 10, 17)).update(amount_fen=530_003)
    assert compute_month(OCTOBER).document()["pool"] == "1000.01"


def test_extraction_rate_is_a_dated_setting(month: None) -> None:
    """S000-18: 25% from October on; September keeps 20%."""
    publish(code="n", valid_from="2018-10-01", pool_rate="0.25")
    assert compute_month(OCTOBER).document()["pool"] == "1250.00"
    assert compute_month(Month(2018, 9)).inputs.policy.pool_rate == Fraction(1, 5)


def test_coefficients_that_do_not_sum_to_one_are_refused() -> None:
    """S000-34."""
    assert sum(parse({}).coefficients.values()) == 1
    with pytest.raises(Invalid) as refused:
        parse({"coefficients": {"planner": "0.16"}})
    assert "必须正好是 1" in str(refused.value)


def test_direct_managers_share_half_and_liaisons_three_tenths(month: None) -> None:
    """S000-35, S000-40: of 1000.00 the four get 500.00, the three 100.00 each."""
    coefficients = parse({}).coefficients
    assert sum(coefficients[each] for each in DIRECT_MANAGEMENT) == Fraction(1, 2)
    assert [coefficients[each] for each in LIAISONS] == [Fraction(1, 10)] * 3
    grosses = [Decimal(role(each)["gross"]) for each in DIRECT_MANAGEMENT]
    assert sum(grosses) == Decimal("500.00")
    assert [role(each)["gross"] for each in LIAISONS] == ["100.00"] * 3


@pytest.mark.parametrize(
    ("code", "coefficient", "gross"),
    [
        ("planner", "0.15", "150.00"),
        ("supervisor", "0.15", "150.00"),
        ("copy", "0.10", "100.00"),
        ("art", "0.10", "100.00"),
    ],
)
def test_each_direct_manager_gets_the_coefficient_before_deductions(
    month: None, code: str, coefficient: str, gross: str
) -> None:
    """S000-36 to S000-39."""
    make_event("art.no_artwork", month="2018-10")
    found = role(code)
    assert (found["coefficient"], found["gross"]) == (coefficient, gross)


def test_payout_is_fund_times_coefficient_times_what_deductions_leave(month: None) -> None:
    """S000-43: 1000.00 × 0.10 × (1 − 0.2) × (1 − 0.3) = 56.00; each factor is in the sheet."""
    make_event("it.interface_incomplete", month="2017-12")
    make_event("it.complaint", "3", month="2018-10")
    found = role("it")
    assert (found["coefficient"], found["annual"], found["monthly"]) == (
        "0.10",
        "0.200000",
        "0.300000",
    )
    assert (found["gross"], found["payable"], found["withheld"]) == ("100.00", "56.00", "44.00")
    make_event("it.complaint", "30", month="2018-10")
    assert role("it")["payable"] == "0.00"


def test_settlement_keeps_inputs_policy_and_steps_and_can_be_recomputed(month: None) -> None:
    """S000-33: the run keeps policy, digest, every day with its figures, and the document."""
    run = calculate_month(month=OCTOBER, by=None, now=NOW)
    assert run.policy == parse({}).document
    day = run.trace["campaigns"]["C1"]["days"][0]
    assert day["actual"]["margin"] == "5300.00"
    assert [each["margin"] for each in day["baseline_days"]] == ["300.00"] * 3
    assert run.document["pool"] == "1000.00"
    again = calculate_month(month=OCTOBER, by=None, now=NOW + timedelta(days=400))
    assert (again, again.digest, SettlementRun.objects.count()) == (run, run.digest, 1)


# Roles


def test_direct_management_is_exactly_four_roles_and_can_be_asked_by_date(db: None) -> None:
    """S000-21: 总策划, 总督导, 文案编辑, 美工; on 1 July 2018 another person is planner."""
    assert [str(each.label) for each in DIRECT_MANAGEMENT] == [
        "总策划",
        "总督导",
        "文案编辑",
        "美工",
    ]
    people = make_team(planner="liu", supervisor="li", copy="zhu", art="zhang")
    Tenure.objects.filter(user=people["planner"]).update(valid_to=date(2018, 6, 30))
    make_tenure(
        user=make_user(username="wang"), role=DIRECT_MANAGEMENT[0], valid_from=date(2018, 7, 1)
    )

    def members(day: date) -> list[str]:
        held = Tenure.objects.on(day).filter(role__in=DIRECT_MANAGEMENT)
        return sorted(User.objects.filter(tenures__in=held).values_list("username", flat=True))

    assert members(date(2018, 6, 30)) == ["li", "liu", "zhang", "zhu"]
    assert members(date(2018, 7, 1)) == ["li", "wang", "zhang", "zhu"]


# KPI


@pytest.mark.parametrize(
    ("rule", "when", "quantity", "payable"),
    [
        ("art.template_missing", "2017-12", "1", "80.00"),
        ("art.template_missing", "2017-12", "5", "0.00"),
        ("art.template_missing", "2018-10", "5", "100.00"),
        ("it.interface_incomplete", "2017-12", "1", "80.00"),
        ("it.interface_incomplete", "2018-10", "1", "100.00"),
        ("it.complaint", "2018-10", "1", "90.00"),
        ("it.complaint", "2018-10", "2", "80.00"),
        ("it.complaint", "2018-10", "11", "0.00"),
        ("ops.store_not_executed", "2018-10", "1", "90.00"),
        ("ops.store_not_executed", "2018-10", "3", "70.00"),
        ("ops.store_not_executed", "2018-10", "12", "0.00"),
        ("cs.late_reply_complaint", "2018-10", "1", "80.00"),
        ("cs.late_reply_complaint", "2018-10", "6", "0.00"),
        ("cs.no_feedback_summary", "2018-10", "1", "0.00"),
    ],
)
def test_kpi_deduction_leaves_what_the_plan_says(
    month: None, rule: str, when: str, quantity: str, payable: str
) -> None:
    """S000-68, 73, 76, 78, 82, 84: of a coefficient worth 100.00; never below zero."""
    make_event(rule, quantity, month=when)
    assert role(rule.split(".")[0])["payable"] == payable


# Reads


def test_attention_targets_are_3000_and_1000_and_attention_is_a_setting(month: None) -> None:
    """S000-86, S000-87: 3000 reads and 1000 reads are enough, one less is not."""
    article = make_article("A2", "campaign", published_on=date(2018, 10, 5), reads=3000, follows=0)
    welfare = make_article("A3", "welfare", published_on=date(2018, 10, 5), reads=1000, follows=0)

    def shortfalls() -> list[tuple[int, str]]:
        reads = compute_month(OCTOBER).document()["team"]["reads"]
        return [(each["target"], each["shortfall"]) for each in reads]

    assert shortfalls() == [(3000, "0.000000"), (1000, "0.000000")]
    Article.objects.filter(pk=article.pk).update(reads=2999)
    Article.objects.filter(pk=welfare.pk).update(reads=999)
    assert shortfalls() == [(3000, "0.000333"), (1000, "0.001000")]
    publish({"attention": "follows"})
    assert shortfalls() == [(3000, "1.000000"), (1000, "1.000000")]


def test_targets_grow_a_fifth_a_year(db: None) -> None:
    """S000-88: 3000, 3600, 4320 and 1000, 1200, 1440; rounded to the integer once (2022: 6221)."""
    targets = []
    for year in (2018, 2019, 2020, 2022):
        for category in ("campaign", "welfare"):
            make_article(f"{category}{year}", category, published_on=date(year, 5, 1), reads=1)
        reads = compute_month(Month(year, 5)).document()["team"]["reads"]
        targets.append(tuple(each["target"] for each in reads))
    assert targets == [(3000, 1000), (3600, 1200), (4320, 1440), (6221, 2074)]


def test_n_percent_under_the_target_takes_n_percent_from_each_department(month: None) -> None:
    """S000-89: 2400 of 3000 is 20% under: 150.00 → 120.00, 100.00 → 80.00, the reserve stays."""
    make_article("A2", "campaign", published_on=date(2018, 10, 5), reads=2400)
    document = compute_month(OCTOBER).document()
    assert document["team"]["reads"] == [
        {"category": "campaign", "target": 3000, "mean": "2400.00", "shortfall": "0.200000"}
    ]
    assert [each["payable"] for each in document["roles"]] == [
        *("120.00", "120.00", "80.00", "80.00", "80.00", "80.00", "80.00"),
        "200.00",
    ]


# Funds


def test_2000_are_credited_once_a_month(month: None) -> None:
    """S000-22: each month once, however often it is calculated."""
    for _ in range(2):
        calculate_month(month=OCTOBER, by=None, now=NOW)
    months = [each.document()["fund"] for each in compute_months(OCTOBER, Month(2018, 12))]
    assert [each["credited"] for each in months] == ["2000.00"] * 3
    assert [each["closing"] for each in months] == ["2000.00", "4000.00", "6000.00"]


def test_annual_fee_of_200_is_booked_once_a_year(month: None) -> None:
    """S000-23: in January."""
    months = [each.document()["fund"] for each in compute_months(Month(2018, 1), Month(2019, 1))]
    assert [each["annual_fee"] for each in months] == ["200.00", *["0.00"] * 11, "200.00"]
    assert months[0]["closing"] == "1800.00"


@pytest.mark.parametrize(
    ("kind", "fee"), [("employee", "100.00"), ("professional", "200.00"), ("customer", "200.00")]
)
def test_adopted_manuscript_earns_its_fee_once(month: None, kind: str, fee: str) -> None:
    """S000-25, S000-27: 100 an employee's, 200 a customer's (and a professional's)."""
    make_manuscript("M1", date(2018, 10, 9), kind)
    make_manuscript("M2", date(2018, 9, 30), kind)
    fund = compute_month(OCTOBER).document()["fund"]
    assert [(each["manuscript"], each["fee"]) for each in fund["fees"]] == [("M1", fee)]
    assert fund["closing"] == str(Decimal(2000) - Decimal(fee))


def test_campaigns_without_uplift_leave_the_pool_empty(month: None) -> None:
    """S000-30, S000-43: a negative month pays nothing, and nothing is carried forward."""
    StoreDay.objects.filter(date=date(2018, 10, 17)).update(amount_fen=0)
    document = compute_month(OCTOBER).document()
    assert (document["margin_uplift"], document["pool"]) == ("-300.00", "0.00")
    assert Campaign.objects.count() == 1
