"""A campaign's figures as charts (static/js/charts.js draws them). Pure.

Every figure of a chart also stands in a table or a calendar strip beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from campaigns.explain import DayView, StoreView

Chart = dict[str, Any]
_TONES = {"event": "accent", "used": "share-7", "skipped": "faint"}


def stores_chart(stores: Iterable[StoreView]) -> Chart:
    """Actual against baseline margin, a pair of bars a store; a bar leads to the store's days."""
    shown = list(stores)
    return {
        "categories": [_short(store) for store in shown],
        "series": [
            {"name": "实际毛利", "tone": "accent", "values": [store.actual for store in shown]},
            {"name": "基准毛利", "tone": "share-7", "values": [store.baseline for store in shown]},
        ],
        "links": [f"#store-{store.code}" for store in shown],
        "horizontal": True,
    }


def days_chart(store: StoreView) -> Chart | None:
    """One store's days: one campaign day beside its baseline days, or a pair of bars a day.

    None when no day of the store counts.
    """
    counted = [day for day in store.days if not day.left_out]
    if not counted:
        return None
    return _one_day(counted[0]) if len(counted) == 1 else _pairs(counted)


def _one_day(day: DayView) -> Chart:
    return {
        "categories": [f"{cell.date.month}-{cell.date.day}\n{cell.label}" for cell in day.cells],
        "series": [
            {
                "name": "毛利",
                "tone": "share-7",
                "values": [cell.margin or None for cell in day.cells],
            }
        ],
        "tones": [_TONES[cell.kind] for cell in day.cells],
        "line": {"name": "基准", "value": day.baseline},
    }


def _pairs(days: list[DayView]) -> Chart:
    return {
        "categories": [f"{day.date.month}月{day.date.day}日" for day in days],
        "series": [
            {"name": "实际毛利", "tone": "accent", "values": [day.actual for day in days]},
            {"name": "基准毛利", "tone": "share-7", "values": [day.baseline for day in days]},
        ],
    }


def _short(store: StoreView) -> str:
    """A bar has little room: the chain's name before the dot is left out."""
    return f"{store.code} {store.name.rpartition('·')[2]}".strip()
