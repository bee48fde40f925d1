"""API tokens in a real browser: made, seen once, revoked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import ApiToken, User
from tests.support.browser import DESKTOP, PHONE, BrowseAs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_token_is_made_shown_once_and_revoked(
    width: int, browse_as: BrowseAs, planner: User
) -> None:
    page = browse_as(planner, width=width)
    page.goto(f"/people/{planner.pk}/")
    page.get_by_role("link", name="接口令牌").click()
    page.get_by_label("用途").fill("收银系统")
    page.get_by_role("button", name="建立令牌").click()
    shown = page.get_by_label("令牌的内容").input_value()
    assert shown.startswith("ht_")
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{over}px too wide"
    page.goto("/tokens/")
    expect(page.get_by_label("令牌的内容")).to_have_count(0)
    page.get_by_role("button", name="作废").click()
    expect(page.get_by_text("已作废，用它的程序从现在起进不来")).to_be_visible()
    assert ApiToken.objects.get().revoked_at is not None
