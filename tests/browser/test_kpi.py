"""A deduction's life in a real browser: proposed, confirmed, objected to, answered, submitted."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import TEAM, Role
from haitang.kernel import clock
from haitang.kernel.clock import Month
from incentives.calculation.services import calculate_month
from incentives.life.approval import submit_month
from incentives.life.readiness import obstacles
from incentives.models import KpiEvent
from tests.factories.people import make_holder
from tests.support.browser import DESKTOP, PHONE, BrowseAs
from tests.web import scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = pytest.mark.parametrize("width", [PHONE, DESKTOP])
OCTOBER = Month(2026, 10)


def _fits(page: Page) -> None:
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{page.url} is {over}px too wide"


def _rest_of_the_team(*but: Role) -> None:
    for role in TEAM:
        if role not in but:
            make_holder(role, name=str(role.label))


@WIDTHS
def test_deduction_is_told_confirmed_objected_to_and_changed(
    width: int, browse_as: BrowseAs, employee: User, it: User, supervisor: User
) -> None:
    scene.make_chain()
    _rest_of_the_team(Role.IT, Role.SUPERVISOR)

    colleague = browse_as(employee, width=width)
    colleague.goto("/kpi/new/?month=2026-10")
    colleague.get_by_label("规则").select_option(label="其他部门投诉一次（每次）")
    colleague.get_by_label("第 1 行的数量").fill("2")
    colleague.get_by_label("第 1 行的证据").fill("运营部 10月12日、10月19日各投诉一次")
    _fits(colleague)
    colleague.get_by_role("button", name="登记").click()
    expect(colleague.get_by_role("status").first).to_contain_text("等总督导 李督导决定")

    office = browse_as(supervisor, width=width)
    office.goto("/")
    office.get_by_role("link", name="去决定").click()
    waiting = office.locator("#mine")
    expect(waiting).to_contain_text("10月12日、10月19日各投诉一次")
    _fits(office)
    waiting.get_by_role("button", name="确认").click()
    expect(office.get_by_role("status")).to_contain_text("已确认")

    own = browse_as(it, width=width)
    own.goto("/")
    own.get_by_role("button", name="去看").first.click()
    expect(own.get_by_role("heading", level=1)).to_have_text("我的考核")
    expect(own.locator("#events")).to_contain_text("扣 20%")
    _fits(own)
    own.get_by_role("link", name="提出异议").click()
    own.get_by_label("哪里不对，事实是什么").fill("10月19日那次是供电局停电，不是信息部的事。")
    _fits(own)
    own.get_by_role("button", name="提出异议").click()
    expect(own.get_by_role("status")).to_contain_text("已提出异议")

    now = clock.now()
    run = calculate_month(month=OCTOBER, by=supervisor, now=now)
    assert "1 条异议待书面答复" in " ".join(obstacles(OCTOBER, run, now=now))

    office.goto("/")
    office.get_by_role("link", name="去答复").click()
    office.get_by_role("radio", name="更改数量").check()
    office.get_by_label("更改后的数量").fill("1")
    office.get_by_label("书面答复").fill("核对了停电通知，只算一次。")
    _fits(office)
    office.get_by_role("button", name="答复").click()
    expect(office.get_by_role("status")).to_contain_text("已答复 张信息 的异议")

    own.reload()
    expect(own.locator("main")).to_contain_text("核对了停电通知，只算一次。")
    expect(own.locator("main")).to_contain_text("更改，2 → 1")
    _fits(own)
    assert KpiEvent.objects.get().quantity == 1

    calculate_month(month=OCTOBER, by=supervisor, now=clock.now())
    assert submit_month(month=OCTOBER, by=supervisor, now=clock.now()).state == "submitted"


def test_rows_are_pasted_from_a_spreadsheet(browse_as: BrowseAs, employee: User) -> None:
    page = browse_as(employee)
    page.goto("/kpi/new/?month=2026-10&rule=ops.store_not_executed")
    page.get_by_label("第 1 行的数量").focus()
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text", "1\\tS01 没有陈列\\n1\\tS02 没有海报\\n");
          const paste = new ClipboardEvent("paste", {clipboardData: data, bubbles: true});
          document.activeElement.dispatchEvent(paste);
        }"""
    )
    expect(page.get_by_label("第 2 行的证据")).to_have_value("S02 没有海报")
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_role("status").first).to_contain_text("已登记 2 条")
    assert KpiEvent.objects.count() == 2


@WIDTHS
def test_general_manager_scores_the_month(
    width: int, browse_as: BrowseAs, general_manager: User
) -> None:
    scene.make_chain()
    _rest_of_the_team()
    page = browse_as(general_manager, width=width)
    page.goto("/kpi/2026-10/")
    _fits(page)
    page.get_by_role("link", name="打分").click()
    page.get_by_label("总策划扣几个百分点").fill("0")
    page.get_by_label("总督导扣几个百分点").fill("2.5")
    page.get_by_label("总督导的理由").fill("三家店没有陈列")
    _fits(page)
    page.get_by_role("button", name="保存打分").click()
    expect(page.get_by_role("status")).to_contain_text("已保存打分")
    expect(page.locator("#role-supervisor")).to_contain_text("本月扣 2.5%")
