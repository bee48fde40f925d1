"""How every page looks: docs/permissions.md names them all, here each is opened and looked at.

On a telephone in the light axe finds nothing serious, nothing is wider than the screen, what is to
be tapped has room for a thumb. On a desktop in the dark the colours stand apart and nothing is
wider than the screen. A console error or a blocked request fails it (tests/support/browser.py).
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.roles import Role
from campaigns.models import Campaign, Store
from content.models import Article
from tests.factories.people import make_holder
from tests.support.axe import bring_axe, serious_findings
from tests.support.browser import DESKTOP, HEIGHT, PHONE, BrowseAs, sign_in
from tests.web.permission_scene import make_scene
from tests.web.test_permissions import ADMIN, OWN, YES, rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# What is no page: files, fragments of pages, answers for programs, Django's own. Who objects to
# a line of the own payslip is walked in test_kpi.py.
NO_PAGE = re.compile(
    r"\.(csv|xlsx|json|png)(/|$)|/(voucher|file)/$|^/api/(?!docs/)|/(freshness|progress|news)/$|/object/"
    r"|^/django-admin/|^/wechat/(mine/bind|back|log-in)/$"
)
LONG = "金秋九月全连锁会员感恩回馈暨慢病管理公益讲堂与家庭药箱清理周末联合大型主题活动 A1234567890"
FOR_THE_MANAGER = ("/", "/months/{月}/", "/campaigns/{活动}/", "/months/?by=role")
# Whoever of these comes first looks at a page: some are finance's alone, some the team's.
LOOKERS = (ADMIN, *(Role.GENERAL_MANAGER, Role.FINANCE, Role.SUPERVISOR, Role.IT))
NOBODY = ""  # an address for programs alone
THUMB = 40  # pixels, at least as high
SMALL = """() => [...document.querySelectorAll(
    ".btn, button, summary, select, textarea, .bar a, .tabs a, " +
    "input:not([type=checkbox], [type=radio])"
  )].filter((each) => each.checkVisibility() && !each.closest(".trace, .visually-hidden"))
    .map((each) => [each.getBoundingClientRect().height, each.outerHTML.slice(0, 120)])
    .filter(([height]) => height > 0 && height < %d)
    .map(([height, html]) => `${height}px: ${html}`)"""


def _addresses() -> list[tuple[str, str]]:
    """The address of every page as the document writes it, and a role that may open it."""
    found = [
        (address, next((each for each in LOOKERS if row.marks[each] in (YES, OWN)), NOBODY))
        for row in rows()
        for method, address in row.addresses
        if method == "GET" and not NO_PAGE.search(address)
    ]
    assert len(found) > 30
    found += [(address, Role.GENERAL_MANAGER) for address in FOR_THE_MANAGER]
    return [*found, ("/calendar/{年}/?quarter=1", ADMIN)]


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.long
def test_every_page(part: int, browse_as: BrowseAs, live_server: LiveServer) -> None:
    the = make_scene(ADMIN)
    lookers = {role: make_holder(Role(role)) for role in LOOKERS if role != ADMIN}
    for model, name in ((Campaign, "title"), (Store, "name"), (Article, "title")):
        model._default_manager.update(**{name: LONG})
    page = browse_as(the.user, width=PHONE)
    bring_axe(page)
    wrong = []
    for looker in LOOKERS:
        if looker != ADMIN:
            sign_in(page, lookers[looker], live_server)
        for address in [each for each, role in _addresses() if role == looker][part::2]:
            wrong += _look(page, the.address(address))
    assert not wrong, "\n".join(wrong)


def _look(page: Page, address: str) -> list[str]:
    """Opens a page on the telephone in the light, then widens and darkens it; what is wrong."""
    page.set_viewport_size({"width": PHONE, "height": HEIGHT[PHONE]})
    page.emulate_media(color_scheme="light")
    answer = page.goto(address)
    assert answer is not None
    if answer.status != 200 or "text/html" not in answer.headers["content-type"]:
        return [f"{address}: {answer.status} {answer.headers['content-type']}"]
    wrong = _too_wide(page) + [f"{address}: {each}" for each in page.evaluate(SMALL % THUMB)]
    wrong += serious_findings(page)
    page.set_viewport_size({"width": DESKTOP, "height": HEIGHT[DESKTOP]})
    page.emulate_media(color_scheme="dark")
    return wrong + _too_wide(page) + serious_findings(page, only_colours=True)


def _too_wide(page: Page) -> list[str]:
    over = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [f"{page.url} is {over}px too wide"] if over > 0 else []


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_no_right_and_nowhere_say_so_with_a_way_on(
    width: int, browse_as: BrowseAs, employee: User, page_errors: list[str]
) -> None:
    page = browse_as(employee, width=width)
    for address, heading in (("/months/", "没有权限"), ("/nowhere/", "没有找到这一页")):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        expect(page.locator("main").get_by_role("link", name="回首页")).to_be_visible()
        assert not serious_findings(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page_errors.clear()  # the console tells of the 403 and the 404 asked for on purpose


def test_bar_on_the_telephone_opens_the_rest_by_keyboard(
    browse_as: BrowseAs, administrator: User
) -> None:
    page = browse_as(administrator, width=PHONE)
    page.goto("/people/")
    bar = page.locator("nav.bar")
    more = bar.locator("summary")
    expect(bar.locator("> a")).to_have_count(4)
    expect(more).to_have_class("current")
    more.focus()
    page.keyboard.press("Enter")
    expect(bar.get_by_role("link", name="人员")).to_have_attribute("aria-current", "page")
    assert not serious_findings(page)
    page.keyboard.press("Escape")
    expect(bar.get_by_role("link", name="人员")).to_be_hidden()
    expect(more).to_be_focused()
    more.click()
    page.locator("main").click(position={"x": 5, "y": 5}, force=True)
    expect(bar.get_by_role("link", name="人员")).to_be_hidden()
    more.click()
    bar.get_by_role("link", name="记录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("操作记录")


def test_navigation_keeps_to_one_line_and_opens_its_groups(
    browse_as: BrowseAs, administrator: User
) -> None:
    page = browse_as(administrator, width=DESKTOP)
    page.goto("/people/")
    nav = page.locator("nav.nav")
    management = nav.locator("summary", has_text="管理")
    expect(management).to_have_class("current")
    for width in (DESKTOP, 1024):
        page.set_viewport_size({"width": width, "height": 900})
        assert nav.evaluate("nav => nav.getBoundingClientRect().height") < 50
    nav.locator("summary", has_text="制度").click()
    expect(nav.get_by_role("link", name="日历")).to_be_visible()
    assert not serious_findings(page)
    page.keyboard.press("Escape")
    expect(nav.get_by_role("link", name="日历")).to_be_hidden()
    management.click()
    nav.get_by_role("link", name="记录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("操作记录")


def test_bar_works_without_scripts(
    chromium: Browser, live_server: LiveServer, store_manager: User
) -> None:
    context = chromium.new_context(
        base_url=live_server.url,
        viewport={"width": PHONE, "height": 844},
        java_script_enabled=False,
    )
    page = context.new_page()
    sign_in(page, store_manager, live_server)
    page.goto("/")
    page.locator("nav.bar summary").click()
    page.locator("nav.bar").get_by_role("link", name="代理").click()
    expect(page).to_have_url(re.compile("/deputies/$"))
    context.close()


def test_calendar_on_the_telephone_shows_one_quarter(
    browse_as: BrowseAs, general_manager: User
) -> None:
    page = browse_as(general_manager, width=PHONE)
    page.goto("/calendar/2025/")
    expect(page.locator(".year > section:visible h2")).to_have_text(["1月", "2月", "3月"])
    page.get_by_role("link", name="10–12月").click()
    expect(page.locator(".year > section:visible h2")).to_have_text(["10月", "11月", "12月"])
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    expect(page.locator(".year > section:visible")).to_have_count(12)


def test_filters_on_the_telephone_wait_behind_one_tick(
    browse_as: BrowseAs, general_manager: User
) -> None:
    page = browse_as(general_manager, width=PHONE)
    page.goto("/campaigns/")
    expect(page.get_by_label("状态")).to_be_hidden()
    page.get_by_label("更多条件").check()
    page.get_by_label("状态").select_option(label="已完成")
    page.get_by_role("button", name="筛选").click()
    expect(page.get_by_label("状态")).to_have_value("completed")
