"""The page of the simulated WeChat: type as a follower, see what comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from haitang.wechat.simulator.invented import furnish
from haitang.wechat.simulator.server import Simulator, running_simulator
from haitang.wechat.simulator.wire import Envelope
from tests.support.axe import serious_findings
from tests.support.browser import DESKTOP, HEIGHT, PHONE

pytestmark = pytest.mark.once


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A simulator whose webhook takes everything in silence."""

    def post(envelope: Envelope) -> tuple[int, bytes]:
        return 200, b"success"

    with running_simulator(post=post) as running:
        furnish(running)
        running.world.menu = {
            "button": [{"type": "click", "name": "营业时间", "key": "HOURS", "sub_button": []}]
        }
        yield running


@pytest.fixture(params=[PHONE, DESKTOP])
def page(request: pytest.FixtureRequest, chromium: Browser, simulator: Simulator) -> Iterator[Page]:
    """The page at a telephone's and at a desktop's width; it logs no error."""
    width: int = request.param
    complaints: list[str] = []
    context = chromium.new_context(
        base_url=simulator.base_url,
        locale="zh-CN",
        viewport={"width": width, "height": HEIGHT[width]},
        reduced_motion="reduce",
    )
    made = context.new_page()
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on("console", lambda each: complaints.append(each.text) if each.type == "error" else None)
    made.goto("/")
    yield made
    context.close()
    assert complaints == []


def test_follower_writes_and_reads_the_answer(page: Page, simulator: Simulator) -> None:
    page.get_by_role("button", name="王阿姨").click()
    expect(page.locator("#who")).to_have_text("王阿姨")
    page.get_by_label("发给公众号").fill("板蓝根有货吗？")
    page.get_by_role("button", name="发送").click()
    expect(page.locator("#chat .follower")).to_contain_text("板蓝根有货吗？")
    expect(page.locator("#window")).to_contain_text("还能发 5 条")
    with simulator.world.lock:
        simulator.world.show(
            simulator.follower("王阿姨"), by="account", kind="text", body={"content": "有的"}
        )
    expect(page.locator("#chat .account")).to_contain_text("有的")
    page.get_by_role("button", name="营业时间").click()
    expect(page.locator("#chat .system")).to_contain_text("点击菜单 HOURS")
    page.get_by_label("扫二维码").fill("store-009")
    page.get_by_role("button", name="扫码").click()
    expect(page.locator("#chat .system").last).to_contain_text("store-009")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    assert serious_findings(page) == []


def test_fault_and_a_stranger(page: Page, simulator: Simulator) -> None:
    page.get_by_role("button", name="孙阿姨").click()
    expect(page.get_by_role("button", name="发图片")).to_be_hidden()
    expect(page.get_by_label("发给公众号")).to_be_disabled()
    page.get_by_role("button", name="关注", exact=True).click()
    expect(page.locator("#window")).to_contain_text("还能发 3 条")
    expect(page.get_by_label("发给公众号")).to_be_enabled()
    if not page.locator("#faults").is_visible():
        page.get_by_role("heading", name="故障").click()
    page.get_by_role("button", name="没有接口权限（48001）").click()
    pressed = page.get_by_role("button", name="没有接口权限（48001）")
    expect(pressed).to_have_attribute("aria-pressed", "true")
    assert [each.kind for each in simulator.faults.active] == ["unauthorized"]
    assert serious_findings(page) == []
