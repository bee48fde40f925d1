"""The page of the API in a browser: no console error, nothing blocked, nothing wider than it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.support.browser import DESKTOP, PHONE, BrowseAs


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_api_page_opens_an_operation_and_its_answer(
    width: int, browse_as: BrowseAs, planner: User
) -> None:
    page = browse_as(planner, width=width)
    page.goto("/api/docs/")
    settlement = page.locator("#settlement")
    expect(settlement.get_by_text("roles[].payees[].amount")).to_be_hidden()
    settlement.locator("summary").click()
    expect(settlement.get_by_text("roles[].payees[].amount")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#store_list").get_by_role("link", name="打开").click()
    expect(page.locator("body")).to_contain_text('"results":[]')
