"""People in a real browser: an account made and first used, a tenure, a deputy, the audit page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from haitang.kernel import clock
from tests.factories.people import make_department
from tests.support.browser import DESKTOP, PHONE, BrowseAs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = pytest.mark.parametrize("width", [PHONE, DESKTOP])


def _fits(page: Page) -> None:
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{page.url} is {over}px too wide"


@WIDTHS
def test_person_is_made_changes_the_first_password_and_gets_a_post(
    width: int, browse_as: BrowseAs, administrator: User
) -> None:
    make_department(name="公关部")
    office = browse_as(administrator, width=width)
    office.goto("/people/")
    office.get_by_role("link", name="新增人员").first.click()
    office.get_by_label("用户名").fill("liu.siyuan")
    office.get_by_label("姓名").fill("刘思远")
    office.get_by_label("部门").select_option(label="公关部")
    _fits(office)
    office.get_by_role("button", name="新增，生成首个密码").click()
    first = office.locator("[data-first-password]").inner_text()
    _fits(office)
    office.get_by_role("link", name="记下了，去登记岗位").click()
    office.get_by_label("岗位", exact=True).select_option(label="文案编辑")
    office.get_by_label("开始日期").fill(clock.business_day(clock.now()).isoformat())
    office.get_by_role("button", name="登记任职").click()
    expect(office.get_by_role("status")).to_contain_text("已登记 刘思远 任“文案编辑”")
    _fits(office)

    own = browse_as(width=width)
    own.goto("/login/")
    own.get_by_label("用户名").fill("liu.siyuan")
    own.get_by_label("密码").fill(first)
    own.get_by_role("button", name="登录").click()
    expect(own.get_by_text("您用的是别人给的首个密码")).to_be_visible()
    _fits(own)
    own.get_by_label("现在的密码").fill(first)
    own.get_by_label("新密码", exact=True).fill("nanhai-2026-shan")
    own.get_by_label("再输入一次新密码").fill("nanhai-2026-shan")
    own.get_by_role("button", name="保存新密码").click()
    expect(own.get_by_role("status")).to_contain_text("密码已修改")
    expect(own.get_by_role("heading", level=1)).to_contain_text("刘思远")


@WIDTHS
def test_deputy_set_by_the_person_has_the_post(
    width: int, browse_as: BrowseAs, general_manager: User, employee: User
) -> None:
    page = browse_as(general_manager, width=width)
    page.goto("/deputies/")
    today = clock.business_day(clock.now()).isoformat()
    page.get_by_label("代理人").select_option(label="周员工（employee）")
    page.get_by_label("结束日期").fill(today)
    page.get_by_label("原因").fill("出差")
    page.get_by_role("button", name="登记代理人").click()
    expect(page.get_by_role("status")).to_contain_text("周员工 代 王总")
    _fits(page)
    stand_in = browse_as(employee, width=width)
    stand_in.goto("/months/")
    expect(stand_in.get_by_role("heading", level=1)).to_have_text("月度结算")


def test_audit_is_verified(browse_as: BrowseAs, administrator: User) -> None:
    page = browse_as(administrator, width=PHONE)
    page.goto("/audit/")
    page.get_by_role("button", name="现在核对").click()
    expect(page.get_by_role("status")).to_contain_text("操作记录完好")
    _fits(page)
