"""Named moments at which a test may end the process, to see what is left behind.

In the product nothing happens there: only a test sets ``on_reach``.
"""

from __future__ import annotations

from collections.abc import Callable


def _nothing(name: str) -> None:
    """What happens at every fail-point of the product."""


on_reach: Callable[[str], None] = _nothing


def fail_point(name: str) -> None:
    """This moment has been reached."""
    on_reach(name)
