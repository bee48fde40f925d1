"""What came of loading a pack, and the file of rejected rows."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from haitang.datapack.tables import Table


@dataclass(frozen=True)
class Rejected:
    """A row that was not taken: where it stands and why. Line 0 means the file as a whole."""

    file: str
    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        if not self.line:
            return f"{self.file}：{self.reason}"
        shown = f"“{self.value}”" if self.value else "空"
        return f"{self.file} 第 {self.line} 行 {self.column} = {shown}：{self.reason}"


@dataclass(frozen=True)
class FileReport:
    """One file: its rows, how many of them changed anything, and those rejected."""

    file: str
    rows: int
    changed: int
    rejected: tuple[Rejected, ...] = ()
    loaded: bool = True
    digest: str = ""

    def recorded(self) -> dict[str, object]:
        """What the audit trail keeps of it; of the rows only how many."""
        return {
            "rows": self.rows,
            "changed": self.changed,
            "rejected": len(self.rejected),
            "loaded": self.loaded,
            "sha256": self.digest,
        }

    def __str__(self) -> str:
        if not self.loaded:
            return f"{self.file}：{len(self.rejected)} 处有误，整个文件没有载入。"
        change = f"{self.changed} 行有变化" if self.changed else "没有变化"
        left = f"，{len(self.rejected)} 行拒收" if self.rejected else ""
        return f"{self.file}：{self.rows} 行，{change}{left}。"


@dataclass
class LoadReport:
    """The whole pack."""

    files: list[FileReport] = field(default_factory=list)
    rejected_folder: Path | None = None
    # Approved months whose inputs are no longer what they were, this pack's changes among them.
    differing: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every file was loaded."""
        return all(each.loaded for each in self.files)

    @property
    def changed(self) -> bool:
        return any(each.changed for each in self.files)

    @property
    def rejected(self) -> list[Rejected]:
        return [row for each in self.files for row in each.rejected]


def write_rejected(folder: Path, table: Table, rejected: Sequence[Rejected]) -> None:
    """The rejected rows as they stood, each with its line, column and reason, for Excel."""
    folder.mkdir(parents=True, exist_ok=True)
    by_line = {row.line: row.cells for row in table.rows}
    with (folder / table.name).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*table.headers, "行号", "出错的列", "原因"])
        for each in rejected:
            cells = by_line.get(each.line, {})
            values = [cells.get(header, "") for header in table.headers]
            writer.writerow([*values, each.line, each.column, each.reason])
