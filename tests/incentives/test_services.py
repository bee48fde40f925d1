"""Months computed and kept; problems let pass (docs/rules.md §3, §9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Tenure, User
from campaigns.models import StoreDay
from haitang.kernel.clock import Month
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from incentives.calculation.funds import Balances, Owed
from incentives.calculation.services import (
    calculate_month,
    compute_month,
    compute_months,
    override_problem,
)
from incentives.models import KpiEvent, OpeningBalance, SettlementRun
from tests.factories.trade import (
    NOW,
    make_article,
    make_campaign,
    make_event,
    make_expense,
    make_manuscript,
    make_store,
    make_team,
    plain_calendar,
    publish,
    sell,
    sell_days,
)

pytestmark = pytest.mark.django_db
OCTOBER = Month(2026, 10)
ORDINARY = {"2026-10-20": "100", "2026-10-19": "100", "2026-10-16": "100"}


@pytest.fixture
def team() -> dict[str, User]:
    plain_calendar(2025, 2026)
    return make_team()


@pytest.fixture
def month(team: dict[str, User]) -> None:
    """Uplift 1000.00, pool 200.00, nothing deducted."""
    store = make_store()
    sell_days(store, {"2026-10-21": "1100", **ORDINARY})
    make_campaign(stores=[store])


def problems(of: Month = OCTOBER) -> list[dict[str, str]]:
    return list(compute_month(of).document()["problems"])


# What a month takes in


@pytest.mark.parametrize(
    ("fields", "counted", "told"),
    [
        ({}, ["C1"], []),
        ({"status": "running"}, [], ["campaign_open"]),
        ({"status": "planned"}, [], ["campaign_open"]),
        ({"status": "cancelled"}, [], []),
        ({"end": date(2026, 11, 2)}, [], []),
        ({"start": date(2026, 9, 30), "end": date(2026, 10, 1)}, ["C1"], None),
        ({"article": None}, ["C1"], ["no_article"]),
    ],
)
def test_campaign_is_settled_in_the_month_of_its_last_day_once_completed(
    team: dict[str, User], fields: dict[str, Any], counted: list[str], told: list[str] | None
) -> None:
    store = make_store()
    sell_days(store, {"2026-10-21": "1100", **ORDINARY})
    make_campaign(stores=[store], **fields)
    document = compute_month(OCTOBER).document()
    assert [each["code"] for each in document["campaigns"]] == counted
    if told is not None:
        assert [each["code"] for each in document["problems"]] == told


def test_only_confirmed_events_count(month: None) -> None:
    make_event("planner.assessment", "10", state=KpiEvent.State.PROPOSED)
    make_event("planner.assessment", "20", state=KpiEvent.State.WAIVED)
    make_event("planner.assessment", "30")
    planner = compute_month(OCTOBER).document()["roles"][0]
    assert planner["deductions"] == [
        {"rule": "planner.assessment", "quantity": "30", "rate": "0.01"}
    ]
    assert planner["payable"] == "21.00"


def test_articles_of_the_month_are_assessed_and_those_without_figure_told(month: None) -> None:
    """Target 12899; 12899 reads in October suffice; the September article is another month's."""
    make_article("A2", "campaign", reads=12899)
    make_article("A3", "campaign", reads=None)
    make_article("A4", "welfare", reads=0, published_on=date(2026, 9, 30))
    document = compute_month(OCTOBER).document()
    assert [each["category"] for each in document["team"]["reads"]] == ["campaign"]
    assert document["team"]["shortfall"] == "0.000000"
    assert document["problems"] == [
        {"code": "reads_missing", "campaign": "", "store": "", "article": "A3"}
    ]


def test_role_without_holder_is_a_problem_of_the_role(month: None) -> None:
    Tenure.objects.filter(role="art").update(valid_to=date(2026, 10, 30))
    document = compute_month(OCTOBER).document()
    assert document["problems"] == [
        {"code": "no_holder", "campaign": "", "store": "", "role": "art"}
    ]
    art = document["roles"][3]
    assert (art["gross"], art["payable"], art["withheld"]) == ("20.00", "0.00", "20.00")


def test_fees_are_paid_by_adoption_date_then_code_as_bytes_stand(team: dict[str, User]) -> None:
    make_manuscript("m1", date(2026, 10, 9))
    make_manuscript("M10", date(2026, 10, 9), "customer")
    make_manuscript("M-2", date(2026, 10, 9), "professional")
    make_manuscript("Z", date(2026, 10, 1))
    make_manuscript("Q", date(2026, 11, 1))
    fees = compute_month(OCTOBER).document()["fund"]["fees"]
    assert [(fee["manuscript"], fee["fee"]) for fee in fees] == [
        ("Z", "100.00"),
        ("M-2", "200.00"),
        ("M10", "200.00"),
        ("m1", "100.00"),
    ]


