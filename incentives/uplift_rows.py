"""The campaigns of a settlement document with their stores, each a way to its sale lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from campaigns.wording import compared
from haitang.kernel.money import exact
from haitang.policy.document import Policy

Beginnings = Mapping[str, tuple[str, date]]


def campaign_row(
    row: Mapping[str, Any],
    beginnings: Beginnings,
    names: Mapping[str, str],
    policy: Policy,
    *,
    most: int | None = None,
) -> dict[str, Any]:
    """A campaign with its title, its ``first_day`` (None once it is gone) and its stores by name.

    The store that brought most stands first, and ``most`` of the ``store_count`` are named; the
    sale lines of each begin on the first day.
    """
    title, first_day = beginnings.get(row["code"], (row["code"], None))
    return {
        **row,
        "title": title,
        "first_day": first_day,
        "compared": compared(row["comparator"], policy),
        "stores": _stores(row["stores"], names, most),
        "store_count": len(row["stores"]),
    }


def _stores(
    rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], most: int | None
) -> list[dict[str, Any]]:
    ordered = sorted(rows, key=lambda row: -exact(row["margin_uplift"]))[:most]
    return [{**row, "name": names.get(row["store"], "")} for row in ordered]
