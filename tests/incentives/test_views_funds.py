"""The pages of both funds, the expenses and the article fees: what they show and to whom."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.roles import Role
from haitang.kernel.clock import Month
from haitang.kernel.models import AuditEntry
from incentives.funds.fees import take_up_fees
from incentives.ledger.chart import account
from incentives.ledger.posting import credit, debit, post
from incentives.models import (
    ArticleFee,
    Journal,
    OpeningBalance,
    Payment,
    ReserveExpense,
    Settlement,
    SettlementRun,
)
from tests.factories.payments import make_expense
from tests.factories.people import make_holder
from tests.factories.trade import make_manuscript

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"photo"
OCTOBER = Month(2026, 10)
FORM = {
    "amount": "120.5",
    "kind": "team",
    "date": "2026-11-02",
    "payee": "海棠图文",
    "note": "打印海报",
    "key": "k1",
}


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Views read the clock of the tests: 3 November 2026."""
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)


@pytest.fixture
def money(now: datetime) -> None:
    """The reserve opens November 2026 with 1,000.00."""
    OpeningBalance.objects.create(month="2026-11", maintenance=0, reserve=1000, recorded_at=now)


def photo(content: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile("发票.png", content, content_type="image/png")


def make_run(month: str, now: datetime, **fund: Any) -> SettlementRun:
    """October as calculated: 2,000.00 in, M1 paid by the fund, half of M2 by the reserve."""
    fees = [
        {"manuscript": "M1", "kind": "employee", "fee": "100.00", "from_fund": "100.00",
         "from_reserve": "0.00", "outstanding": "0.00"},
        {"manuscript": "M2", "kind": "customer", "fee": "200.00", "from_fund": "0.00",
         "from_reserve": "50.00", "outstanding": "150.00"},
    ]  # fmt: skip
    return SettlementRun.objects.create(
        month=month,
        number=1,
        policy_code="x",
        policy={},
        digest=month,
        pool=0,
        margin_uplift=0,
        document={
            "fund": {
                "opening": "500.00",
                "credited": "2000.00",
                "annual_fee": "0.00",
                "fees": fees,
                "closing": "2400.00",
            },
            "reserve": {
                "opening": "300.00",
                "credited": "58.00",
                "expenses": [
                    {"date": "2026-10-20", "kind": "team", "amount": "30.00", "paid": True},
                    {"date": "2026-10-21", "kind": "team", "amount": "900.00", "paid": False},
                ],
                "spent": "80.00",
                "closing": "278.00",
            },
            "problems": [],
            "roles": [],
        },
        trace={},
        calculated_at=now,
    )


@pytest.fixture
def october(now: datetime) -> Settlement:
    """October is approved, with two fees; the ledger holds 2,400.00 and 278.00."""
    make_manuscript("M1", date(2026, 10, 5))
    make_manuscript("M2", date(2026, 10, 6), "customer")
    run = make_run("2026-10", now)
    settlement = Settlement.objects.create(month="2026-10", state="approved", approvals=1, run=run)
    take_up_fees(now=now)
    with transaction.atomic():
        post(
            kind=Journal.Kind.OPENING,
            key="o",
            month=OCTOBER,
            effective_on=date(2026, 10, 1),
            memo="期初",
            lines=[
                debit(account("company"), 267_800),
                credit(account("maintenance"), 240_000),
                credit(account("reserve"), 27_800),
            ],
            by=None,
            now=now,
        )
    return settlement


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def test_funds_before_any_approval_say_when_the_books_begin(
    planner: User, client: Client, now: datetime
) -> None:
    make_manuscript("M1", date(2026, 10, 5))
    make_run("2026-10", now)
    client.force_login(planner)
    text = _text(client.get("/funds/"))
    assert "账本从第一个批准的月份开始记" in text
    assert "2026年10月（未批准）" in text
    assert "¥2,400.00" in text
    assert "10月21日 周三 团队公费 ¥900.00" in text


def test_funds_show_balances_debts_and_the_year_with_doors(
    october: Settlement, finance: User, client: Client
) -> None:
    client.force_login(finance)
    answer = client.get("/funds/")
    text = _text(answer)
    assert (answer.context["fund"], answer.context["reserve"]) == (240_000, 27_800)
    assert answer.context["available"].fen == 27_800
    assert [row.outstanding for row in answer.context["owed"]] == [15_000]
    for door in (
        "/ledger/accounts/maintenance/",
        "/ledger/accounts/reserve/",
        "/funds/fees/?owed=yes",
        "/funds/expenses/?state=approved",
        "/months/2026-10/#more",
        "/months/2026-11/",
    ):
        assert f'href="{door}"' in text
    assert answer.context["year"] == [(OCTOBER, Decimal("2400.00"), Decimal("278.00"))]
    client.force_login(make_holder(Role.PLANNER))
    assert "/ledger/" not in _text(client.get("/funds/")).split("<main")[1]


def test_expense_is_asked_for_decided_and_seen(
    money: None, planner: User, general_manager: User, client: Client
) -> None:
    client.force_login(planner)
    assert 'capture="environment"' in _text(client.get("/funds/expenses/new/"))
    answer = client.post("/funds/expenses/new/", {**FORM, "photo": photo()})
    expense = ReserveExpense.objects.get()
    assert answer["Location"] == f"/funds/expenses/{expense.pk}/"
    assert expense.amount == Decimal("120.50")
    page = _text(client.get(f"/funds/expenses/{expense.pk}/"))
    assert "等总经理或副总经理批准" in page
    assert "批准 ¥120.50" not in page
    assert client.get(f"/funds/expenses/{expense.pk}/voucher/").getvalue() == PNG
    client.force_login(general_manager)
    home = _text(client.get("/"))
    assert "有 1 笔公费支出等您批准" in home
    page = _text(client.get(f"/funds/expenses/{expense.pk}/"))
    assert '还可批 <b class="tabular">¥1,000.00</b>' in page
    assert "批准 ¥120.50" in page
    text = _text(client.post(f"/funds/expenses/{expense.pk}/approve/", follow=True))
    assert "已批准：月度结算时由团队公费支付" in text
    assert "公费支出等您批准" not in _text(client.get("/"))
    client.force_login(planner)
    assert "您申请的公费 ¥120.50（海棠图文）已批准" in _text(client.get("/"))


def test_refusal_is_told_with_its_reason(
    money: None, planner: User, vice_general_manager: User, client: Client
) -> None:
    client.force_login(planner)
    client.post("/funds/expenses/new/", {**FORM, "photo": photo()})
    expense = ReserveExpense.objects.get()
    client.force_login(vice_general_manager)
    address = f"/funds/expenses/{expense.pk}/refuse/"
    assert "请写明不批准的理由" in _text(client.post(address, follow=True))
    assert "理由已通知申请人" in _text(client.post(address, {"reason": "已有物料"}, follow=True))
    client.force_login(planner)
    assert "没有批准：已有物料" in _text(client.get("/"))


def test_wrong_form_comes_back_as_typed_with_reasons(planner: User, client: Client) -> None:
    client.force_login(planner)
    wrong = {**FORM, "amount": "12.345", "payee": ""}
    answer = client.post("/funds/expenses/new/", {**wrong, "photo": photo()})
    text = _text(answer)
    assert answer.status_code == 400
    assert "小数超过两位" in text
    assert "请拍一张凭证" in _text(client.post("/funds/expenses/new/", FORM))
    assert "请填收款人" in text
    assert 'value="12.345"' in text
    answer = client.post("/funds/expenses/new/", {**FORM, "photo": photo(b"MZ")})
    assert "凭证要是照片" in _text(answer)
    assert not ReserveExpense.objects.exists()


def test_voucher_is_for_the_requester_and_those_with_the_right(
    money: None, planner: User, finance: User, copy: User, client: Client
) -> None:
    client.force_login(planner)
    client.post("/funds/expenses/new/", {**FORM, "photo": photo()})
    address = f"/funds/expenses/{ReserveExpense.objects.get().pk}/voucher/"
    client.force_login(copy)
    assert client.get(address).status_code == 403
    client.force_login(finance)
    answer = client.get(address)
    assert (answer["Content-Type"], answer.getvalue()) == ("image/png", PNG)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert AuditEntry.objects.filter(act="download", actor=finance).count() == 1


def test_expenses_are_narrowed_and_taken_along(
    planner: User, client: Client, now: datetime
) -> None:
    make_expense(date(2026, 10, 3), now, note="打印")
    make_expense(date(2026, 11, 2), now, kind="paid_service", state="requested", amount=99)
    client.force_login(planner)

    def found(query: str) -> list[str]:
        page = client.get(f"/funds/expenses/{query}").context["page"]
        return [expense.payee for expense in page]

    assert found("") == ["商家1", "商家0"]
    assert found("?month=2026-10") == ["商家0"]
    assert found("?kind=paid_service") == ["商家1"]
    assert found("?state=requested") == ["商家1"]
    assert found("?q=打印") == ["商家0"]
    text = client.get("/funds/expenses/export.csv?state=requested").content.decode("utf-8-sig")
    assert "2026-11-02,付费网络服务,99.00,商家1,,待批准,,,\r\n" in text
    assert "没有符合条件的支出" in _text(client.get("/funds/expenses/?q=无"))


def test_expense_says_whether_its_month_paid_it(
    october: Settlement, planner: User, client: Client, now: datetime
) -> None:
    client.force_login(planner)
    paid = make_expense(date(2026, 10, 20), now, amount=30)
    refused = make_expense(date(2026, 10, 21), now, amount=900)
    assert "已在2026年10月的结算里" in _text(client.get(f"/funds/expenses/{paid.pk}/"))
    assert "余额不够，没有支付" in _text(client.get(f"/funds/expenses/{refused.pk}/"))


def test_fees_show_where_the_money_came_from(
    october: Settlement, finance: User, client: Client
) -> None:
    client.force_login(finance)
    rows = client.get("/funds/fees/").context["rows"]
    assert [
        (row.fee.manuscript, row.funding.from_fund, row.funding.from_reserve, row.outstanding)
        for row in rows
    ] == [("M2", 0, 5_000, 15_000), ("M1", 10_000, 0, 0)]

    def found(query: str) -> list[str]:
        page = client.get(f"/funds/fees/{query}").context["page"]
        return [fee.manuscript for fee in page]

    assert found("?owed=yes") == ["M2"]
    assert found("?owed=no") == ["M1"]
    assert found("?kind=employee") == ["M1"]
    assert found("?month=2026-09") == []
    assert found("?year=2026") == ["M2", "M1"]
    assert found("?year=2025") == []
    assert found("?q=m1") == ["M1"]


def test_fee_paid_in_two_months_is_paid_when_all_of_it_went_out(
    october: Settlement, finance: User, client: Client, now: datetime
) -> None:
    client.force_login(finance)

    def pay(state: str, amount: int, month: str) -> None:
        settlement, _ = Settlement.objects.get_or_create(month=month)
        Payment.objects.create(
            settlement=settlement,
            account_id="fee:M2",
            payee="M2",
            name="作者",
            purpose="稿酬",
            amount_fen=amount,
            state=state,
            changed_at=now,
        )

    def shown() -> tuple[int, bool]:
        row = client.get("/funds/fees/?q=M2").context["rows"][0]
        return row.paid, row.is_paid

    pay("paid", 5_000, "2026-10")
    assert shown() == (5_000, False)
    pay("returned", 15_000, "2026-11")
    assert shown() == (5_000, False)
    assert "已退回" in _text(client.get("/funds/fees/?q=M2"))
    pay("paid", 15_000, "2026-12")
    assert shown() == (20_000, True)


def test_fees_are_taken_along_for_the_tax_report(
    october: Settlement, finance: User, client: Client
) -> None:
    client.force_login(finance)
    sheet: Any = load_workbook(BytesIO(client.get("/funds/fees/export.xlsx").content)).active
    rows = list(sheet.values)
    assert rows[0][5:8] == ("所得类别", "应付稿酬（税前）", "日常维持资金支付")
    assert rows[1][:4] == ("M2", "M2", None, "客户")
    assert rows[1][5:10] == ("稿酬所得", 200, 0, 50, 150)


def test_finance_sets_category_and_author_others_may_not(
    october: Settlement, finance: User, supervisor: User, client: Client
) -> None:
    fee = ArticleFee.objects.get(manuscript="M2")
    data = {
        "tax": "service",
        "author_name": "孙女士",
        "was_tax": "royalty",
        "was_author_name": "",
    }
    client.force_login(supervisor)
    assert client.post(f"/funds/fees/{fee.pk}/", data).status_code == 403
    client.force_login(finance)
    text = _text(client.post(f"/funds/fees/{fee.pk}/", data, follow=True))
    assert "稿件 M2 已保存" in text
    assert "孙女士" in text
    assert "劳务报酬所得" in text
    assert "刚由别人改过" in _text(
        client.post(f"/funds/fees/{fee.pk}/", {**data, "tax": "wages"}, follow=True)
    )


def test_fees_are_taken_up_on_demand(october: Settlement, finance: User, client: Client) -> None:
    client.force_login(finance)
    assert "没有还没登记的" in _text(client.post("/funds/fees/take-up/", follow=True))
    make_manuscript("M3", date(2026, 11, 1))
    assert "已登记 1 篇" in _text(client.post("/funds/fees/take-up/", follow=True))


@pytest.mark.parametrize("role", [Role.STORE_MANAGER, Role.EMPLOYEE])
def test_others_of_the_house_see_no_funds(role: Role, client: Client) -> None:
    client.force_login(make_holder(role, store_code="S01"))
    for address in ("/funds/", "/funds/expenses/", "/funds/fees/", "/funds/expenses/new/"):
        assert client.get(address).status_code == 403


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("address", "queries"),
    [("/funds/", 16), ("/funds/expenses/", 7), ("/funds/fees/", 12)],
)
def test_page_asks_a_constant_number_of_queries(
    number: int,
    address: str,
    queries: int,
    october: Settlement,
    finance: User,
    client: Client,
    now: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        make_expense(date(2026, 11, 1), now)
        make_manuscript(f"N{index}", date(2026, 11, 1))
    take_up_fees(now=now)
    client.force_login(finance)
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200