def test_expenses_of_one_day_are_taken_as_entered(team: dict[str, User]) -> None:
    OpeningBalance.objects.create(month="2026-10", maintenance=0, reserve=100, recorded_at=NOW)
    make_expense(date(2026, 10, 9), "70")
    make_expense(date(2026, 10, 9), "60", "paid_service")
    make_expense(date(2026, 10, 2), "30")
    make_expense(date(2026, 9, 2), "1")
    expenses = compute_month(OCTOBER).document()["reserve"]["expenses"]
    assert expenses == [
        {"date": "2026-10-02", "kind": "team", "amount": "30.00", "paid": True},
        {"date": "2026-10-09", "kind": "team", "amount": "70.00", "paid": True},
        {"date": "2026-10-09", "kind": "paid_service", "amount": "60.00", "paid": False},
    ]


# Months in a row


def test_each_month_opens_with_what_the_one_before_closed_with(month: None) -> None:
    """October: fund 2000 − 100, reserve +40. November: 1900 + 2000. January: − 200."""
    make_manuscript("M1", date(2026, 10, 9))
    months = [each.document() for each in compute_months(OCTOBER, Month(2027, 1))]
    assert [(each["fund"]["opening"], each["fund"]["closing"]) for each in months] == [
        ("0.00", "1900.00"),
        ("1900.00", "3900.00"),
        ("3900.00", "5900.00"),
        ("5900.00", "7700.00"),
    ]
    assert [each["reserve"]["opening"] for each in months] == ["0.00", "40.00", "40.00", "40.00"]
    assert months[3]["fund"]["annual_fee"] == "200.00"


def test_fees_owed_are_carried_into_the_next_month(team: dict[str, User]) -> None:
    """21 fees of 100 meet 2000: the last waits, stands first in November and is paid."""
    for number in range(21):
        make_manuscript(f"M{number:02}", date(2026, 10, 9))
    make_manuscript("A", date(2026, 11, 1))
    october, november = (each.document() for each in compute_months(OCTOBER, Month(2026, 11)))
    assert october["fund"]["fees"][-1]["outstanding"] == "100.00"
    assert [fee["manuscript"] for fee in november["fund"]["fees"]] == ["M20", "A"]
    assert november["fund"]["closing"] == "1800.00"


def test_opening_file_holds_in_its_month_and_what_is_owed_goes_on(team: dict[str, User]) -> None:
    OpeningBalance.objects.create(
        month="2026-11", maintenance=Decimal("12.30"), reserve=Decimal("45.60"), recorded_at=NOW
    )
    for number in range(21):
        make_manuscript(f"M{number:02}", date(2026, 10, 9))
    october, november = (each.document() for each in compute_months(OCTOBER, Month(2026, 11)))
    assert october["fund"]["opening"] == "0.00"
    assert (november["fund"]["opening"], november["reserve"]["opening"]) == ("12.30", "45.60")
    assert [fee["manuscript"] for fee in november["fund"]["fees"]] == ["M20"]


def test_first_month_computed_opens_with_an_earlier_opening_file(team: dict[str, User]) -> None:
    OpeningBalance.objects.create(month="2026-08", maintenance=7, reserve=9, recorded_at=NOW)
    document = compute_month(OCTOBER).document()
    assert (document["fund"]["opening"], document["reserve"]["opening"]) == ("7.00", "9.00")
    given = compute_month(OCTOBER, opening=Balances(1, 2, (Owed("M0", "employee", 3),)))
    assert given.settlement.funds.opening == Balances(1, 2, (Owed("M0", "employee", 3),))


def test_each_month_is_computed_under_its_own_policy(month: None) -> None:
    publish(code="richer", valid_from="2026-11-01", fund={"monthly": "3000"})
    october, november = (each.document() for each in compute_months(OCTOBER, Month(2026, 11)))
    assert [each["policy"] for each in (october, november)] == ["default", "richer"]
    assert november["fund"]["credited"] == "3000.00"


# Runs


def test_run_is_a_snapshot_and_calculating_again_keeps_it(
    month: None, general_manager: User
) -> None:
    run = calculate_month(month=OCTOBER, by=general_manager, now=NOW)
    assert (run.number, run.pool, run.margin_uplift) == (1, Decimal("200.00"), Decimal("1000.00"))
    assert (run.open_problems, run.policy_code, run.calculated_by) == (
        0,
        "default",
        general_manager,
    )
    assert run.document == compute_month(OCTOBER).document()
    assert run.policy["pool_rate"] == "0.20"
    again = calculate_month(month=OCTOBER, by=None, now=NOW + timedelta(days=1))
    assert again == run
    assert SettlementRun.objects.count() == 1


