"""Entering in a real browser: a campaign refused, mended, linked and completed; reads typed."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from campaigns.models import Campaign
from content.models import Article
from tests.support.axe import serious_findings
from tests.support.browser import DESKTOP, PHONE, BrowseAs
from tests.web import scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = pytest.mark.parametrize("width", [PHONE, DESKTOP])
SATURDAY = date(2026, 10, 24)


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
def test_campaign_is_refused_mended_linked_read_and_completed(
    width: int, browse_as: BrowseAs, planner: User, page_errors: list[str]
) -> None:
    scene.make_calendar()
    for number in range(12):
        scene.make_store(f"S{number:02}", f"第{number}店")
    page = browse_as(planner, width=width)
    page.goto("/campaigns/")
    _sound(page)
    page.get_by_role("link", name="新建活动").first.click()
    page.get_by_label("名称", exact=True).fill("霜降养生")
    page.get_by_label("规模").select_option(label="中型（多店）")
    page.get_by_label("开始日期").fill(SATURDAY.isoformat())
    page.get_by_label("结束日期").fill("2026-10-26")
    page.get_by_label("按编码或名称找门店").fill("s03")
    page.get_by_label("按编码或名称找门店").press("Enter")
    page.get_by_label("按编码或名称找门店").fill("第5店")
    page.get_by_label("S05 第5店").check()
    expect(page.get_by_text("已选 2 家")).to_be_visible()
    _sound(page)
    page.get_by_role("button", name="新建活动").click()
    expect(page.get_by_text("2026-10-26 不是周六或周日，不能做周末活动。")).to_be_visible()
    page_errors.clear()  # the refusal is an answer of 400, which the console tells
    expect(page.get_by_text("已选 2 家")).to_be_visible()
    page.get_by_label("结束日期").fill("2026-10-25")
    page.get_by_role("button", name="新建活动").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("霜降养生")
    _sound(page)

    page.goto("/new-article/")
    page.get_by_label("标题").fill("霜降进补")
    page.get_by_label("发布日期").fill(SATURDAY.isoformat())
    _sound(page)
    page.get_by_role("button", name="登记").click()
    page.get_by_label("活动编号").fill("HD20261024")
    page.get_by_role("button", name="关联到活动").click()
    expect(page.get_by_role("status")).to_contain_text("已把推文 TW20261024 关联到活动")
    _sound(page)

    page.get_by_role("link", name="填2026年10月的阅读量").click()
    page.get_by_label("霜降进补的阅读量").fill("8,650")
    _sound(page)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("到期的都填了")).to_be_visible()
    _sound(page)

    page.goto("/campaigns/HD20261024/")
    page.get_by_role("button", name="标为已完成").click()
    expect(page.get_by_role("status")).to_contain_text("计入2026年10月的结算")
    expect(page.locator(".states [aria-current]")).to_contain_text("已完成")
    _sound(page)
    campaign = Campaign.objects.get()
    assert campaign.status == Campaign.Status.COMPLETED
    assert campaign.article is not None
    assert campaign.article.reads == 8650
    assert sorted(store.code for store in campaign.stores.all()) == ["S03", "S05"]


def test_reads_are_typed_by_the_keyboard_and_pasted_as_a_column(
    browse_as: BrowseAs, copy: User
) -> None:
    for number in range(1, 5):
        Article.objects.create(
            code=f"A{number}",
            title=f"推文{number}",
            category="campaign",
            published_on=date(2026, 10, number),
        )
    page = browse_as(copy)
    page.goto("/reads/?month=2026-10")
    page.get_by_label("推文1的阅读量").focus()
    page.keyboard.type("100")
    page.keyboard.press("Enter")
    page.keyboard.type("200")
    page.keyboard.press("Enter")
    expect(page.get_by_label("推文3的阅读量")).to_be_focused()
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text", "3,000\\t31\\r\\n4000\\t41\\r\\n5000\\t51\\r\\n");
          document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.get_by_text("填了 2 行，另有 1 行没有地方填")).to_be_visible()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status").first).to_contain_text("已保存 4 篇推文的数字")
    assert list(Article.objects.order_by("code").values_list("reads", "follows")) == [
        (100, None),
        (200, None),
        (3000, 31),
        (4000, 41),
    ]


@WIDTHS
def test_filters_are_saved_and_taken_up_again(
    width: int, browse_as: BrowseAs, planner: User
) -> None:
    scene.make_campaign("C1", title="霜降养生")
    scene.make_campaign("C2", title="立冬")
    page = browse_as(planner, width=width)
    page.goto("/campaigns/?q=霜降")
    page.get_by_text("保存这组条件").click()
    page.get_by_label("这组条件的名称").fill("霜降的")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("已保存为“霜降的”")
    _sound(page)
    page.goto("/campaigns/")
    page.get_by_role("link", name="霜降的", exact=True).click()
    expect(page.get_by_role("link", name="霜降养生")).to_be_visible()
    expect(page.get_by_role("link", name="立冬")).to_have_count(0)
    page.get_by_role("button", name="删掉“霜降的”这组条件").click()
    expect(page.get_by_role("link", name="霜降的", exact=True)).to_have_count(0)
