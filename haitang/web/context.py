"""What every page needs."""

from __future__ import annotations

from django.http import HttpRequest


def navigation(request: HttpRequest) -> dict[str, object]:
    """The entries of the main navigation that this person may open."""
    return {}
