"""A month's way walked in a browser: submitted, approved on a telephone, paid out, closed."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from incentives.calculation.services import calculate_month
from incentives.models import Payment, Settlement
from tests.factories.trade import make_event
from tests.incentives.life_scene import (
    NOVEMBER,
    OCTOBER,
    approved,
    make_house,
    make_month,
    submitted,
)
from tests.support.browser import DESKTOP, PHONE, BrowseAs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/months/2026-10/"


@pytest.fixture
def people() -> dict[str, User]:
    found = make_house()
    make_month()
    return found


def look(page: Page, name: str) -> None:
    """No page is wider than the screen; with LOOK set, a picture is left in that folder."""
    page.wait_for_load_state("load")
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{page.url} is {over}px too wide"
    if folder := os.environ.get("LOOK"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def confirm(page: Page, label: str, button: str) -> None:
    """Open the step and take it."""
    page.locator("#steps summary", has_text=label).click()
    page.get_by_role("button", name=button).click()


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_month_goes_from_submission_to_closing(
    width: int, browse_as: BrowseAs, people: dict[str, User], now: datetime
) -> None:
    calculate_month(month=OCTOBER, by=people["supervisor"], now=now)
    page = browse_as(people["supervisor"], width=width)
    page.goto("/")
    page.get_by_role("link", name="去提交").click()
    look(page, f"submit-{width}")
    page.locator("#steps summary", has_text="提交").click()
    expect(page.locator("#steps")).to_contain_text("提交2026年10月的结算：提成池 ¥200.00")
    page.get_by_role("button", name="确认提交").click()
    expect(page.get_by_role("status")).to_contain_text("已提交，等总经理批准")

    manager = browse_as(people["general_manager"], width=width)
    manager.goto("/")
    manager.get_by_role("link", name="去批准").click()
    expect(manager.locator("#changes")).to_contain_text("本月提成池 ¥200.00")
    manager.locator("#steps summary", has_text="批准").click()
    look(manager, f"approve-{width}")
    manager.get_by_role("button", name="确认批准 ¥200.00").click()
    expect(manager.get_by_role("status")).to_contain_text("已批准：数字已冻结并记入账本")
    expect(manager.locator("main")).to_contain_text("HT-JS-202610-1")
    look(manager, f"approved-{width}")

    payer = browse_as(people["finance"], width=width)
    payer.goto(PAGE)
    expect(payer.get_by_role("link", name="去付款")).to_be_visible()
    Payment.objects.update(state=Payment.State.FAILED)
    payer.reload()
    confirm(payer, "登记发放完毕", "确认登记发放完毕")
    expect(payer.get_by_role("status")).to_contain_text("已发放")
    confirm(payer, "关账", "确认关账")
    expect(payer.get_by_role("status")).to_contain_text("已关账，账本核对无误")
    assert Settlement.objects.get().state == Settlement.State.CLOSED


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_manager_reads_the_change_knows_who_may_object_and_approves(
    width: int,
    browse_as: BrowseAs,
    people: dict[str, User],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = datetime(2026, 12, 3, 10, tzinfo=now.tzinfo)
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: later)
    make_month(month=NOVEMBER, margin="1500")
    approved(people, now)
    make_event("planner.assessment", "5", month="2026-11", confirmed_at=later)
    submitted(people, later, NOVEMBER)
    page = browse_as(people["general_manager"], width=width)
    page.goto("/months/2026-11/")
    expect(page.locator("#changes")).to_contain_text("多 ¥80.00（+40%）")
    page.locator("#steps summary", has_text="批准…").click()
    look(page, f"objectors-{width}")
    expect(page.locator("#steps")).to_contain_text("planner（到12月8日 周二）")
    page.get_by_label("知道还在异议期内").check()
    page.get_by_role("button", name="确认批准 ¥280.00").click()
    expect(page.get_by_role("status")).to_contain_text("2026年11月已批准")


def test_manager_returns_a_month_and_the_submitter_reads_why(
    browse_as: BrowseAs, people: dict[str, User], now: datetime
) -> None:
    submitted(people, now)
    page = browse_as(people["general_manager"], width=PHONE)
    page.goto(PAGE)
    page.locator("#steps summary", has_text="退回").click()
    page.get_by_label("理由").fill("客服的档案还没有核")
    page.get_by_role("button", name="确认退回").click()
    expect(page.get_by_role("status")).to_contain_text("已退回")
    submitter = browse_as(people["supervisor"], width=PHONE)
    submitter.goto(PAGE)
    expect(submitter.locator("main")).to_contain_text("退回：客服的档案还没有核")
    look(submitter, "returned-390")
