"""Masks: what is shown of a card, a phone or an identity number. Pure."""

from __future__ import annotations

import re

# Eight digits in a row (a card, a phone, an identity number), or eleven with blanks or dashes
# between them as phones are written. A date as people write it, 2026-10-17, is neither.
_NUMBERS = re.compile(r"\d(?:\d{7,}|(?:[ \-–—]?\d){10,})")


def masked(text: str) -> str:
    """Stars and the last four characters; at most half of a short text is shown."""
    shown = min(4, len(text) // 2)
    return "*" * (len(text) - shown) + text[len(text) - shown :]


def masked_numbers(text: str, *, least: int = 8) -> str:
    """The text with the long numbers in it masked: for cells of which nobody knows what they are.

    Long is eight digits and more in a row, or eleven with blanks or dashes between them; those of
    fewer than ``least`` digits stay.
    """
    return _NUMBERS.sub(
        lambda found: masked(found[0]) if _is_long(found, least) else found[0], text
    )


def has_long_number(text: str, *, least: int = 8) -> bool:
    """Whether ``masked_numbers`` would mask something."""
    return any(_is_long(found, least) for found in _NUMBERS.finditer(text))


def _is_long(found: re.Match[str], least: int) -> bool:
    return sum(each.isdigit() for each in found[0]) >= least
