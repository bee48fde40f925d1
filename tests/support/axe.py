"""What axe-core finds wrong with a page for people with a handicap.

Its source is evaluated through the debugging protocol, not put into the page: the content
security policy stays as it is. ``tools/assets.sh dev`` brings it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.support.services import missing

SOURCE = Path(__file__).parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}
RUN = "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"


def serious_findings(page: Page) -> list[str]:
    """Each serious finding as a line: address, rule, what is wrong, where."""
    page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(RUN)
    return [
        f"{page.url}: {each['id']}: {each['help']}: {node['html'][:160]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


@cache
def _source() -> str:
    if not SOURCE.is_file():
        missing("axe-core（sh tools/assets.sh dev）")
    return f"{SOURCE.read_text('utf-8')}; undefined"
