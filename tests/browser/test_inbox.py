"""A follower writes, customer service answers in the browser, the follower reads the answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from haitang.kernel import jobs
from haitang.wechat import processing
from haitang.wechat.simulator.server import Simulator, running_simulator
from haitang.wechat.webhook import storing
from membership.models import Message
from tests.membership.scene import make_inbox
from tests.support.axe import serious_findings
from tests.support.browser import DESKTOP, PHONE, BrowseAs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def wechat(settings: Settings, live_server: LiveServer) -> Iterator[Simulator]:
    """WeChat's side, which delivers to the live server."""
    with running_simulator(callback_url=f"{live_server.url}/wechat/callback/") as running:
        for name, value in running.environment.items():
            setattr(settings, name, value)
        yield running
    storing.close()


def read_on_the_phone(wechat: Simulator, name: str) -> list[str]:
    """The texts from the account that the follower reads."""
    lines = wechat.follower(name).chat
    return [line.body["content"] for line in lines if line.by == "account"]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_follower_writes_and_reads_the_answer_without_a_page_being_loaded_anew(
    width: int, browse_as: BrowseAs, wechat: Simulator, cs: User
) -> None:
    page = browse_as(cs, width=width)
    page.goto("/inbox/")
    expect(page.get_by_text("现在没有留言")).to_be_visible()
    wechat.send("林女士", "请问枇杷膏还有货吗？")
    processing.drain()
    expect(page.get_by_text("请问枇杷膏还有货吗？")).to_be_visible()
    page.locator(".talk a").click()
    page.wait_for_url("**/inbox/*/**")
    expect(page.get_by_text("还可以发 5 条")).to_be_visible()
    page.get_by_label("回复").fill("有货，给您留一瓶。")
    page.get_by_role("button", name="发送").click()
    page.wait_for_url("**/inbox/*/#end")
    jobs.run_pending()
    assert read_on_the_phone(wechat, "林女士") == ["有货，给您留一瓶。"]
    expect(page.get_by_text("还可以发 4 条")).to_be_visible()
    page.get_by_label("回复").fill("写到一半")
    wechat.send("林女士", "谢谢！")
    processing.drain()
    expect(page.get_by_text("谢谢！")).to_be_visible()
    expect(page.get_by_label("回复")).to_have_value("写到一半")
    assert Message.objects.filter(direction="out").count() == 1


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_thread_fits_takes_quick_replies_and_has_no_serious_fault(
    width: int, browse_as: BrowseAs, cs: User
) -> None:
    conversation = make_inbox(cs)
    page = browse_as(cs, width=width)
    page.goto(f"/inbox/{conversation.pk}/")
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{over}px too wide"
    assert serious_findings(page) == []
    page.get_by_text("常用回复", exact=True).click()
    page.get_by_role("button", name="营业时间").click()
    expect(page.get_by_label("回复")).to_have_value("您好，各店每天 8:00–21:00 营业。")
    page.reload()
    expect(page.get_by_label("回复")).to_have_value("您好，各店每天 8:00–21:00 营业。")


def test_picture_that_comes_in_pushes_the_writing_box_nowhere(
    browse_as: BrowseAs, wechat: Simulator, cs: User
) -> None:
    page = browse_as(cs, width=PHONE)
    wechat.send("林女士", "\n".join(["请看这张处方"] * 20))
    processing.drain()
    page.goto("/inbox/")
    page.locator(".talk a").click()
    page.wait_for_url("**/inbox/*/**")
    place = "document.getElementById('end').getBoundingClientRect().top"
    before = page.evaluate(place)
    wechat.send_image(wechat.follower("林女士"))
    processing.drain()
    jobs.run_pending()
    picture = page.get_by_alt_text("对方发的图片")
    expect(picture).to_be_attached()
    page.wait_for_function("document.querySelector('.sent-picture')?.naturalHeight > 0")
    page.wait_for_function(f"Math.abs({place} - {before}) < 2")
