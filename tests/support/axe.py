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
# Only the rules whose findings are serious, as axe runs them by itself: a third of the work less.
RUN = """async (only) => {
    const found = { resultTypes: ["violations"], preload: false };
    const grave = axe._audit.rules.filter((rule) =>
        rule.enabled && ["serious", "critical"].includes(rule.impact) &&
        !rule.tags.some((tag) => ["experimental", "deprecated"].includes(tag)));
    const values = only || grave.map((rule) => rule.id);
    return (await axe.run(document, { ...found, runOnly: { type: "rule", values } })).violations;
}"""
COLOURS = ["color-contrast"]


def serious_findings(page: Page, *, only_colours: bool = False) -> list[str]:
    """Each serious finding as a line: address, rule, what is wrong, where."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(RUN, COLOURS if only_colours else None)
    return [
        f"{page.url}: {each['id']}: {each['help']}: {node['html'][:160]}"
        for each in found
        for node in each["nodes"]
    ]


def bring_axe(page: Page) -> None:
    """Let axe be there on every page opened from now on: quicker than to send it to each."""
    page.add_init_script(_source())


@cache
def _source() -> str:
    if not SOURCE.is_file():
        missing("axe-core（sh tools/assets.sh dev）")
    return f"{SOURCE.read_text('utf-8')}; undefined"
