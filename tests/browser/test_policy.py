"""A policy changed in a real browser: refused, mended, compared, tried and published."""

from __future__ import annotations

from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.policy.models import PolicyDraft
from haitang.policy.selectors import policy_for
from incentives.calculation.services import calculate_month
from tests.support.axe import serious_findings
from tests.support.browser import DESKTOP, PHONE, BrowseAs
from tests.web import scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = pytest.mark.parametrize("width", [PHONE, DESKTOP])


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """The pages read the clock of the tests: 3 November 2026."""
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)


def _sound(page: Page) -> None:
    page.wait_for_load_state("load")
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{page.url} is {over}px too wide"
    findings = serious_findings(page)
    assert not findings, "\n".join(findings)


@WIDTHS
def test_policy_is_copied_mended_compared_tried_and_published(
    width: int, browse_as: BrowseAs, planner: User, general_manager: User
) -> None:
    scene.make_chain()
    scene.make_team()
    calculate_month(month=Month(2026, 10), by=None, now=scene.MOMENT)
    page = browse_as(planner, width=width)
    page.goto("/policy/")
    page.get_by_text("照着这一版起草修改").click()
    page.get_by_label("新草稿的代号").fill("2027 年制度")
    page.get_by_role("button", name="复制并修改").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("修改“2027 年制度”")
    coefficients = page.locator("#coefficients")
    coefficients.get_by_label("文案编辑").fill("0.12")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("各系数之和是 1.02，多了 0.02")
    _sound(page)
    coefficients.get_by_label("美工").fill("0.08")
    page.get_by_label("会员日", exact=True).fill("8、18")
    page.get_by_label("比例相加，最多扣完").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status").first).to_contain_text("已保存，改动了 3 处")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("link", name="看改动与比较").click()
    changes = page.locator("#changes")
    expect(changes).to_contain_text("文案编辑的系数由 0.10 改为 0.12。")
    expect(changes).to_contain_text("会员日由 8、18、28 日 改为 8、18 日。")
    expect(changes).to_contain_text("“几种扣减怎么合在一起？”改为“比例相加，最多扣完”。")
    _sound(page)

    page.get_by_role("link", name="试算过去的月份").click()
    _sound(page)
    page.get_by_label("从", exact=True).fill("2026-09")
    page.get_by_role("button", name="试算").first.click()
    expect(page.get_by_text("提成池合计不变，分法有变化")).to_be_visible()
    expect(page.get_by_text("+¥4.08")).to_have_count(
        0
    )  # what others would get is not the planner's
    _sound(page)

    boss = browse_as(general_manager, width=width)
    boss.goto(page.url)
    expect(boss.locator("table").filter(has_text="文案编辑").first).to_contain_text("+¥4.08")
    _sound(boss)
    boss.goto("/policy/drafts/")
    _sound(boss)
    boss.get_by_role("link", name="2027 年制度").click()
    expect(boss.get_by_label("从哪个月起生效")).to_have_value("2026-12")
    _sound(boss)
    boss.get_by_role("button", name="发布这一版").click()
    expect(boss.get_by_role("status").first).to_contain_text("从2026年12月起生效")
    _sound(boss)
    boss.goto(f"/policy/history/?draft={PolicyDraft.objects.get().pk}")
    expect(boss.get_by_text("发布，2026年12月起生效")).to_be_visible()
    _sound(boss)
    assert str(policy_for(Month(2026, 12)).coefficients["copy"]) == "3/25"
    assert str(policy_for(Month(2026, 11)).coefficients["copy"]) == "1/10"
