"""The main paths in a real browser, on a telephone and on a desktop."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from campaigns.imports.services import run_import
from campaigns.models import SalesImport, StoreDay
from campaigns.services import compute_uplift
from tests.support.browser import DESKTOP, PHONE, BrowseAs
from tests.web import scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = pytest.mark.parametrize("width", [PHONE, DESKTOP])

EXPORT = (
    "门店,销售日期,单号,货号,数量,实收\nS01,2026-11-01,1,A1,2,30.00\nS88,2026-11-01,2,A1,1,9.00\n"
)


def _fits(page: Page) -> None:
    """No page is wider than the screen, once its styles are there."""
    page.wait_for_load_state("load")
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{page.url} is {over}px too wide"


def _log_in(page: Page, username: str) -> None:
    page.goto("/login/")
    _fits(page)
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(username)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("您好")


@WIDTHS
def test_manager_goes_from_login_to_the_sale_lines(
    width: int, browse_as: BrowseAs, general_manager: User
) -> None:
    scene.make_chain()
    scene.make_team()
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    page = browse_as(width=width)
    _log_in(page, "general_manager")
    _fits(page)
    page.get_by_role("link", name="结算", exact=True).click()
    page.get_by_role("row", name="2026年10月").get_by_role("button", name="计算").click()
    expect(page.get_by_role("status")).to_contain_text("2026年10月已计算")
    expect(page.locator("[data-figure=pool]")).to_have_text("¥292.08")
    _fits(page)
    page.locator("#campaigns").get_by_role("link", name="感恩周末 C1").click()
    expect(page.locator("[data-figure=uplift]")).to_have_text("+¥1,460.40")
    _fits(page)
    page.locator("#store-S01 a.event").click()
    expect(page.locator("[data-figure=margin]")).to_have_text("¥991.80")
    expect(page.locator("main")).to_contain_text("1017-1")
    _fits(page)


@WIDTHS
def test_manager_lets_a_problem_pass(
    width: int, browse_as: BrowseAs, general_manager: User
) -> None:
    scene.make_chain()
    scene.make_team()
    scene.make_campaign("C2", status="running")
    page = browse_as(general_manager, width=width)
    page.goto("/months/2026-10/")
    page.get_by_role("button", name="计算").click()
    problems = page.locator("#problems")
    expect(problems).to_contain_text("活动“感恩周末 C2”")
    problems.get_by_text("放行…").click()
    _fits(page)
    problems.get_by_role("textbox").fill("下月再结")
    problems.get_by_role("button", name="写明理由，放行").click()
    page.get_by_role("button", name="重新计算").click()
    expect(page.get_by_role("status")).to_contain_text("没有未解决的问题")
    expect(page.locator("#problems")).to_contain_text("放行：下月再结")


@WIDTHS
def test_importer_uploads_maps_imports_and_withdraws(
    width: int, browse_as: BrowseAs, it: User, tmp_path: Path
) -> None:
    scene.make_store()
    file = tmp_path / "收银导出.csv"
    file.write_text(EXPORT, encoding="utf-8")
    page = browse_as(it, width=width)
    page.goto("/imports/")
    _fits(page)
    page.get_by_label("销售文件").set_input_files(file)
    page.get_by_role("button", name="上传并预览").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("收银导出.csv")
    _fits(page)
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.locator("main")).to_contain_text("请选成本取自哪一列")
    page.get_by_label("成本从哪里来").select_option("rate")
    page.get_by_label("成本占销售金额的比例").fill("0.7")
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.locator("[data-poll]")).to_contain_text("排队等待导入")
    run_import(
        import_id=SalesImport.objects.get().pk,
        now=scene.MOMENT,
        report=lambda done, total, note: None,
    )
    # The page follows the import by itself and shows what came out.
    expect(page.locator("main")).to_contain_text("拒收的行")
    expect(page.locator("main")).to_contain_text("S88")
    _fits(page)
    page.get_by_role("link", name="撤回这次导入…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("撤回“收银导出.csv”")
    _fits(page)
    page.get_by_label("撤回原因").fill("门店错了")
    page.get_by_role("button", name="确认撤回这 1 个门店日").click()
    expect(page.get_by_role("status")).to_contain_text("已撤回“收银导出.csv”")
    assert not StoreDay.objects.filter(is_active=True).exists()


@WIDTHS
def test_store_manager_sees_the_own_store(
    width: int, browse_as: BrowseAs, store_manager: User
) -> None:
    scene.make_chain()
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    page = browse_as(store_manager, width=width)
    page.goto("/campaigns/C1/")
    expect(page.locator("main")).to_contain_text("+¥670.20")
    expect(page.locator("main")).not_to_contain_text("S02")
    _fits(page)


def test_pages_follow_the_dark_scheme(browse_as: BrowseAs, general_manager: User) -> None:
    page = browse_as(general_manager)
    page.emulate_media(color_scheme="dark")
    page.goto("/")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(21, 24, 22)"


def test_print_style_leaves_out_what_is_not_for_paper(
    browse_as: BrowseAs, general_manager: User
) -> None:
    scene.make_chain()
    scene.make_team()
    page = browse_as(general_manager)
    page.goto("/months/2026-10/")
    page.get_by_role("button", name="计算").click()
    expect(page.get_by_role("button", name="打印")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("header.top")).to_be_hidden()
    expect(page.locator(".sign")).to_be_visible()
