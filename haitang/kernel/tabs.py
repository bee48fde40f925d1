"""The pages of one kind of work, side by side: declared by the app, shown to who may open them.

An app declares them in ``<app>/tabs.py``, imported by its ``AppConfig.ready``; a page shows them by
``{% tabs "wechat" %}`` (haitang.kernel.templatetags.tabs).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse


@dataclass(frozen=True)
class Page:
    """A page: what people call it, the name of its address, who may open it."""

    name: str
    view: str
    may: Callable[[Any], bool]


@dataclass(frozen=True)
class Tab:
    """A page as it is offered to a person."""

    name: str
    url: str
    is_here: bool


_bars: dict[str, tuple[Page, ...]] = {}


def declare(bar: str, pages: Sequence[Page]) -> None:
    """These pages stand side by side under that name; declaring them again replaces them."""
    _bars[bar] = tuple(pages)


def shown(bar: str, *, user: Any, here: str) -> list[Tab]:
    """The pages that the user may open; ``here`` is the name of an address. One alone is none."""
    found = [
        Tab(each.name, reverse(each.view), each.view == here)
        for each in _bars[bar]
        if each.may(user)
    ]
    return found if len(found) > 1 else []
