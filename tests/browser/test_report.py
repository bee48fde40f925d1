"""Finance pays a month on its page; the report prints on A4; the overview leads on."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from haitang.kernel.clock import Month
from incentives.models import PayeeAccount, Settlement
from tests.factories.payments import make_approved, make_document, make_people, make_run
from tests.support.axe import serious_findings
from tests.support.browser import DESKTOP, PHONE, BrowseAs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = pytest.mark.parametrize("width", [PHONE, DESKTOP])
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def people() -> dict[str, User]:
    return make_people()


@pytest.fixture
def month(people: dict[str, User], now: datetime) -> Settlement:
    """刘洋 6007.14, 王芳 1680.32, and an article fee of 100.00."""
    return make_approved(people, now=now, fees={"M1": 10_000})


@WIDTHS
def test_finance_pays_a_month(
    width: int, browse_as: BrowseAs, people: dict[str, User], month: Settlement
) -> None:
    page = browse_as(people["finance"], width=width)
    page.goto("/months/2026-10/payments/")
    assert serious_findings(page) == []
    assert not page.evaluate(WIDER)
    _enter_account(page)
    row = page.locator("#list tbody tr", has_text="王芳")
    row.get_by_text("没有付成…").click()
    row.get_by_label("王芳的这一笔为什么没有付成").fill("账号有误")
    row.get_by_role("button", name="登记没有付成").click()
    expect(page.locator("#list tbody tr", has_text="王芳")).to_contain_text("未付成")
    page.get_by_text("全部标为已付…").click()
    page.get_by_role("button", name="确认 2 笔共 ¥6,107.14 已付").click()
    expect(page.locator("[data-figure=paid]")).to_have_text("¥6,107.14")
    page.locator("#list tbody tr", has_text="王芳").get_by_role("button", name="重新付").click()
    expect(page.locator("[data-figure=waiting]")).to_have_text("¥1,680.32")
    assert not page.evaluate(WIDER)


def _enter_account(page: Page) -> None:
    row = page.locator("#list tbody tr", has_text="刘洋")
    row.get_by_role("link", name=re.compile("^登记")).click()
    page.get_by_label("开户行").fill("中国工商银行城东支行")
    page.get_by_label("账号").fill("6222 0202 0011 2233")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#list tbody tr", has_text="刘洋")).to_contain_text("************2233")
    assert PayeeAccount.objects.get().number.for_computing() == "6222020200112233"


def test_bank_file_is_taken_with_a_reason(
    browse_as: BrowseAs, people: dict[str, User], month: Settlement, tmp_path: Path
) -> None:
    page = browse_as(people["finance"])
    page.goto("/months/2026-10/payments/")
    _enter_account(page)
    page.get_by_text("导出银行文件…").click()
    page.get_by_label("导出的理由").fill("十月提成代发")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出银行文件").click()
    download.value.save_as(tmp_path / "bank.csv")
    assert download.value.suggested_filename == "2026-10 通用代发.csv"
    assert (tmp_path / "bank.csv").read_text("gb18030") == (
        "序号,户名,账号,开户行,金额（元）,用途\n"
        "1,刘洋,6222020200112233,中国工商银行城东支行,6007.14,2026年10月提成\n"
    )


@WIDTHS
def test_report_is_on_the_screen_as_on_paper(
    width: int, browse_as: BrowseAs, people: dict[str, User], month: Settlement
) -> None:
    page = browse_as(people["gm"], width=width)
    page.goto("/months/2026-10/report/")
    expect(page.locator(".report-sums")).to_contain_text("人民币柒仟陆佰捌拾柒元肆角陆分")
    expect(page.locator(".report-signs")).to_contain_text("陈总")
    assert serious_findings(page) == []
    assert not page.evaluate(WIDER)


def test_report_prints_on_pages_of_a4_with_heads_repeated(
    browse_as: BrowseAs, people: dict[str, User], now: datetime, tmp_path: Path
) -> None:
    document = make_document(Month(2026, 9), {"liu": 100}, {f"M{n}": 10_000 for n in range(90)})
    make_run(month=Month(2026, 9), now=now, document=document)
    page = browse_as(people["gm"])
    page.goto("/months/2026-09/report/")
    page.emulate_media(media="print")
    expect(page.locator(".draft-mark")).to_have_css("position", "fixed")
    expect(page.locator("thead").first).to_have_css("display", "table-header-group")
    expect(page.locator(".top")).to_be_hidden()
    paper = page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    pages = re.findall(rb"/Type /Page\b", paper)
    boxes = set(re.findall(rb"/MediaBox \[([^\]]+)\]", paper))
    assert len(pages) > 2
    assert [[round(float(side)) for side in box.split()] for box in boxes] == [[0, 0, 595, 842]]


@WIDTHS
def test_overview_by_person_leads_to_the_payslip(
    width: int, browse_as: BrowseAs, people: dict[str, User], month: Settlement
) -> None:
    page = browse_as(people["finance"], width=width)
    page.goto("/overview/")
    expect(page.locator("#lines tbody tr").first).to_contain_text("¥6,007.14")
    assert serious_findings(page) == []
    page.get_by_role("link", name="按个人").click()
    amount = page.locator("#lines tbody tr").first.get_by_role("link", name="¥6,007.14")
    expect(amount).to_have_attribute("href", "/months/2026-10/payslips/liu/")
    assert not page.evaluate(WIDER)
