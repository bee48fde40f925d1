"""Pictures of the main pages for docs/screenshots/: python tools/screenshots.py [address]

Wants a running demonstration (`make demo`) and Chromium; logs in as the people of the demo chain.
Each picture is the page as it first stands on an office screen (1440 × 900) or on a telephone
(390 × 844), small enough to be kept with the code.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
MOST_BYTES = 200_000
FLAGS = ["--no-sandbox", "--disable-gpu"]
DESKTOP, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)


@dataclass(frozen=True)
class Shot:
    """A picture: who looks at what, and from which part of the page on."""

    name: str
    username: str
    path: str
    part: str = ""
    scheme: str = "light"
    phone: bool = False


SHOTS = (
    Shot("workbench", "liweidong", "/"),
    Shot("workbench-phone", "liweidong", "/", phone=True),
    Shot("month", "chenguodong", "/months/2026-09/"),
    Shot("month-phone", "chenguodong", "/months/2026-09/", phone=True),
    Shot("campaign", "chenguodong", "/campaigns/HD13/"),
    Shot("campaign-stores", "chenguodong", "/campaigns/HD12/", part="#stores"),
    Shot("campaign-phone", "chenguodong", "/campaigns/HD12/", part="#stores", phone=True),
    Shot("campaign-dark", "chenguodong", "/campaigns/HD12/", part="#stores", scheme="dark"),
    Shot("calendar-phone", "huangjing", "/calendar/2026/?quarter=4", phone=True),
    Shot("imports", "zhangzhiqiang", "/imports/"),
    Shot("styleguide", "admin", "/styleguide/", part="#states"),
)


def main(address: str) -> int:
    """Take every picture; the exit status is 1 when one is too large."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        sizes = {shot.name: take(browser, address, shot) for shot in SHOTS}
        browser.close()
    for name, size in sizes.items():
        print(f"docs/screenshots/{name}.png {size // 1000} kB")
    return int(any(size > MOST_BYTES for size in sizes.values()))


def chromium() -> str:
    """The Chromium of this machine, or the one that ``CHROMIUM`` names."""
    found = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if not found:
        raise SystemExit("没有 Chromium：apt-get install chromium，或用 CHROMIUM 指定路径。")
    return found


def take(browser: Browser, address: str, shot: Shot) -> int:
    """Save one picture; its size in bytes."""
    context = browser.new_context(
        base_url=address,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport=PHONE if shot.phone else DESKTOP,
        color_scheme="dark" if shot.scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    log_in(page, shot.username)
    page.goto(shot.path)
    page.wait_for_load_state("networkidle")
    if shot.part:
        page.locator(shot.part).evaluate("part => part.scrollIntoView()")
        page.wait_for_timeout(600)  # charts are drawn when they come into view
    file = FOLDER / f"{shot.name}.png"
    page.screenshot(path=file)
    context.close()
    return file.stat().st_size


def log_in(page: Page, username: str) -> None:
    """As a person of the demo chain, whose password is printed by `make demo`."""
    page.goto("/login/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(f"haitang-{username}")
    page.get_by_role("button", name="登录").click()
    page.locator(".me").wait_for()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"))
