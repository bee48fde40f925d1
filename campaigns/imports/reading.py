"""Sales files as chunks of text columns, with the line of the file each row stands on.

Whatever the format, a cell is text as a person would write it down; ``checking`` decides what it
means. A file is never held in memory whole, except a workbook's sheet.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from haitang.kernel.errors import Invalid
from haitang.kernel.masking import has_long_number
from haitang.kernel.sealing import Sealed

# A file on the disk as somebody put it there, or one that the product keeps.
Source = Path | Sealed
Texts = npt.NDArray[np.object_]
CHUNK_ROWS = 65_536
HEADER_SEARCH = 100
_BLOCK = 1 << 20
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCODING_NAMES = {"utf-8": "UTF-8", "gb18030": "GB18030"}


@dataclass
class Chunk:
    """Some rows: ``columns[i]`` is the i-th column, ``lines[k]`` the line of row k in the file.

    ``overlong`` has, by row, the cells beyond the header; ``skipped`` counts lines without any
    character; ``position`` is how far in the file (in the table's ``size``) this chunk ends.
    """

    lines: npt.NDArray[np.int64]
    columns: list[Texts]
    position: int
    overlong: dict[int, list[str]] = field(default_factory=dict)
    skipped: int = 0

    def row(self, index: int) -> list[str]:
        """All cells of one row."""
        return [str(column[index]) for column in self.columns] + self.overlong.get(index, [])


class Table(Protocol):
    """A readable file: its header and, once, its rows in chunks."""

    @property
    def headers(self) -> list[str]: ...
    @property
    def format(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def content_digest(self) -> str: ...
    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]: ...


def open_table(
    path: Source, *, name: str = "", sheet: str | None = None, header_row: int | None = None
) -> Table:
    """Open a CSV (UTF-8 with or without BOM, GB18030) or Excel file; told apart by content.

    ``name`` is the file's name for people. Raises Invalid with a sentence when it cannot be read.
    """
    from campaigns.imports.csv_files import CsvTable
    from campaigns.imports.workbooks import WorkbookTable

    name = name or path.name
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
    except FileNotFoundError:
        raise Invalid(f"找不到文件“{_place(path)}”：请核对路径。") from None
    except OSError as error:
        raise Invalid(
            f"文件“{_place(path)}”打不开（{error.strerror}）：请核对它是文件并且有权读取。"
        ) from None
    _refuse_foreign(head, name)
    if head.startswith((_ZIP, _OLE)):
        return WorkbookTable(path, name=name, sheet=sheet, header_row=header_row)
    return CsvTable(path, name=name, header_row=header_row)


def _place(source: Source) -> Path:
    return source.path if isinstance(source, Sealed) else source


def _refuse_foreign(head: bytes, name: str) -> None:
    if not head.strip():
        raise Invalid(f"文件“{name}”是空的：请重新导出后再试。")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Invalid(
            f"文件“{name}”是 UTF-16 编码，读不了：请在 Excel 里另存为“CSV UTF-8”或 .xlsx。"
        )
    if (
        head.lstrip(b"\xef\xbb\xbf \r\n\t")
        .lower()
        .startswith((b"<html", b"<!doctype", b"<?xml", b"<table"))
    ):
        raise Invalid(
            f"文件“{name}”其实是网页格式（有些系统导出的 .xls 是这样）："
            "请用 Excel 打开后另存为 .xlsx。"
        )


@dataclass(frozen=True)
class Scan:
    """What one pass over the bytes tells: SHA-256, encoding ("" when it is neither), size."""

    digest: str
    encoding: str
    size: int


def scan(path: Source) -> Scan:
    """SHA-256, encoding and size of a file, by decoding all of it (a sample can mislead)."""
    digest = hashlib.sha256()
    decoders = {name: codecs.getincrementaldecoder(name)() for name in _ENCODING_NAMES}
    utf8, gb18030 = decoders.values()
    is_utf8, size = True, 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
            is_utf8 = is_utf8 and _decodes(utf8, block)
    is_utf8 = is_utf8 and _decodes(utf8, b"", final=True)
    if is_utf8:
        return Scan(digest.hexdigest(), "utf-8", size)
    with path.open("rb") as stream:
        known = all(_decodes(gb18030, block) for block in iter(lambda: stream.read(_BLOCK), b""))
    known = known and _decodes(gb18030, b"", final=True)
    return Scan(digest.hexdigest(), "gb18030" if known else "", size)


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def first_bad_line(path: Source, encoding: str) -> int:
    """The first line (from 1) that is not in that encoding."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return number
    return 0


def find_header(
    rows: Iterator[tuple[int, Sequence[Any]]],
    header_row: int | None,
    name: str,
    text: Callable[[Any], str],
) -> tuple[int, list[str]]:
    """The header row: the given line, or the first with two filled cells (titles have one).

    A row with a card, a phone or another long number in it names no columns: it is data.
    Returns its line and cells; Invalid when there is none near the top.
    """
    for number, row in rows:
        cells = [text(cell) for cell in row]
        filled = sum(1 for cell in cells if cell.strip())
        is_data = any(map(has_long_number, cells))
        if number == header_row and is_data:
            raise Invalid(
                f"文件“{name}”的第 {header_row} 行有卡号、电话那样的长数字，是数据而不是表头："
                "请改成表头所在的行。"
            )
        if number == header_row or (header_row is None and filled >= 2 and not is_data):
            while cells and not cells[-1].strip():
                cells.pop()
            return number, cells
        if number >= (header_row or HEADER_SEARCH):
            break
    where = f"第 {header_row} 行" if header_row else f"前 {HEADER_SEARCH} 行里"
    raise Invalid(
        f"文件“{name}”的{where}没有表头：要有一行写着各列的名称，CSV 各列之间用英文逗号隔开。"
    )
