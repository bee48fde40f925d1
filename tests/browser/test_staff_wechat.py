"""Staff bind their own WeChat and log in by it, in WeChat's browser and past its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from haitang.wechat.models import StaffBinding
from haitang.wechat.simulator.server import Simulator, running_simulator
from haitang.wechat.webhook import storing
from tests.support.browser import HEIGHT, PHONE, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WITHIN_WECHAT = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 MicroMessenger/8.0.50"


@pytest.fixture
def wechat(settings: Settings, live_server: LiveServer) -> Iterator[Simulator]:
    """WeChat's side, whose page asks who one is."""
    with running_simulator(callback_url=f"{live_server.url}/wechat/callback/") as running:
        for name, value in running.environment.items():
            setattr(settings, name, value)
        yield running
    storing.close()


@pytest.fixture
def telephone(chromium: Browser, live_server: LiveServer) -> Iterator[Callable[[], Page]]:
    """``telephone()``: WeChat's browser on a telephone, logged in as nobody."""
    contexts = []

    def unlock() -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            locale="zh-CN",
            user_agent=WITHIN_WECHAT,
            viewport={"width": PHONE, "height": HEIGHT[PHONE]},
            reduced_motion="reduce",
        )
        contexts.append(context)
        return context.new_page()

    yield unlock
    for context in contexts:
        context.close()


def agree(page: Page, who: str) -> None:
    """On WeChat's page: who one is, and yes."""
    page.get_by_label("以谁的身份打开").select_option(label=who)
    page.get_by_role("button", name="同意").click()


def test_wechat_is_bound_once_and_opens_the_account_from_then_on(
    telephone: Callable[[], Page], wechat: Simulator, live_server: LiveServer, cs: User
) -> None:
    own = wechat.follower("林女士")
    wechat.follower("王阿姨")
    page = telephone()
    sign_in(page, cs, live_server)
    page.goto("/wechat/mine/")
    page.get_by_role("link", name="绑定这个微信").click()
    agree(page, "林女士")
    expect(page.get_by_text("已绑定：以后在微信里打开登录页")).to_be_visible()
    assert StaffBinding.objects.get().openid == own.openid

    page = telephone()
    page.goto("/inbox/")
    page.get_by_role("link", name="用微信登录").click()
    agree(page, "林女士")
    expect(page.get_by_role("heading", name="留言", exact=True)).to_be_visible()

    page = telephone()
    page.goto("/login/")
    page.get_by_role("link", name="用微信登录").click()
    agree(page, "王阿姨")
    expect(page.get_by_text("还没有绑定账号")).to_be_visible()
