"""Loading a data pack: how a chain moves in (docs/datapack.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import User
from campaigns.imports.reading import Source
from campaigns.imports.services import import_sales
from campaigns.models import BadRow, SalesImport
from haitang.datapack.loaders import AFTER_SALES, BEFORE_SALES
from haitang.datapack.loaders.base import LoadContext, Loader
from haitang.datapack.reports import FileReport, LoadReport, Rejected, write_rejected
from haitang.datapack.tables import (
    BadCell,
    Files,
    Row,
    Table,
    opened_pack,
    read_table,
    read_text,
)
from haitang.kernel import audit
from haitang.kernel.errors import Invalid
from haitang.kernel.masking import masked, masked_numbers
from haitang.policy.models import PolicyVersion
from haitang.policy.services import publish_policy
from incentives.life.discrepancies import discrepancies

Report = Callable[[str], None]
STREAM = "datapack"
REQUIRED = "stores.csv"


@dataclass(frozen=True)
class _Pack:
    files: Files
    rejected_folder: Path | None
    skip_bad_rows: bool
    context: LoadContext


def load_pack(
    *,
    path: Path,
    now: datetime,
    by: User | None = None,
    skip_bad_rows: bool = False,
    report: Report | None = None,
) -> LoadReport:
    """Load a pack, a folder or a .zip of CSV files; one transaction a file, idempotent.

    The load is one act in the audit trail: each file with its SHA-256 and how much of it changed
    anything. What it changes in approved months stays out of them and is listed as a difference
    (``LoadReport.differing``).
    A file with a bad row is not loaded at all, unless ``skip_bad_rows``: then its rejected rows
    are written beside the pack with their reasons. Raises Invalid when there is no pack.
    """
    rejected_folder = path.with_name(f"{path.stem if path.is_file() else path.name}.rejected")
    with opened_pack(path) as files:
        if REQUIRED not in files:
            raise Invalid(f"数据包 {path} 里没有 {REQUIRED}：请核对路径，门店文件是必需的。")
        loaded = load_files(
            files=files,
            name=path.name,
            rejected_folder=rejected_folder,
            now=now,
            by=by,
            skip_bad_rows=skip_bad_rows,
            report=report,
        )
    if rejected_folder.is_dir() and skip_bad_rows and loaded.rejected:
        loaded.rejected_folder = rejected_folder
    return loaded


def load_files(
    *,
    files: Files,
    name: str,
    now: datetime,
    by: User | None = None,
    rejected_folder: Path | None = None,
    skip_bad_rows: bool = False,
    report: Report | None = None,
) -> LoadReport:
    """Load the files of a pack that people call ``name``, as ``load_pack`` does.

    Without a ``rejected_folder`` the rejected rows are in the report only.
    """
    tell = report or (lambda line: None)
    loaded = LoadReport()
    pack = _Pack(files, rejected_folder, skip_bad_rows, LoadContext(by, now))
    steps: list[Callable[[], FileReport | None]] = [
        lambda: _load_policy(pack),
        *(_step(loader, pack) for loader in BEFORE_SALES),
        lambda: _load_sales(pack),
        *(_step(loader, pack) for loader in AFTER_SALES),
    ]
    for step in steps:
        if done := step():
            done = replace(done, digest=_sha256(files[done.file]))
            loaded.files.append(done)
            tell(str(done))
    loaded.differing = tuple(str(each.month) for each in discrepancies() if not each.is_settled)
    _record(name, loaded, pack.context)
    return loaded


def _record(name: str, loaded: LoadReport, context: LoadContext) -> None:
    """The act; nothing of a row's content is in it."""
    files = {each.file: each.recorded() for each in loaded.files}
    whole = "".join(f"{each.file}:{each.digest};" for each in loaded.files)
    with transaction.atomic():
        audit.record(
            stream=STREAM,
            act="load_pack",
            by=context.by,
            now=context.now,
            object_type="pack",
            object_id=hashlib.sha256(whole.encode()).hexdigest()[:20],
            object_name=name,
            details={"files": files, "differing": list(loaded.differing)},
        )


