"""A campaign's computed result as a page shows it, store by store and day by day.

Pure: takes the snapshot of ``CampaignResult.document`` and recomputes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from campaigns import wording
from haitang.kernel.display import signed_yuan, yuan_text
from haitang.kernel.money import exact, round_half_up

Snapshot = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One day in a calendar strip: an event day, a baseline day, or one passed over and why."""

    date: date
    kind: str
    figure: str
    label: str
    margin: str = ""


@dataclass(frozen=True)
class DayView:
    """A campaign day of a store with the days it was compared with."""

    date: date
    cells: tuple[Cell, ...]
    why: str
    uplift: str
    left_out: str
    actual: str = ""
    baseline: str = ""


@dataclass(frozen=True)
class StoreView:
    """A store's part of a campaign."""

    code: str
    name: str
    actual: str
    baseline: str
    uplift: str
    days: tuple[DayView, ...]

    @property
    def first_day(self) -> date | None:
        """The first day that counts: where the way to the sale lines begins."""
        return next((day.date for day in self.days if not day.left_out), None)


@dataclass(frozen=True)
class Metric:
    """A metric over all stores."""

    name: str
    is_money: bool
    actual: str
    baseline: str
    uplift: str


def metrics(snapshot: Snapshot) -> list[Metric]:
    """The five metrics, margin first: actual, baseline and uplift."""
    shown = snapshot["campaign"]
    return [
        Metric(
            name=name,
            is_money=key in wording.MONEY_METRICS,
            actual=shown["actual"][key],
            baseline=shown["baseline"][key],
            uplift=shown["uplift"][key],
        )
        for key, name in wording.METRICS.items()
    ]


def store_rows(
    snapshot: Snapshot, only: frozenset[str] | None, *, by_uplift: bool = False
) -> list[Snapshot]:
    """The stores that count, by code or by uplift; held to ``only`` when it is given."""
    rows = [row for row in snapshot["campaign"]["stores"] if only is None or row["store"] in only]
    if by_uplift:
        rows.sort(key=lambda row: -exact(row["margin_uplift"]))
    return rows


def store_views(
    snapshot: Snapshot, rows: Iterable[Snapshot], names: Mapping[str, str]
) -> list[StoreView]:
    """These stores with all their days."""
    days: dict[str, list[Snapshot]] = defaultdict(list)
    for day in snapshot["days"]:
        days[day["store"]].append(day)
    return [
        StoreView(
            code=row["store"],
            name=names.get(row["store"], ""),
            actual=row["margin_actual"],
            baseline=row["margin_baseline"],
            uplift=row["margin_uplift"],
            days=tuple(_day(day) for day in days[row["store"]]),
        )
        for row in rows
    ]


def left_out(
    snapshot: Snapshot, names: Mapping[str, str], only: frozenset[str] | None
) -> list[tuple[str, str, str]]:
    """The stores that do not count: code, name, reason as a sentence."""
    return [
        (row["store"], names.get(row["store"], ""), wording.left_out(row["reason"]))
        for row in snapshot["campaign"]["left_out"]
        if only is None or row["store"] in only
    ]


def store_table(
    snapshot: Snapshot, names: Mapping[str, str], only: frozenset[str] | None
) -> list[list[str | Decimal | None]]:
    """Every store as a row of a file: code, name, actual, baseline, uplift, why left out."""
    counted = [
        [
            row["store"],
            names.get(row["store"], ""),
            Decimal(row["margin_actual"]),
            Decimal(row["margin_baseline"]),
            Decimal(row["margin_uplift"]),
            "",
        ]
        for row in store_rows(snapshot, only)
    ]
    out = [
        [code, name, None, None, None, why] for code, name, why in left_out(snapshot, names, only)
    ]
    return [*counted, *out]


def _day(row: Snapshot) -> DayView:
    day = date.fromisoformat(row["date"])
    counted = "actual" in row
    return DayView(
        date=day,
        cells=tuple(sorted(_cells(row, day), key=lambda cell: cell.date)),
        why=_why(row) if counted else "",
        uplift=row["uplift"]["margin"] if counted else "",
        actual=row["actual"]["margin"] if counted else "",
        baseline=row["baseline"]["margin"] if counted else "",
        left_out="" if counted else wording.left_out(row["left_out"]),
    )


def _cells(row: Snapshot, day: date) -> list[Cell]:
    cells = [
        Cell(
            date.fromisoformat(used["date"]),
            "used",
            _round(used["margin"]),
            "基准",
            margin=used["margin"],
        )
        for used in row["baseline_days"]
    ]
    cells += [
        Cell(date.fromisoformat(skip["date"]), "skipped", "—", wording.skipped(skip["reason"]))
        for skip in row["skipped_days"]
        if skip["date"] != row["date"]
    ]
    margin = row["actual"]["margin"] if "actual" in row else ""
    figure = _round(margin) if margin else "不计"
    return [*cells, Cell(day, "event", figure, "活动", margin=margin)]


def _round(yuan: str) -> str:
    """A cell has room for whole yuan only; the exact figure stands behind the link."""
    return yuan_text(round_half_up(exact(yuan))).removesuffix(".00")


def _why(row: Snapshot) -> str:
    used = [yuan_text(each["margin"]) for each in reversed(row["baseline_days"])]
    actual, baseline = row["actual"]["margin"], row["baseline"]["margin"]
    if len(used) > 1:
        mean = f"({' + '.join(used)}) ÷ {len(used)} = {yuan_text(baseline)}"
    else:
        mean = yuan_text(baseline)
    result = signed_yuan(row["uplift"]["margin"])
    return f"基准 {mean}；实际 {yuan_text(actual)} − 基准 = {result}"
