"""What each right is called: for the page of a person and for the sentence of a refusal.

Every app names its predicates beside them (``rules.py``); nothing here knows any app.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

Asked = Callable[..., object]
_NAMES: list[tuple[str, Asked]] = []


def name_rights(*named: tuple[str, Asked]) -> None:
    """Say what these predicates let somebody do: ``("看月度结算", may_see_months)``."""
    known = {words for words, _ in _NAMES}
    _NAMES.extend(each for each in named if each[0] not in known)


def named_rights() -> Iterable[tuple[str, Asked]]:
    """Every right that was named, in the order in which the apps named them."""
    return tuple(_NAMES)


def name_of(predicate: Asked) -> str:
    """What that predicate lets somebody do; empty when nobody named it."""
    return next((words for words, each in _NAMES if each is predicate), "")