def test_changed_inputs_make_a_new_run_and_leave_the_old_one_as_it_was(month: None) -> None:
    first = calculate_month(month=OCTOBER, by=None, now=NOW)
    before = first.document
    StoreDay.objects.filter(date=date(2026, 10, 20)).delete()
    store = first_store()
    sell(store, "2026-10-20", "400")
    second = calculate_month(month=OCTOBER, by=None, now=NOW)
    assert (second.number, second.pool) == (2, Decimal("180.00"))
    first.refresh_from_db()
    assert first.document == before


@pytest.mark.parametrize(
    "change",
    [
        lambda: make_event("copy.fewer_than_two"),
        lambda: make_article("A2", "welfare", reads=99_999),
        lambda: make_manuscript("M1", date(2026, 10, 9)),
        lambda: make_expense(date(2026, 10, 9), "1"),
        lambda: publish(code="other"),
        lambda: Tenure.objects.filter(role="cs").update(share="1/2"),
        lambda: OpeningBalance.objects.create(
            month="2026-10", maintenance=0, reserve=1, recorded_at=NOW
        ),
    ],
)
def test_every_input_is_in_the_digest(month: None, change: Callable[[], object]) -> None:
    first = calculate_month(month=OCTOBER, by=None, now=NOW)
    change()
    assert calculate_month(month=OCTOBER, by=None, now=NOW).digest != first.digest


def test_trace_keeps_every_day_used_and_skipped(month: None) -> None:
    trace = calculate_month(month=OCTOBER, by=None, now=NOW).trace
    day = trace["campaigns"]["C1"]["days"][0]
    assert [each["date"] for each in day["baseline_days"]] == sorted(ORDINARY, reverse=True)
    assert len(day["skipped_days"]) == 2


def first_store() -> Any:
    return StoreDay.objects.select_related("store").first().store  # type: ignore[union-attr]


# Problems let pass


@pytest.fixture
def blocked(month: None) -> None:
    """One baseline day is missing and nobody is art."""
    StoreDay.objects.filter(date=date(2026, 10, 16)).delete()
    Tenure.objects.filter(role="art").delete()


def test_manager_lets_a_problem_pass_with_a_reason(
    blocked: None, vice_general_manager: User
) -> None:
    assert [each["code"] for each in problems()] == ["insufficient_baseline", "no_holder"]
    before = compute_month(OCTOBER).document()
    override_problem(
        month=OCTOBER,
        code="insufficient_baseline",
        campaign="C1",
        store="S01",
        reason="新店，只有两天",
        by=vice_general_manager,
        now=NOW,
    )
    override_problem(
        month=OCTOBER,
        code="no_holder",
        subject="art",
        reason="空缺",
        by=vice_general_manager,
        now=NOW,
    )
    after = compute_month(OCTOBER)
    assert after.document()["problems"] == []
    assert {**after.document(), "problems": before["problems"]} == before
    assert len(after.trace()["overridden"]) == 2


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"reason": "  "}, Invalid, "写明放行的理由"),
        ({"store": "S02"}, Conflict, "没有这个待处理的问题"),
        ({"month": Month(2026, 9)}, Conflict, "没有这个待处理的问题"),
    ],
)
def test_override_is_refused_without_reason_or_problem(
    blocked: None,
    general_manager: User,
    fields: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    wanted: dict[str, Any] = {
        "month": OCTOBER,
        "code": "insufficient_baseline",
        "campaign": "C1",
        "store": "S01",
        "reason": "新店",
    }
    with pytest.raises(error, match=words):
        override_problem(**{**wanted, **fields}, by=general_manager, now=NOW)


def test_only_the_general_managers_may_override(blocked: None, finance: User) -> None:
    with pytest.raises(NotAllowed, match="只有总经理或副总经理"):
        override_problem(
            month=OCTOBER, code="no_holder", subject="art", reason="空缺", by=finance, now=NOW
        )


# Queries


@pytest.mark.parametrize("campaigns", [1, 3])
def test_queries_of_a_month_do_not_grow_with_its_campaigns(
    team: dict[str, User], campaigns: int, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for number in range(campaigns):
        store = make_store(f"S0{number}")
        make_campaign(f"C{number}", stores=[store], focus_items=["I1"])
        sell_days(store, {"2026-10-21": "1100", **ORDINARY})
    with django_assert_num_queries(27):
        calculation = compute_month(OCTOBER)
    assert calculation.settlement.pool == 20_000 * campaigns