def _sha256(source: Source) -> str:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _step(loader: Loader, pack: _Pack) -> Callable[[], FileReport | None]:
    return lambda: _load_file(loader, pack)


def _load_file(loader: Loader, pack: _Pack) -> FileReport | None:
    if not (source := pack.files.get(loader.file)):
        return None
    try:
        table = read_table(source, loader.file, loader.columns)
    except Invalid as error:
        return _unreadable(loader.file, error)
    entries, rejected = _parsed(loader, table)
    if rejected and not pack.skip_bad_rows:
        return FileReport(loader.file, len(table.rows), 0, tuple(rejected), loaded=False)
    with transaction.atomic():
        changed = loader.keep(entries, pack.context)
    if rejected and pack.rejected_folder:
        write_rejected(pack.rejected_folder, table, rejected)
    return FileReport(loader.file, len(table.rows), changed, tuple(rejected))


def _parsed(loader: Loader, table: Table) -> tuple[list[Any], list[Rejected]]:
    parse = loader.prepare()
    entries, rejected = [], []
    first: dict[Hashable, tuple[int, Any]] = {}
    for row in table.rows:
        try:
            if too_long := loader.too_long(row):
                raise too_long
            entry = parse(row)
            if loader.identity:
                line, other = first.setdefault(loader.identity(entry), (row.line, entry))
                if other != entry:
                    column = loader.identified_by
                    reason = f"第 {line} 行已有，内容却不同：请只留一行。"
                    raise BadCell(column, row.optional(column), reason)
            entries.append(entry)
        except BadCell as bad:
            rejected.append(_rejected(table, row, bad))
    return entries, rejected


def _rejected(table: Table, row: Row, bad: BadCell) -> Rejected:
    """The fault as people read it: a member's card and any long number are masked."""
    value = masked(bad.value) if bad.column == "member" else masked_numbers(bad.value)
    return Rejected(table.name, row.line, bad.column, value, masked_numbers(bad.reason))


def _load_policy(pack: _Pack) -> FileReport | None:
    name = "policy.json"
    if not (source := pack.files.get(name)):
        return None
    try:
        document = json.loads(read_text(source, name), parse_float=str)
        if not isinstance(document, dict):
            raise Invalid("policy.json 应当是一个 { … } 对象。")
        before = PolicyVersion.objects.count()
        publish_policy(document=document, by=pack.context.by, now=pack.context.now)
    except json.JSONDecodeError as error:
        wrong = Invalid(
            f"policy.json 第 {error.lineno} 行不是正确的 JSON：请检查括号、引号和逗号。"
        )
        return _unreadable(name, wrong)
    except Invalid as error:
        return _unreadable(name, error)
    return FileReport(name, 1, PolicyVersion.objects.count() - before)


def _load_sales(pack: _Pack) -> FileReport | None:
    name = "sales.csv"
    if not (source := pack.files.get(name)):
        return None
    newest = SalesImport.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    try:
        done = import_sales(
            path=source,
            name=name,
            mapping_name=None,
            by=pack.context.by,
            now=pack.context.now,
            skip_bad_rows=pack.skip_bad_rows,
        )
    except Invalid as error:
        failed = SalesImport.objects.filter(pk__gt=newest).order_by("-pk").first()
        rejected = _rejected_lines(failed) if failed else ()
        if not rejected:
            return _unreadable(name, error)
        return FileReport(name, failed.lines_read if failed else 0, 0, rejected, loaded=False)
    rejected = _rejected_lines(done)
    if rejected and pack.rejected_folder:
        write_rejected(pack.rejected_folder, read_table(source, name, []), rejected)
    changed = done.lines_accepted if done.pk > newest else 0
    return FileReport(name, done.lines_read, changed, rejected)


def _rejected_lines(sales_import: SalesImport) -> tuple[Rejected, ...]:
    rows = BadRow.objects.filter(sales_import=sales_import)
    return tuple(
        Rejected("sales.csv", row.line_no, row.column, row.value, row.reason) for row in rows
    )


def _unreadable(file: str, error: Invalid) -> FileReport:
    return FileReport(file, 0, 0, (Rejected(file, 0, "", "", str(error)),), loaded=False)
