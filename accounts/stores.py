"""The stores by code and name, as the app of stores knows them; people know only their codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Source = Callable[[], Mapping[str, str]]
_sources: list[Source] = []


def offer_stores(source: Source) -> None:
    """Tell where stores come from; called once when the app that keeps them is ready."""
    _sources[:] = [source]


def store_names() -> Mapping[str, str]:
    """Code → name of every store."""
    return _sources[0]() if _sources else {}
