"""Importing sales files, withdrawing imports, saving mappings: what pages, commands, jobs call."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import IO, Any

from django.db import transaction

from accounts.models import User
from campaigns.imports import mapping as mappings
from campaigns.imports import pipeline, switching
from campaigns.imports.cleaning import clean_dead_imports, purge_superseded, sweep_imports
from campaigns.imports.leasing import import_lease
from campaigns.imports.mapping import STANDARD_NAME, Mapping
from campaigns.imports.pipeline import Report
from campaigns.imports.reading import Source
from campaigns.imports.switching import Withdrawal
from campaigns.models import SalesImport, SourceMapping
from haitang.kernel import audit, files
from haitang.kernel.errors import Conflict, Invalid, NotThere
from haitang.kernel.jobs import enqueue
from haitang.kernel.masking import masked_numbers
from haitang.kernel.models import StoredFile

__all__ = [
    "Withdrawal",
    "bad_rows_csv",
    "delete_mapping",
    "import_sales",
    "mapping_named",
    "purge_superseded",
    "run_import",
    "save_mapping",
    "submit_import",
    "sweep_imports",
    "under_way",
    "withdraw_import",
]

JOB_KIND = "import_sales"
JOB_WAIT_SECONDS = 600
_LINES_A_PIECE = 2_000
State = SalesImport.State


def import_sales(
    *,
    path: Source,
    name: str,
    mapping_name: str | None,
    by: User | None,
    now: datetime,
    skip_bad_rows: bool = True,
    report: Report | None = None,
    again: bool = False,
    wait_seconds: float = 0,
) -> SalesImport:
    """Import a sales file whole and return its row, in effect.

    The same file with the same mapping, in effect already, gives back the existing import
    unchanged unless ``again``. ``report(done, total, note)`` is told how far it is.

    Raises Invalid for a file that cannot be used (with ``skip_bad_rows=False``: for any bad row),
    Conflict when another import runs longer than ``wait_seconds``, NotThere for an unknown
    mapping. Whatever happens, nothing counts before all does.
    """
    mapping = mapping_named(mapping_name)
    with import_lease(wait_seconds=wait_seconds) as lease:
        clean_dead_imports()
        opened = pipeline.open_file(path, name=name, mapping=mapping)
        existing = _in_effect(opened.digest)
        if existing and not again:
            return existing
        sales_import = SalesImport.objects.create(
            file_name=name,
            digest=opened.digest,
            source=mapping_name or STANDARD_NAME,
            created_at=now,
            created_by=by,
        )
        _load(
            sales_import,
            opened,
            lease,
            by=by,
            now=now,
            skip_bad_rows=skip_bad_rows,
            report=report or _silent,
        )
    return sales_import


def submit_import(
    *,
    content: IO[bytes] | None = None,
    name: str = "",
    stored: StoredFile | None = None,
    by: User | None,
    now: datetime,
    mapping_name: str | None = None,
    document: dict[str, Any] | None = None,
    again: bool = False,
) -> SalesImport:
    """Keep an uploaded file and queue its import; returns the waiting row.

    The file is ``stored`` already, or ``content`` with its name. The mapping is a saved one by
    name, or a document, or the standard one. Raises NotThere or Invalid when the mapping cannot
    be used, before anything is kept.
    """
    mapping = mapping_named(mapping_name) if document is None else mappings.parse(document)
    if stored is None:
        if content is None:
            raise TypeError("submit_import wants a stored file or its content")
        stored = files.store_file(name=name, content=content, by=by, now=now)
    with transaction.atomic():
        sales_import = SalesImport.objects.create(
            file_name=stored.name,
            file=stored,
            source=mapping_name or (STANDARD_NAME if not mapping.document else "临时映射"),
            mapping=dict(mapping.document),
            state=State.WAITING,
            created_at=now,
            created_by=by,
        )
        enqueue(
            kind=JOB_KIND,
            payload={"import": sales_import.pk, "again": again},
            by=by,
            now=now,
            key=f"{JOB_KIND}:{sales_import.pk}",
        )
    return sales_import


def run_import(
    *, import_id: int, now: datetime, report: Report, again: bool = False
) -> SalesImport:
    """Do the import that ``submit_import`` queued; running it again does no harm.

    An earlier attempt that was killed is cleared away first. Raises as ``import_sales`` does,
    and keeps the sentence in the row.
    """
    sales_import = SalesImport.objects.select_related("file", "created_by").get(pk=import_id)
    if sales_import.state in (State.DONE, State.WITHDRAWN) or sales_import.file is None:
        return sales_import
    with import_lease(
        wait_seconds=JOB_WAIT_SECONDS, waiting=lambda: report(0, 0, "等待另一个导入完成")
    ) as lease:
        clean_dead_imports(keep=import_id)
        try:
            opened = pipeline.open_file(
                files.content_of(sales_import.file),
                name=sales_import.file_name,
                mapping=mappings.parse(sales_import.mapping),
            )
            existing = _in_effect(opened.digest)
            if existing and not again:
                raise Conflict(
                    f"这个文件已经导入过（#{existing.pk}），内容和映射都相同，没有再导入。"
                    "确要再导入一次，请勾选“重新导入”。"
                )
        except (Invalid, NotThere, Conflict) as refusal:
            pipeline.fail(sales_import, refusal)
            raise
        _load(
            sales_import,
            opened,
            lease,
            by=sales_import.created_by,
            now=now,
            skip_bad_rows=True,
            report=report,
        )
    return sales_import


def _load(
    sales_import: SalesImport,
    opened: pipeline.Opened,
    lease: Any,
    *,
    by: User | None,
    now: datetime,
    skip_bad_rows: bool,
    report: Report,
) -> None:
    pipeline.begin(sales_import, opened)
    try:
        pipeline.run(
            sales_import=sales_import,
            opened=opened,
            lease=lease,
            by=by,
            now=now,
            skip_bad_rows=skip_bad_rows,
            report=report,
        )
    except BaseException as error:  # Ctrl-C and a stopping worker too leave nothing half done
        if lease.held():
            pipeline.fail(sales_import, error)
        raise


def _in_effect(digest: str) -> SalesImport | None:
    same = SalesImport.objects.filter(digest=digest, state=State.DONE)
    return same.order_by("-effect_number").first()


def _silent(done: int, total: int, note: str) -> None:
    """Nobody listens."""


def mapping_named(name: str | None) -> Mapping:
    """A saved mapping; without a name the standard one. NotThere when there is none such."""
    if not name or name == STANDARD_NAME:
        return mappings.STANDARD
    saved = SourceMapping.objects.filter(name=name).first()
    if saved is None:
        known = list(SourceMapping.objects.values_list("name", flat=True))
        raise NotThere(
            f"没有名为“{name}”的列映射。"
            + (f"现有：{'、'.join(known)}。" if known else "请先在销售导入页保存一个。")
        )
    return mappings.parse(saved.document)


def save_mapping(
    *, name: str, document: dict[str, Any], by: User | None, now: datetime
) -> SourceMapping:
    """Save a mapping under a name, or change the one of that name; Invalid with its faults."""
    name = name.strip()
    if not name or len(name) > 60 or name == STANDARD_NAME:
        raise Invalid(f"映射名称“{name}”不行：请写 1 到 60 个字，“{STANDARD_NAME}”已被占用。")
    mappings.parse(document)
    with transaction.atomic():
        saved, _ = SourceMapping.objects.update_or_create(
            name=name, defaults={"document": document, "updated_at": now, "updated_by": by}
        )
        audit.record(
            stream=switching.STREAM,
            act="save_mapping",
            obj=saved,
            by=by,
            now=now,
            details={"document": document},
        )
    return saved


def delete_mapping(*, mapping: SourceMapping, by: User | None, now: datetime) -> None:
    """Delete a saved mapping; imports made with it keep their own copy."""
    with transaction.atomic():
        audit.record(
            stream=switching.STREAM,
            act="delete_mapping",
            obj=mapping,
            by=by,
            now=now,
            details={"document": mapping.document},
        )
        mapping.delete()


def under_way() -> list[SalesImport]:
    """The imports that run or wait, in the order of their turn."""
    running = SalesImport.objects.filter(state__in=[State.LOADING, State.WAITING])
    return list(running.order_by("state", "pk"))


def withdraw_import(
    *, sales_import: SalesImport, reason: str, by: User | None, now: datetime
) -> Withdrawal:
    """Withdraw an import that is in effect; what it replaced comes back.

    A card or a phone in the reason is masked. Raises Invalid without a reason, Conflict when the
    import is not in effect (any more).
    """
    reason = masked_numbers(reason.strip())
    if not reason:
        raise Invalid("请写明撤回的原因：它会留在操作记录里。")
    return switching.withdraw(sales_import=sales_import, reason=reason, by=by, now=now)


def bad_rows_csv(sales_import: SalesImport) -> Iterator[str]:
    """The refused rows as a CSV file for Excel (UTF-8 with BOM), piece by piece."""
    yield "\ufeff" + _csv_lines([("行号", "列", "值", "原因")])
    found = sales_import.bad_rows.order_by("line_no", "id").values_list(
        "line_no", "column", "value", "reason"
    )
    kept, rows = 0, found.iterator(_LINES_A_PIECE)
    while piece := list(islice(rows, _LINES_A_PIECE)):
        kept += len(piece)
        yield _csv_lines(
            (line_no, column, _harmless(value), reason) for line_no, column, value, reason in piece
        )
    if kept < sales_import.lines_refused:
        rest = sales_import.lines_refused - kept
        yield _csv_lines([("", "", "", f"还有 {rest} 行没有一一保存")])


def _harmless(value: str) -> str:
    """Excel runs a cell that begins like a formula; a leading apostrophe keeps it text."""
    return f"'{value}" if value[:1] in ("=", "+", "@") else value


def _csv_lines(rows: Iterable[tuple[object, ...]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()
