"""October 2026 of a chain of three stores, from its CSV files to the last fen, worked by hand.

Every sale is one piece on one receipt, sold at twice its margin, so a day's amount is twice its
margin and its customers and units are 1.

**C1**, small weekend campaign at S01 on Saturday 17 October. The Saturday before was a make-up
workday, the one before that a holiday; so 26, 19 and 12 September: (300 + 330 + 345) / 3 = 325.
1000 − 325 = 675.00.

**C2**, medium member-day campaign at S02 and S03 on Sunday 18 October. S02: September 100, August
110, July closed, June 126 → 112; 400 − 112 = 288. S03: (50 + 51 + 51) / 3 = 50.666…; 30 − 50.666…
= −20.666…. Together 267.333… → 267.33.

**C3**, the whole chain on 21 and 22 October against the same dates of 2025. S01: 500 + 450 − 200 −
210 = 540. S02: the 21st 300 − 100 = 200; on the 22nd of 2025 it was closed, so its 999 of this
year do not count. S03 opened in March 2026 and is not comparable. 740.00.

Uplift 675.00 + 267.33 + 740.00 = 1682.33; pool 336.466 → **336.47**.

Gross: 50.4705 twice, 33.647 five times, 67.294; floors 50.47, 50.47, 33.64 × 5, 67.29 = 336.43;
the four fen left go to the remainders .7, in order: copy, art, it and ops 33.65, cs 33.64.

Reads: target 2026 = 3000 × 1.2⁸ = 12899; mean 12500; shortfall 399 ÷ 12899 = 0.030933, so k =
12500 ÷ 12899 = 0.96906737. Welfare 4300 of 1000 × 1.2⁸ = 4300: none.

- planner 5047 × 0.95 × k = 4646.34 → 46.46 (5 percentage points)
- supervisor 5047 × k = 4890.88 → 48.91; ⅔ and ⅓: 3260.67 and 1630.33 → 32.61 and 16.30
- copy 3365 × k = 3260.91 → 32.61
- art 3365 × 0.6 × k = 1956.55 → 19.57 (two templates missing in 2025)
- it 3365 × 0.8 × 0.8 × k = 2086.98 → 20.87 (interfaces of 2025; two complaints)
- ops 3365 × 0.9 × k = 2934.82 → 29.35 (one store)
- cs 3364 × 0.765 × k = 2493.86 → 24.94 (one complaint 0.2, 3.5 points of files 0.035)
- reserve 67.29

Payable 290.00, withheld 46.47, together 336.47.

Funds (300 a month in this policy): 35.50 + 300 = 335.50. M3 of the 2nd 200, M1 of the 9th 100, so
35.50 are left for M2's 200. The reserve's 120.00: 80 paid, 50 refused, 25 paid, 15 left for M2;
149.50 stay owed. November pays them first: 300 − 149.50 = 150.50.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from haitang.datapack.services import load_pack
from tests.factories.packs import write_pack
from tests.factories.trade import NOW

pytestmark = pytest.mark.django_db(transaction=True)

SALES = {
    "S01": {
        "2026-10-17": 1000,
        "2026-10-10": 7000,
        "2026-10-03": 8000,
        "2026-09-26": 300,
        "2026-09-19": 330,
        "2026-09-12": 345,
        "2026-09-05": 9000,
        "2026-10-21": 500,
        "2026-10-22": 450,
        "2025-10-21": 200,
        "2025-10-22": 210,
    },
    "S02": {
        "2026-10-18": 400,
        "2026-09-18": 100,
        "2026-08-18": 110,
        "2026-06-18": 126,
        "2026-10-21": 300,
        "2026-10-22": 999,
        "2025-10-21": 100,
    },
    "S03": {
        "2026-10-18": 30,
        "2026-09-18": 50,
        "2026-08-18": 51,
        "2026-07-18": 51,
        "2026-10-21": 60,
        "2026-10-22": 60,
    },
}


@pytest.fixture(params=[False, True], ids=["as written", "last row first"])
def months(tmp_path: Path, request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """October and November 2026 as ``settle --json`` prints them, in either order of rows."""
    holidays = "\n".join(f"2026-10-0{day},holiday" for day in range(1, 8))
    pack = write_pack(
        tmp_path / "golden",
        last_row_first=request.param,
        policy='{"code": "golden", "fund": {"monthly": "300"}}',
        stores="""
            S01,解放路店,2015-01-01,
            S02,人民路店,2016-06-01,
            S03,新城店,2026-03-01,
        """,
        calendar=holidays + "\n2026-10-10,makeup_workday\n2025-10-01,holiday",
        staff="""
            liu,刘,planner,2018-01-01,,1
            li,李,supervisor,2018-01-01,,2/3
            wang,王,supervisor,2018-01-01,,1/3
            zhu,朱,copy,2018-01-01,,1
            zhang,张,art,2018-01-01,,1
            chen,陈,it,2018-01-01,2026-10-30,1
            zhao,赵,it,2026-10-31,,1
            sun,孙,ops,2018-01-01,,1
            song,宋,cs,2018-01-01,,1
        """,
        articles="""
            A1,活动一,campaign,2026-10-01,12000
            A2,活动二,campaign,2026-10-31,13000
            A3,健康讲座,welfare,2026-10-12,4300
        """,
        campaigns="""
            C1,周末,small,weekend,2026-10-17,2026-10-17,S01,I1,completed,A1
            C2,会员日,medium,member_day,2026-10-18,2026-10-18,S02;S03,,completed,A2
            C3,周年庆,large,manufacturer,2026-10-21,2026-10-22,*,,completed,A2
        """,
        sales="\n".join(
            f"{store},{day},R{store}{day},I1,1,{2 * margin},{margin},"
            for store, days in SALES.items()
            for day, margin in days.items()
        ),
        kpi_events="""
            2026-10,planner.assessment,5,执行不力
            2025-12,art.template_missing,2,
            2025-12,it.interface_incomplete,1,
            2026-10,it.complaint,1,打印机
            2026-10,it.complaint,1,打印机
            2026-10,ops.store_not_executed,1,S03
            2026-10,cs.late_reply_complaint,1,
            2026-10,cs.archive_incomplete,3.5,
        """,
        manuscripts="""
            M1,employee,一,2026-10-09
            M2,professional,二,2026-10-20
            M3,customer,三,2026-10-02
            M4,customer,未录用,
        """,
        reserve_expenses="""
            2026-10-09,team,80,
            2026-10-12,paid_service,50,
            2026-10-15,team,25,
        """,
        fund="2026-10-01,35.50,120.00",
    )
    assert load_pack(path=pack, now=NOW).rejected == []
    out = io.StringIO()
    call_command("settle", "2026-10", "--json", "--until", "2026-11", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def metrics(customers: str, units: str, amount: str, margin: str, items: str) -> dict[str, str]:
    values = (customers, units, amount, margin, items)
    return dict(zip(("customers", "units", "amount", "margin", "item_units"), values, strict=True))


def store(
    code: str, margins: tuple[str, str, str], days: list[str], skipped: dict[str, str]
) -> dict[str, Any]:
    actual, baseline, uplift = margins
    return {
        "store": code,
        "margin_actual": actual,
        "margin_baseline": baseline,
        "margin_uplift": uplift,
        "baseline_days": days,
        "skipped_days": [{"date": day, "reason": reason} for day, reason in skipped.items()],
    }


CAMPAIGNS = [
    {
        "code": "C1",
        "scale": "small",
        "kind": "weekend",
        "comparator": "weekend_average",
        "actual": metrics("1.00", "1.00", "2000.00", "1000.00", "1.00"),
        "baseline": metrics("1.00", "1.00", "650.00", "325.00", "1.00"),
        "uplift": metrics("0.00", "0.00", "1350.00", "675.00", "0.00"),
        "stores": [
            store(
                "S01",
                ("1000.00", "325.00", "675.00"),
                ["2026-09-26", "2026-09-19", "2026-09-12"],
                {"2026-10-10": "makeup_workday", "2026-10-03": "holiday"},
            )
        ],
        "left_out": [],
    },
    {
        "code": "C2",
        "scale": "medium",
        "kind": "member_day",
        "comparator": "member_day_average",
        "actual": metrics("2.00", "2.00", "860.00", "430.00", "0.00"),
        "baseline": metrics("2.00", "2.00", "325.33", "162.67", "0.00"),
        "uplift": metrics("0.00", "0.00", "534.67", "267.33", "0.00"),
        "stores": [
            store(
                "S02",
                ("400.00", "112.00", "288.00"),
                ["2026-09-18", "2026-08-18", "2026-06-18"],
                {"2026-07-18": "no_sales"},
            ),
            store(
                "S03",
                ("30.00", "50.67", "-20.67"),
                ["2026-09-18", "2026-08-18", "2026-07-18"],
                {},
            ),
        ],
        "left_out": [],
    },
    {
        "code": "C3",
        "scale": "large",
        "kind": "manufacturer",
        "comparator": "year_on_year",
        "actual": metrics("3.00", "3.00", "2500.00", "1250.00", "0.00"),
        "baseline": metrics("3.00", "3.00", "1020.00", "510.00", "0.00"),
        "uplift": metrics("0.00", "0.00", "1480.00", "740.00", "0.00"),
        "stores": [
            store("S01", ("950.00", "410.00", "540.00"), ["2025-10-21", "2025-10-22"], {}),
            store(
                "S02", ("300.00", "100.00", "200.00"), ["2025-10-21"], {"2025-10-22": "no_sales"}
            ),
        ],
        "left_out": [{"store": "S03", "reason": "not_comparable"}],
    },
]


def role(
    code: str,
    coefficient: str,
    amounts: tuple[str, str, str],
    payees: dict[str, str],
    *,
    annual: str = "0.000000",
    monthly: str = "0.000000",
    deductions: tuple[tuple[str, str, str], ...] = (),
) -> dict[str, Any]:
    gross, payable, withheld = amounts
    return {
        "role": code,
        "coefficient": coefficient,
        "gross": gross,
        "annual": annual,
        "monthly": monthly,
        "deductions": [
            {"rule": rule, "quantity": quantity, "rate": rate}
            for rule, quantity, rate in deductions
        ],
        "payable": payable,
        "withheld": withheld,
        "payees": [{"username": name, "amount": amount} for name, amount in payees.items()],
    }


ROLES = [
    role(
        "planner",
        "0.15",
        ("50.47", "46.46", "4.01"),
        {"liu": "46.46"},
        monthly="0.050000",
        deductions=(("planner.assessment", "5", "0.01"),),
    ),
    role("supervisor", "0.15", ("50.47", "48.91", "1.56"), {"li": "32.61", "wang": "16.30"}),
    role("copy", "0.10", ("33.65", "32.61", "1.04"), {"zhu": "32.61"}),
    role(
        "art",
        "0.10",
        ("33.65", "19.57", "14.08"),
        {"zhang": "19.57"},
        annual="0.400000",
        deductions=(("art.template_missing", "2", "0.2"),),
    ),
    role(
        "it",
        "0.10",
        ("33.65", "20.87", "12.78"),
        {"zhao": "20.87"},
        annual="0.200000",
        monthly="0.200000",
        deductions=(("it.complaint", "2", "0.1"), ("it.interface_incomplete", "1", "0.2")),
    ),
    role(
        "ops",
        "0.10",
        ("33.65", "29.35", "4.30"),
        {"sun": "29.35"},
        monthly="0.100000",
        deductions=(("ops.store_not_executed", "1", "0.1"),),
    ),
    role(
        "cs",
        "0.10",
        ("33.64", "24.94", "8.70"),
        {"song": "24.94"},
        monthly="0.235000",
        deductions=(
            ("cs.archive_incomplete", "3.5", "0.01"),
            ("cs.late_reply_complaint", "1", "0.2"),
        ),
    ),
    role("reserve", "0.20", ("67.29", "67.29", "0.00"), {}),
]


def fee(
    manuscript: str, kind: str, owed: str, fund: str, reserve: str, outstanding: str
) -> dict[str, str]:
    return {
        "manuscript": manuscript,
        "kind": kind,
        "fee": owed,
        "from_fund": fund,
        "from_reserve": reserve,
        "outstanding": outstanding,
    }


def test_october_2026_is_the_document_worked_by_hand(months: list[dict[str, Any]]) -> None:
    october = months[0]
    assert october.pop("campaigns") == CAMPAIGNS
    assert october.pop("roles") == ROLES
    assert october.pop("problems") == []
    assert october == {
        "month": "2026-10",
        "policy": "golden",
        "margin_uplift": "1682.33",
        "pool": "336.47",
        "team": {
            "shortfall": "0.030933",
            "reads": [
                {
                    "category": "campaign",
                    "target": 12899,
                    "mean": "12500.00",
                    "shortfall": "0.030933",
                },
                {
                    "category": "welfare",
                    "target": 4300,
                    "mean": "4300.00",
                    "shortfall": "0.000000",
                },
            ],
        },
        "fund": {
            "opening": "35.50",
            "credited": "300.00",
            "annual_fee": "0.00",
            "fees": [
                fee("M3", "customer", "200.00", "200.00", "0.00", "0.00"),
                fee("M1", "employee", "100.00", "100.00", "0.00", "0.00"),
                fee("M2", "professional", "200.00", "35.50", "15.00", "149.50"),
            ],
            "closing": "0.00",
        },
        "reserve": {
            "opening": "120.00",
            "credited": "67.29",
            "expenses": [
                {"date": "2026-10-09", "kind": "team", "amount": "80.00", "paid": True},
                {"date": "2026-10-12", "kind": "paid_service", "amount": "50.00", "paid": False},
                {"date": "2026-10-15", "kind": "team", "amount": "25.00", "paid": True},
            ],
            "spent": "120.00",
            "closing": "67.29",
        },
    }


def test_november_opens_with_octobers_closing_and_pays_what_was_owed(
    months: list[dict[str, Any]],
) -> None:
    november = months[1]
    assert (november["margin_uplift"], november["pool"]) == ("0.00", "0.00")
    assert november["fund"] == {
        "opening": "0.00",
        "credited": "300.00",
        "annual_fee": "0.00",
        "fees": [fee("M2", "professional", "149.50", "149.50", "0.00", "0.00")],
        "closing": "150.50",
    }
    assert (november["reserve"]["opening"], november["reserve"]["closing"]) == ("67.29", "67.29")
    # What failed by 31 December 2025 still stands against it all year; the month's events do not.
    it = november["roles"][4]
    assert (it["annual"], it["monthly"]) == ("0.200000", "0.000000")
