"""The payout report: every figure of the run, who signed, and what is not approved says so."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.errors import NotThere
from haitang.kernel.models import AuditEntry
from incentives.models import Settlement, SettlementStep
from incentives.reports.book import book
from incentives.reports.report import DRAFT, Approval, Report, Signature, report
from incentives.reports.selectors import report_of
from tests.factories.payments import OCTOBER, make_approved, make_document, make_people, make_run

PAYOUTS = [
    {"username": "liu", "name": "刘洋", "earned": 600_714, "adjusted": -10_000, "carried_in": 500,
     "payable": 590_214, "carried_out": 0},
    {"username": "wang", "name": "=王芳", "earned": 100, "adjusted": -300, "carried_in": 0,
     "payable": 0, "carried_out": 200},
    {"username": "reserve", "name": "团队公费", "earned": 7, "adjusted": 0, "carried_in": 0,
     "payable": 7, "carried_out": 0},
]  # fmt: skip
ADJUSTMENT = {
    "origin": "2026-08", "reason": "退货迟到", "role": "planner", "username": "liu",
    "before": "500.00", "after": "400.00", "delta": "-100.00",
}  # fmt: skip
APPROVED = Approval("JS-2026-10-1", "ab" * 32, 41)


def make_report(approval: Approval | None = APPROVED, **changes: Any) -> Report:
    document = {**make_document(OCTOBER, {"liu": 600_714, "wang": 100}, {"M1": 10_000}), **changes}
    return report(
        document=document,
        policy={"pool_rate": "0.2"},
        payouts=PAYOUTS,
        run_number=3,
        approval=approval,
        signatures=[Signature("制表", "赵督导", date(2026, 11, 2)), Signature("批准")],
        people={"liu": "刘洋", "wang": "=王芳"},
        titles={},
    )


def rows(made: Report, name: str) -> tuple[tuple[Any, ...], ...]:
    return next(table.rows for table in made.tables if table.name == name)


def test_persons_without_the_reserve_add_up() -> None:
    liu, _, total = rows(make_report(), "个人应付")
    assert liu[2:] == tuple(map(Decimal, ("6007.14", "-100.00", "5.00", "5902.14", "0.00")))
    assert total[2:] == tuple(map(Decimal, ("6008.14", "-103.00", "5.00", "5902.14", "2.00")))


def test_totals_stand_in_figures_and_characters() -> None:
    assert make_report().capitals == (
        ("提成池合计", "¥6,008.14", "人民币陆仟零捌元壹角肆分"),
        ("个人应付合计", "¥5,902.14", "人民币伍仟玖佰零贰元壹角肆分"),
    )


def test_funds_end_as_the_document_says() -> None:
    found = {(fund, what): amount for fund, what, amount in rows(make_report(), "资金")}
    assert found["日常维持资金", "支付稿酬"] == Decimal("-100.00")
    assert found["日常维持资金", "期末"] == Decimal("1900.00")
    assert str(found["日常维持资金", "公众号年费"]) == "0.00"


def test_adjustments_name_both_figures_and_the_reason() -> None:
    made = rows(make_report(adjustments=[ADJUSTMENT]), "往月调整")
    assert made == (
        ("2026-08", "总策划", "刘洋", Decimal("500.00"), Decimal("400.00"), Decimal("-100.00"),
         "退货迟到"),
    )  # fmt: skip


def test_draft_says_so_and_has_no_number() -> None:
    made = make_report(None)
    assert (made.mark, made.number) == (DRAFT, DRAFT)
    assert make_report().mark == ""


def test_workbook_has_real_numbers_frozen_heads_and_prints_on_a4() -> None:
    made = load_workbook(io.BytesIO(book(make_report(adjustments=[ADJUSTMENT]))))
    assert made.sheetnames == [
        "提成池与分配", "活动毛利增加值", "扣减", "个人应付", "资金", "稿酬", "往月调整",
    ]  # fmt: skip
    persons = made["个人应付"]
    assert (persons["A3"].value, persons["F3"].value) == ("刘洋", 5902.14)
    assert (persons["A4"].value, persons["A4"].data_type) == ("=王芳", "s")
    assert persons["F3"].number_format.startswith("#,##0.00")
    for sheet in made:
        assert sheet.freeze_panes == "A3"
        assert sheet.print_title_rows == "$1:$2"
        setup = sheet.page_setup
        printed = (setup.orientation, str(setup.paperSize), setup.fitToHeight)
        assert printed == ("landscape", "9", 0)
        assert sheet.oddFooter is not None
        assert sheet.oddFooter.center.text == "第 &P 页，共 &N 页"
        assert sheet.oddFooter.left.text == "单据编号 JS-2026-10-1"
    split = [str(cell.value) for row in made["提成池与分配"] for cell in row if cell.value]
    assert any("ab" * 32 in text for text in split)
    assert {"制表：赵督导", "日期：2026-11-02"} <= set(split)


def test_workbook_of_a_draft_is_marked_on_every_sheet() -> None:
    made = load_workbook(io.BytesIO(book(make_report(None))))
    assert all(str(sheet["A1"].value).startswith("【未批准 草稿】") for sheet in made)


# Out of the database


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return make_people()


@pytest.fixture
def month(people: dict[str, User], now: datetime) -> Settlement:
    return make_approved(people, now=now)


def step(
    month: Settlement, before: str, after: str, by: User, now: datetime, *, of: User | None = None
) -> None:
    SettlementStep.objects.create(
        settlement=month, before=before, after=after, at=now, by=by, on_behalf_of=of
    )


def test_approved_month_is_signed_by_its_steps(
    people: dict[str, User], month: Settlement, now: datetime
) -> None:
    step(month, "approved", "paid", people["wang"], now, of=people["finance"])
    made = report_of(OCTOBER)
    day = date(2026, 11, 3)
    assert [(each.label, each.name, each.day) for each in made.signatures] == [
        ("制表", "系统", day),
        ("审核", "赵督导", day),
        ("财务复核", "王芳（代钱会计）", day),
        ("批准", "陈总", day),
    ]
    assert made.number == "JS-2026-10-1"


def test_step_back_takes_the_signatures_after_it(
    people: dict[str, User], month: Settlement, now: datetime
) -> None:
    step(month, "approved", "calculated", people["gm"], now)
    Settlement.objects.update(state="calculated")
    made = report_of(OCTOBER)
    assert [each.name for each in made.signatures] == ["系统", "", "", ""]
    assert made.mark == DRAFT


def test_approved_month_shows_its_frozen_run_not_a_later_one(
    month: Settlement, now: datetime
) -> None:
    make_run(now=now, number=2, document=make_document(OCTOBER, {"liu": 1}, {}))
    assert report_of(OCTOBER).pool_fen == 768_746


def test_month_never_calculated_has_no_report(people: dict[str, User]) -> None:
    with pytest.raises(NotThere, match="2026年9月还没有计算过"):
        report_of(Month(2026, 9))


@pytest.mark.parametrize("payees", [1, 2])
def test_page_asks_the_same_number_of_queries(
    people: dict[str, User],
    now: datetime,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    payees: int,
) -> None:
    payable = dict([("liu", 600_714), ("wang", 168_032)][:payees])
    make_approved(people, now=now, payable=payable)
    client.force_login(people["gm"])
    client.get("/months/2026-10/report/")
    with django_assert_num_queries(7):
        page = client.get("/months/2026-10/report/").content.decode()
    assert ("a" * 64 in page, "未批准" in page) == (True, False)


def test_taking_the_workbook_is_recorded(
    people: dict[str, User], month: Settlement, client: Client
) -> None:
    client.force_login(people["finance"])
    answer = client.get("/months/2026-10/report.xlsx")
    assert answer.content.startswith(b"PK")
    assert AuditEntry.objects.get(act="download").object_name == "2026-10 提成发放表.xlsx"


@pytest.mark.parametrize("who", ["liu", "wang"])
def test_colleague_does_not_see_what_others_get(
    people: dict[str, User], month: Settlement, client: Client, who: str
) -> None:
    client.force_login(people[who])
    for address in ("report/", "report.xlsx", "payments/", "payments.csv"):
        assert client.get(f"/months/2026-10/{address}").status_code == 403
