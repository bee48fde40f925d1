"""One import from file to effect: read, check, load, roll up, switch.

The caller holds the import lease. Until the switch nothing of the import counts, so an
interruption at any point leaves at most inactive store-days, which are deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from campaigns.imports import mapping as mappings
from campaigns.imports import switching
from campaigns.imports.ahead import steps_ahead
from campaigns.imports.checking import BadLine, Checker, Known
from campaigns.imports.leasing import ImportLease
from campaigns.imports.loading import Loader, delete_partial
from campaigns.imports.mapping import Mapping
from campaigns.imports.reading import Source, Table, open_table
from campaigns.models import BadRow, ItemCost, SalesImport, Store
from haitang.kernel.errors import Invalid, Refusal

Report = Callable[[int, int, str], None]
State = SalesImport.State
KEPT_BAD_ROWS = 50_000
SHOWN_BAD_ROWS = 100


@dataclass(frozen=True)
class Opened:
    """A file that can be imported with its mapping, and what decides the outcome."""

    table: Table
    mapping: Mapping
    columns: dict[str, int]
    known: Known
    digest: str


def open_file(path: Source, *, name: str, mapping: Mapping) -> Opened:
    """Open a sales file and match its header with the mapping; Invalid with sentences."""
    table = open_table(path, name=name, sheet=mapping.sheet, header_row=mapping.header_row)
    try:
        columns = mappings.resolve(mapping, table.headers)
    except Invalid as fault:
        raise Invalid(f"文件“{name}”：{fault.sentence}", details=fault.details) from None
    known = gather_known(mapping)
    if mapping.store is not None and mapping.store not in known.stores:
        raise Invalid(
            f"映射里固定的门店“{mapping.store}”不在门店表里：请先建这个门店，或改正映射。"
        )
    digest = mapping.digest(
        content_digest=table.content_digest, cost_digest=_costs_digest(mapping, known)
    )
    return Opened(table, mapping, columns, known, digest)


def gather_known(mapping: Mapping) -> Known:
    """Stores by code, and the item costs when the mapping needs them."""
    costs: dict[str, list[tuple[object, int]]] = {}
    if mapping.cost == "items":
        rows = ItemCost.objects.order_by("item", "valid_from")
        for item, day, cost in rows.values_list("item", "valid_from", "cost"):
            costs.setdefault(item, []).append((day, int(cost.scaleb(4))))
    return Known(dict(Store.objects.values_list("code", "id")), costs)  # type: ignore[arg-type]


def _costs_digest(mapping: Mapping, known: Known) -> str:
    if mapping.cost != "items":
        return ""
    return hashlib.sha256(repr(sorted(known.item_costs.items())).encode()).hexdigest()


def run(
    *,
    sales_import: SalesImport,
    opened: Opened,
    lease: ImportLease,
    by: User | None,
    now: datetime,
    skip_bad_rows: bool,
    report: Report,
) -> None:
    """Bring a LOADING import into effect.

    Raises Invalid, with a sentence for each bad row, when nothing of the file can be taken (with
    ``skip_bad_rows=False``: when any row is bad).
    """
    with Loader(sales_import.pk, fence=lease.check) as loader:
        counts = _load(loader, opened, sales_import, skip_bad_rows, report)
    if counts.refused and (not skip_bad_rows or not counts.accepted):
        _keep_counts(sales_import, counts)
        raise _bad_rows(sales_import, counts)
    days = loader.store_days
    switching.roll_up(
        sorted(loader.continued),
        lambda done, total: report(done, total, f"正在汇总 {days:,} 个门店日"),
    )
    report(days, days, "正在生效")
    switching.switch(sales_import=sales_import, counts=counts, fence=lease.check, by=by, now=now)


def _load(
    loader: Loader, opened: Opened, sales_import: SalesImport, skip_bad_rows: bool, report: Report
) -> switching.Counts:
    checker = Checker(opened.mapping, opened.columns, opened.table.headers, opened.known)
    read = accepted = refused = ignored = 0
    with contextlib.closing(steps_ahead(opened.table, checker)) as coming:
        for step in coming:
            ignored += step.ignored
            if step.checked is None:
                break
            checked = step.checked
            read, ignored = read + checked.read, ignored + checked.ignored
            if checked.bad:
                _keep_bad(sales_import, checked.bad, room=KEPT_BAD_ROWS - refused)
                refused += len(checked.bad)
            if skip_bad_rows or not refused:
                loader.load(checked)
            accepted += len(checked.lines)
            report(step.position, opened.table.size, f"已检查 {read:,} 行")
    return switching.Counts(read, accepted, refused, ignored)


def _keep_bad(sales_import: SalesImport, bad: list[BadLine], *, room: int) -> None:
    rows = [
        BadRow(
            sales_import=sales_import,
            line_no=line.line,
            column=line.column,
            value=line.value.replace("\0", ""),
            reason=line.reason,
        )
        for line in bad[: max(0, room)]
    ]
    for start in range(0, len(rows), 5_000):
        with transaction.atomic():
            BadRow.objects.bulk_create(rows[start : start + 5_000])


def _keep_counts(sales_import: SalesImport, counts: switching.Counts) -> None:
    sales_import.lines_read, sales_import.lines_accepted = counts.read, 0
    sales_import.lines_refused, sales_import.lines_ignored = counts.refused, counts.ignored


def _bad_rows(sales_import: SalesImport, counts: switching.Counts) -> Invalid:
    name = sales_import.file_name
    rows = sales_import.bad_rows.all()[:SHOWN_BAD_ROWS]
    details = [
        f"文件“{name}”第 {row.line_no} 行“{row.column}”列的“{row.value}”：{row.reason}。"
        for row in rows
    ]
    if counts.refused > len(details):
        details.append(f"还有 {counts.refused - len(details):,} 行有错，没有一一列出。")
    return Invalid(
        f"文件“{name}”没有导入：{counts.read:,} 行里有 {counts.refused:,} 行不能用，"
        "请改正后再导入。",
        details=details,
    )


def fail(sales_import: SalesImport, error: BaseException) -> None:
    """Leave nothing of an import that did not come to its end, and say why.

    Only the holder of the lease may call this: whoever took it over cleans up by itself.
    """
    delete_partial(sales_import.pk)
    sales_import.state = State.FAILED
    sales_import.error = (
        str(error)
        if isinstance(error, Refusal)
        else "导入中途断了，没有任何数据生效：请再导入一次；仍不成功就联系管理员查看服务日志。"
    )
    sales_import.save()


def begin(sales_import: SalesImport, opened: Opened) -> None:
    """Mark the import as being loaded, without what an earlier attempt left."""
    delete_partial(sales_import.pk)
    sales_import.bad_rows.all().delete()
    sales_import.state, sales_import.error = State.LOADING, ""
    sales_import.digest = opened.digest
    sales_import.mapping = dict(opened.mapping.document)
    sales_import.save()
