"""Every role, on a telephone and on a desktop: log in, land, follow a figure as far as one may.

On each page of the way axe finds nothing serious, nothing is wider than the screen, nothing is
blocked and the console stays silent (tests/support/browser.py).
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import Role
from campaigns.services import compute_uplift
from haitang.kernel.clock import Month
from incentives.services import calculate_month
from tests.factories.people import make_holder, make_user
from tests.support.axe import serious_findings
from tests.support.browser import DESKTOP, PHONE, BrowseAs
from tests.web import scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = pytest.mark.parametrize("width", [PHONE, DESKTOP])
ADMINISTRATOR = "administrator"
TO_THE_LINES = {
    "general_manager",
    "vice_general_manager",
    "finance",
    "planner",
    "supervisor",
    "it",
    "ops",
    ADMINISTRATOR,
}
TO_THE_CAMPAIGN = {"copy", "art", "cs"}
# Pages differ little between roles: axe looks at those of the most and the least rights.
LOOKED_AT = {"general_manager", "store_manager", "employee"}


def _person(role: str) -> User:
    if role == ADMINISTRATOR:
        return make_user(username=role, is_superuser=True)
    return make_holder(
        Role(role), username=role, store_code="S01" if role == "store_manager" else ""
    )


def _sound(page: Page, *, look: bool = True) -> None:
    """The page fits the screen and axe finds nothing serious."""
    page.wait_for_load_state("load")
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{page.url} is {over}px too wide"
    findings = serious_findings(page) if look else []
    assert not findings, "\n".join(findings)


def _log_in(page: Page, username: str) -> None:
    page.goto("/login/")
    _sound(page, look=username in LOOKED_AT)
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(username)
    page.get_by_role("button", name="登录").click()
    expect(page.locator(".me")).to_be_visible()


def _settled_month() -> None:
    scene.make_chain()
    scene.make_team()
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    calculate_month(month=Month(2026, 10), by=None, now=scene.MOMENT)


@WIDTHS
def test_every_role_logs_in_and_follows_a_figure(width: int, browse_as: BrowseAs) -> None:
    roles = [*Role.values, ADMINISTRATOR]
    for role in roles:
        _person(role)
    _settled_month()
    for role in roles:
        _follow(role, browse_as(width=width))


def _follow(role: str, page: Page) -> None:
    """From the log-in to the sale lines in two taps from the month, or as far as the role may."""
    _log_in(page, role)
    _sound(page, look=role in LOOKED_AT)
    if role in TO_THE_LINES | TO_THE_CAMPAIGN:
        page.goto("/months/2026-10/")
        expect(page.locator("#checks")).to_contain_text("数据没有变")
        _sound(page, look=role in LOOKED_AT)
        # The first tap: the campaign's figure. The second: the store's day.
        page.locator("#campaigns").get_by_role("link", name="+¥1,460.40").click()
        expect(page.locator("[data-figure=uplift]")).to_have_text("+¥1,460.40")
    elif role == "store_manager":
        page.goto("/campaigns/C1/")
    else:
        assert page.locator("a[href='/months/']").count() == 0, role
        return
    page.locator("figure.chart").first.scroll_into_view_if_needed()
    expect(page.locator("figure.chart").first).to_have_text(re.compile("存为图片|没有装图表组件"))
    _sound(page, look=role in LOOKED_AT)
    if role in TO_THE_CAMPAIGN:
        assert page.locator("a.cell").count() == 0, role
        return
    page.locator("#stores tbody tr").filter(has_text="S01").locator("td a").last.click()
    expect(page.locator("[data-figure=margin]")).to_have_text("¥991.80")
    expect(page.locator("main")).to_contain_text("1017-1")
    _sound(page, look=role in LOOKED_AT)


@WIDTHS
def test_figure_opens_to_a_sentence_and_a_table(
    width: int, browse_as: BrowseAs, general_manager: User
) -> None:
    _settled_month()
    page = browse_as(general_manager, width=width)
    page.goto("/months/2026-10/")
    page.locator("summary[data-figure=pool]").click()
    expect(page.get_by_text("¥1,460.40 × 20% = ¥292.08").first).to_be_visible()
    page.locator("#split summary").first.click()
    expect(page.locator("#split .trace-body").first).to_be_visible()
    page.locator("summary[data-figure=uplift]").click()
    _sound(page)
    page.locator(".trace-body").get_by_role("link", name="感恩周末 C1").click()
    expect(page).to_have_url(re.compile("/campaigns/C1/$"))


@WIDTHS
def test_lists_and_style_guide_are_sound(
    width: int, browse_as: BrowseAs, administrator: User
) -> None:
    _settled_month()
    page = browse_as(administrator, width=width)
    for address in ("/months/", "/months/?by=role", "/campaigns/", "/styleguide/"):
        page.goto(address)
        _sound(page)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_colours_are_sound_in_either_scheme(
    scheme: str, browse_as: BrowseAs, administrator: User
) -> None:
    _settled_month()
    page = browse_as(administrator)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for address in ("/months/2026-10/", "/campaigns/C1/", "/styleguide/"):
        page.goto(address)
        _sound(page)
