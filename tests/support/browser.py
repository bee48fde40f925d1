"""Fixtures: headless Chromium (Debian's shell or browser, or what ``CHROMIUM`` names).

A page that logs an error, throws one or asks another host for anything fails its test.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.support.services import missing

DESKTOP, PHONE = 1440, 390
PATIENCE = 30_000  # milliseconds: a busy machine is no fault of the page
HEIGHT = {DESKTOP: 900, PHONE: 844}
# The shell without a window's machinery first: it takes a fifth of the other's work.
BROWSERS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]

BrowseAs = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use the browser."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


def chromium_path() -> str:
    """The Chromium of this machine, or an empty string."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else BROWSERS
    return next((path for name in candidates if (path := shutil.which(name))), "")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for all browser tests of this process."""
    path = chromium_path()
    if not path:
        missing("Chromium（apt-get install chromium-headless-shell，或用 CHROMIUM 指定路径）")
    expect.set_options(timeout=PATIENCE)
    with pytest.MonkeyPatch.context() as patch:
        # Playwright's sync API keeps an event loop in this thread; the ORM runs beside it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
            yield browser
            browser.close()


@pytest.fixture
def page_errors() -> list[str]:
    """What pages complained of; a test that provokes an error on purpose clears it."""
    return []


@pytest.fixture
def browse_as(
    chromium: Browser, live_server: LiveServer, page_errors: list[str]
) -> Iterator[BrowseAs]:
    """``browse_as(user, width=390)``: a page logged in as that person (None: as nobody).

    Addresses are relative to the live server: ``page.goto("/login/")``.
    """
    contexts = []

    def browse(user: User | None = None, *, width: int = DESKTOP) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": HEIGHT.get(width, 900)},
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.on("request", lambda request: _only_from_here(request, live_server, page_errors))
        page = context.new_page()
        if user is not None:
            sign_in(page, user, live_server)
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: _note(message, page_errors))
        page.on("pageerror", lambda error: page_errors.append(f"{page.url}: {error}"))
        return page

    yield browse
    for context in contexts:
        context.close()
    assert not page_errors, "\n".join(page_errors)


@pytest.fixture
def page(browse_as: BrowseAs) -> Page:
    """A page of a desktop's size, logged in as nobody."""
    return browse_as()


@pytest.fixture
def phone(browse_as: BrowseAs) -> Page:
    """A page of a telephone's size, logged in as nobody."""
    return browse_as(width=PHONE)


def sign_in(page: Page, user: User, live_server: LiveServer) -> None:
    """Make the page's browser this person's, whoever it was before; without the log-in form."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    key = client.cookies[name].value
    page.context.clear_cookies()
    page.context.add_cookies([{"name": name, "value": key, "url": live_server.url}])


def _only_from_here(request: Request, live_server: LiveServer, page_errors: list[str]) -> None:
    # Watched, not routed: a routed request goes through Python and past the browser's cache.
    parts = urlsplit(request.url)
    if parts.scheme.startswith("http") and parts.netloc != urlsplit(live_server.url).netloc:
        page_errors.append(f"asks another host: {request.url}")


def _note(message: ConsoleMessage, page_errors: list[str]) -> None:
    address = message.location.get("url", "")
    # Of an answer that is no page (JSON) Chromium asks for an icon that nobody named.
    if message.type == "error" and not address.endswith("/favicon.ico"):
        page_errors.append(f"{address}: {message.text}")
