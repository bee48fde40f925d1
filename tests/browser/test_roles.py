"""Every role, on a telephone and on a desktop: from the workbench to the sale lines of a figure.

How the pages look, axe and the console of each is test_look.py's; here is the way from one to the
next, as far as the role may go.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.roles import Role
from campaigns.services import compute_uplift
from haitang.kernel.clock import Month
from incentives.calculation.services import calculate_month
from tests.factories.people import make_holder, make_user
from tests.support.browser import DESKTOP, PHONE, BrowseAs, sign_in
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
TO_THE_CAMPAIGN = {"copy", "art", "cs", "clerk"}


def _person(role: str) -> User:
    if role == ADMINISTRATOR:
        return make_user(username=role, is_superuser=True)
    return make_holder(
        Role(role), username=role, store_code="S01" if role == "store_manager" else ""
    )


def _settled_month() -> None:
    scene.make_chain()
    scene.make_team()
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    calculate_month(month=Month(2026, 10), by=None, now=scene.MOMENT)


@WIDTHS
@pytest.mark.long
def test_every_role_goes_from_the_workbench_to_the_sale_lines(
    width: int, browse_as: BrowseAs, live_server: LiveServer
) -> None:
    people = {role: _person(role) for role in (*Role.values, ADMINISTRATOR)}
    _settled_month()
    page = browse_as(width=width)
    for role, person in people.items():
        sign_in(page, person, live_server)
        page.goto("/")
        _follow(role, page)


def _follow(role: str, page: Page) -> None:
    """A tap to the month and two to the sale lines, or as far as the role may."""
    if role in TO_THE_LINES | TO_THE_CAMPAIGN:
        page.locator(".figure .value").get_by_role("link", name="¥292.08").click()
        page.locator("#campaigns").get_by_role("link", name="+¥1,460.40").click()
        expect(page.locator("[data-figure=uplift]")).to_have_text("+¥1,460.40")
    elif role == "store_manager":
        page.locator("main").get_by_role("link", name="感恩周末 C1").click()
    else:
        expect(page.get_by_role("heading", level=1)).to_contain_text("您好")
        assert page.locator("a[href='/months/']").count() == 0, role
        return
    store = page.locator("#stores tbody tr").filter(has_text="S01")
    expect(store).to_contain_text("+¥670.20")
    if role in TO_THE_CAMPAIGN:
        assert page.locator("a.cell").count() == 0, role
        return
    page.wait_for_load_state("networkidle")  # the charts have taken their place
    store.locator("td a").last.click()
    expect(page.locator("[data-figure=margin]")).to_have_text("¥991.80")
    expect(page.locator("main")).to_contain_text("1017-1")


@WIDTHS
def test_figure_opens_to_a_sentence_and_a_table(
    width: int, browse_as: BrowseAs, general_manager: User
) -> None:
    _settled_month()
    page = browse_as(general_manager, width=width)
    page.goto("/months/2026-10/")
    expect(page.locator("#checks")).to_contain_text("数据没有变")
    page.locator("summary[data-figure=pool]").click()
    expect(page.get_by_text("¥1,460.40 × 20% = ¥292.08").first).to_be_visible()
    page.locator("#split summary").first.click()
    expect(page.locator("#split .trace-body").first).to_be_visible()
    page.locator("summary[data-figure=uplift]").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".trace-body").get_by_role("link", name="感恩周末 C1").click()
    expect(page).to_have_url(re.compile("/campaigns/C1/$"))
