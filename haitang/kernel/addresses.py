"""Addresses of pages by name; one that was made once is kept.

A page writes hundreds of addresses, and Django makes each anew out of the patterns.
"""

from __future__ import annotations

from functools import lru_cache

from django.urls import get_script_prefix, reverse

KEPT = 8_192


def address(view: str, *args: object) -> str:
    """The path of a view; ``reverse`` of the same words."""
    return _made(get_script_prefix(), view, *map(str, args))


@lru_cache(KEPT)
def _made(prefix: str, view: str, *args: str) -> str:
    """The address below the prefix, which ``reverse`` reads by itself."""
    return reverse(view, args=args)
