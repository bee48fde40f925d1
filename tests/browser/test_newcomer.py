"""A newcomer's first minutes: write as a follower, answer in the inbox, read it as the follower."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from haitang.kernel import jobs
from haitang.wechat import processing
from haitang.wechat.simulator.invented import furnish
from haitang.wechat.simulator.server import Simulator, running_simulator
from haitang.wechat.webhook import storing
from tests.support.browser import DESKTOP, HEIGHT, PATIENCE, PHONE, BrowseAs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Phone = Callable[[int], Page]


@pytest.fixture
def wechat(settings: Settings, live_server: LiveServer) -> Iterator[Simulator]:
    """WeChat's side, which delivers to the live server; some people follow already."""
    with running_simulator(callback_url=f"{live_server.url}/wechat/callback/") as running:
        for name, value in running.environment.items():
            setattr(settings, name, value)
        furnish(running)
        yield running
    storing.close()


@pytest.fixture
def phone_of(chromium: Browser, wechat: Simulator, page_errors: list[str]) -> Iterator[Phone]:
    """The simulator's page at a width: another origin, in a browser of its own; no errors there."""
    contexts = []

    def opened(width: int) -> Page:
        context = chromium.new_context(
            base_url=wechat.base_url,
            locale="zh-CN",
            viewport={"width": width, "height": HEIGHT[width]},
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: page_errors.append(f"simulator: {error}"))
        page.on("console", lambda said: _note(said, page_errors))
        page.goto("/")
        return page

    yield opened
    for context in contexts:
        context.close()


def _note(said: ConsoleMessage, page_errors: list[str]) -> None:
    if said.type == "error":
        page_errors.append(f"simulator: {said.text}")


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_newcomer_writes_answers_and_reads_the_answer(
    width: int, browse_as: BrowseAs, phone_of: Phone, cs: User
) -> None:
    inbox = browse_as(cs, width=width)
    inbox.goto("/inbox/")
    expect(inbox.get_by_text("现在没有留言")).to_be_visible()

    phone = phone_of(width)
    phone.get_by_role("button", name="林女士").click()
    phone.get_by_label("发给公众号").fill("请问枇杷膏还有货吗？")
    phone.get_by_role("button", name="发送").click()
    expect(phone.locator("#chat .follower")).to_contain_text("请问枇杷膏还有货吗？")
    expect(phone.locator("#window")).to_contain_text("还能发 5 条")

    processing.drain()  # the worker's part, which no live server runs
    expect(inbox.get_by_text("请问枇杷膏还有货吗？")).to_be_visible()
    inbox.locator(".talk a").click()
    inbox.get_by_label("回复").fill("有货，给您留一瓶。")
    inbox.get_by_role("button", name="发送").click()
    expect(inbox.locator(".said-by.us")).to_contain_text("有货，给您留一瓶。")

    jobs.run_pending()
    expect(phone.locator("#chat .account")).to_contain_text("有货，给您留一瓶。")
    expect(phone.locator("#window")).to_contain_text("还能发 4 条")
    expect(inbox.get_by_text("还可以发 4 条")).to_be_visible()
    for page in (inbox, phone):
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
