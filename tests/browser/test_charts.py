"""Charts: drawn from the served component, taken along as a picture, replaced by their tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts.models import User
from campaigns.services import compute_uplift
from haitang.web.finders import chart_library
from tests.support.browser import DESKTOP, PHONE, BrowseAs
from tests.support.services import missing
from tests.web import scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = pytest.mark.parametrize("width", [PHONE, DESKTOP])
PNG = b"\x89PNG"


@pytest.fixture
def campaign_page(browse_as: BrowseAs, general_manager: User) -> Page:
    scene.make_chain()
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    return browse_as(general_manager)


def test_chart_is_saved_as_a_picture(campaign_page: Page, tmp_path: Path) -> None:
    if not chart_library():
        missing("ECharts（sh tools/assets.sh）")
    campaign_page.goto("/campaigns/C1/")
    figure = campaign_page.locator("figure[data-drawn]").first
    with campaign_page.expect_download() as download:
        figure.get_by_role("button", name="存为图片").click()
    download.value.save_as(tmp_path / "picture.png")
    assert download.value.suggested_filename == "C1-各店增加值.png"
    assert (tmp_path / "picture.png").read_bytes().startswith(PNG)


@WIDTHS
def test_page_without_the_component_shows_the_table_and_says_so(
    width: int, browse_as: BrowseAs, general_manager: User, settings: Settings, tmp_path: Path
) -> None:
    settings.VENDOR_DIST = tmp_path
    scene.make_chain()
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    page = browse_as(general_manager, width=width)
    page.goto("/campaigns/C1/")
    expect(page.locator(".chart-missing").first).to_be_visible()
    expect(page.locator(".chart-missing").first).to_contain_text("没有装图表组件")
    expect(page.locator("#stores table")).to_contain_text("+¥670.20")
    assert page.locator("canvas").count() == 0


def test_component_that_does_not_come_leaves_the_sentence(
    campaign_page: Page, page_errors: list[str]
) -> None:
    campaign_page.route("**/vendor/*", lambda route: route.abort())
    campaign_page.goto("/campaigns/C1/")
    expect(campaign_page.locator(".chart-missing").first).to_be_visible()
    campaign_page.goto("/login/")
    page_errors.clear()  # the console tells of the request that was aborted on purpose
