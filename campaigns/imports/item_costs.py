"""The item cost list: what one unit of an item costs from a day on (docs/imports.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from campaigns.imports import values
from campaigns.imports.mapping import normal
from campaigns.imports.reading import open_table
from campaigns.imports.switching import STREAM
from campaigns.imports.values import BadValue
from campaigns.models import ItemCost
from haitang.kernel import audit
from haitang.kernel.errors import Invalid
from haitang.kernel.masking import masked_numbers

COLUMNS = {
    "item": ("商品编码", "item", "商品代码", "商品编号", "货号"),
    "valid_from": ("生效日期", "valid_from", "日期"),
    "cost": ("单位成本", "cost", "成本", "成本单价"),
}
FAULTS_SHOWN = 20
_AT_ONCE = 1_000
Key = tuple[str, date]
T = TypeVar("T")


@dataclass(frozen=True)
class Loaded:
    """What a cost list did: rows read, and how many costs are new, changed, as before."""

    read: int
    added: int
    changed: int
    same: int

    @property
    def sentence(self) -> str:
        return (
            f"读到 {self.read:,} 行：新增 {self.added:,} 条成本，改动 {self.changed:,} 条，"
            f"{self.same:,} 条与原来相同。已经导入的销售不会自动改，需要时请重新导入。"
        )


def costs_found(text: str = "") -> QuerySet[ItemCost]:
    """Item costs whose item has the text, by item, the latest first."""
    found = ItemCost.objects.all()
    if text:
        found = found.filter(item__icontains=text)
    return found.order_by("item", "-valid_from")


def load_item_costs(*, path: Path, name: str, by: User | None, now: datetime) -> Loaded:
    """Take a cost list in whole: the columns 商品编码, 生效日期, 单位成本 (yuan, 4 places).

    A cost of the same item and day is replaced, others stay. Raises Invalid for a file that
    cannot be read or has any bad row: then nothing is taken.
    """
    costs = _read(path, name)
    with transaction.atomic():
        kept = _kept({item for item, _ in costs})
        new = [key for key in costs if key not in kept]
        changed = [key for key in costs if key in kept and kept[key] != costs[key]]
        ItemCost.objects.bulk_create(
            [
                ItemCost(item=item, valid_from=day, cost=costs[item, day])
                for item, day in (*new, *changed)
            ],
            batch_size=_AT_ONCE,
            update_conflicts=True,
            unique_fields=["item", "valid_from"],
            update_fields=["cost"],
        )
        loaded = Loaded(len(costs), len(new), len(changed), len(costs) - len(new) - len(changed))
        if new or changed:
            audit.record(
                stream=STREAM,
                act="load_item_costs",
                object_type="campaigns.itemcost",
                object_id=name[:100],
                object_name=name,
                by=by,
                now=now,
                details={"read": loaded.read, "added": loaded.added, "changed": loaded.changed},
            )
    return loaded


def _kept(items: set[str]) -> dict[Key, Decimal]:
    ordered = sorted(items)
    kept: dict[Key, Decimal] = {}
    for start in range(0, len(ordered), _AT_ONCE):
        some = ItemCost.objects.filter(item__in=ordered[start : start + _AT_ONCE])
        kept |= {(item, day): cost for item, day, cost in some.values_list(*COLUMNS)}
    return kept


def _read(path: Path, name: str) -> dict[Key, Decimal]:
    table = open_table(path, name=name)
    places = _places(table.headers, name)
    costs: dict[Key, Decimal] = {}
    faults: list[str] = []
    for line, cells in _rows(table):
        try:
            key, cost = _row(cells, places)
            if costs.setdefault(key, cost) != cost:
                raise BadValue(f"商品 {key[0]} 在 {key[1]} 已有另一个成本 {costs[key]}")
        except BadValue as bad:
            faults.append(f"第 {line} 行：{bad}。")
    if faults:
        shown = faults[:FAULTS_SHOWN]
        if len(faults) > FAULTS_SHOWN:
            shown.append(f"…… 还有 {len(faults) - FAULTS_SHOWN} 行。")
        raise Invalid(f"“{name}”有 {len(faults)} 行不能用，一行也没有导入：", details=shown)
    if not costs:
        raise Invalid(f"“{name}”里没有一行成本：请核对文件。")
    return costs


def _rows(table: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows that have anything in them, with their line."""
    for chunk in table.chunks():
        for index, line in enumerate(chunk.lines.tolist()):
            cells = chunk.row(index)
            if any(cell.strip() for cell in cells):
                yield line, cells


def _places(headers: list[str], name: str) -> dict[str, int]:
    names = [normal(header) for header in headers]
    places = {}
    for field, candidates in COLUMNS.items():
        place = next(
            (names.index(normal(each)) for each in candidates if normal(each) in names), -1
        )
        if place < 0:
            read = "、".join(masked_numbers(header.strip()) for header in headers)
            raise Invalid(
                f"“{name}”里没有“{candidates[0]}”这一列（读到的表头是：{read}）："
                "成本表要有 商品编码、生效日期、单位成本 三列。"
            )
        places[field] = place
    return places


def _row(cells: list[str], places: dict[str, int]) -> tuple[Key, Decimal]:
    item = _cell(cells, places["item"], "商品编码", values.code)
    if not item:
        raise BadValue("商品编码是空的")
    day = _cell(cells, places["valid_from"], "生效日期", values.parse_date)
    cost = _cell(cells, places["cost"], "单位成本", values.unit_cost)
    if cost < 0:
        raise BadValue("单位成本是负数")
    return (item, day), Decimal(cost).scaleb(-4)


def _cell(cells: list[str], place: int, name: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(cells[place])
    except BadValue as bad:
        raise BadValue(f"{name}“{masked_numbers(cells[place])[:40]}”{bad}") from None
