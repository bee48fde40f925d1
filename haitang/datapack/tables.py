"""The files of a data pack as tables of text, and cells as values."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import IO, TypeVar
from zipfile import BadZipFile, ZipFile

from campaigns.imports.reading import Source
from haitang.kernel.clock import Month
from haitang.kernel.errors import Invalid
from haitang.kernel.files import sealed_meanwhile
from haitang.kernel.money import exact, fen

Value = TypeVar("Value")
Files = Mapping[str, Source]  # a pack: its files by name
_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_LARGEST_FILE = 2_000_000_000
# What the columns hold (DecimalField(14, 2), a big integer, a FractionField), so that a slip of
# the finger is a bad row and not a failure of the database.
_LARGEST_FEN = 10**14
_LARGEST_COUNT = 10**15
_LONGEST_RATIO = 40


class BadCell(Exception):
    """A cell that cannot be used: column, its text, and why."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


@dataclass(frozen=True)
class Row:
    """A row of a file: its line number and its cells by header, stripped."""

    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """The cell, which must not be empty."""
        if value := self.optional(column):
            return value
        raise BadCell(column, "", "不能为空。")

    def optional(self, column: str) -> str:
        return self.cells.get(column, "")

    def day(self, column: str) -> date:
        """A date written 2026-10-17 or 2026/10/17."""
        text = self.text(column)
        if match := _DATE.fullmatch(text):
            try:
                return date(int(match[1]), int(match[2]), int(match[3]))
            except ValueError as error:
                raise BadCell(column, text, "没有这一天。") from error
        raise BadCell(column, text, "不是日期：请写成 2026-10-17。")

    def optional_day(self, column: str) -> date | None:
        return self.day(column) if self.optional(column) else None

    def month(self, column: str) -> Month:
        return self._converted(column, Month.parse)

    def number(self, column: str) -> Fraction:
        number = self._converted(column, exact)
        if len(str(number)) > _LONGEST_RATIO:
            raise BadCell(column, self.text(column), "数太长：请少写几位。")
        return number

    def fen(self, column: str) -> int:
        """An amount of money in yuan, as fen."""
        amount = self._converted(column, fen)
        if abs(amount) >= _LARGEST_FEN:
            raise BadCell(column, self.text(column), "金额太大：请核对单位是元。")
        return amount

    def whole(self, column: str) -> int:
        """A whole number, zero or more."""
        number = self.number(column)
        if number.denominator != 1 or number < 0:
            raise BadCell(column, self.text(column), "应当是不小于零的整数。")
        if number > _LARGEST_COUNT:
            raise BadCell(column, self.text(column), "数太大：请核对。")
        return int(number)

    def optional_whole(self, column: str) -> int | None:
        return self.whole(column) if self.optional(column) else None

    def choice(self, column: str, choices: Collection[str]) -> str:
        text = self.text(column)
        if text not in choices:
            raise BadCell(column, text, f"只能是 {'、'.join(choices)} 之一。")
        return text

    def items(self, column: str) -> tuple[str, ...]:
        """A list in a cell, separated by semicolons; repeated entries once."""
        parts = (part.strip() for part in self.optional(column).replace("；", ";").split(";"))
        return tuple(dict.fromkeys(part for part in parts if part))

    def _converted(self, column: str, convert: Callable[[str], Value]) -> Value:
        text = self.text(column)
        try:
            return convert(unicodedata.normalize("NFKC", text))
        except Invalid as error:
            raise BadCell(column, text, error.sentence) from error


@dataclass(frozen=True)
class Table:
    """A CSV file of the pack: its headers as written and its rows that are not blank."""

    name: str
    headers: Sequence[str]
    rows: Sequence[Row]


def decode(content: bytes, name: str) -> str:
    """UTF-8 with or without BOM, or GB18030. Raises Invalid when it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(f"{name} 的编码认不出来：请在 Excel 里另存为“CSV UTF-8”。")


def read_text(source: Source, name: str) -> str:
    """The whole file as text; raises as ``decode`` does."""
    with source.open("rb") as file:
        return decode(file.read(), name)


def read_table(source: Source, name: str, columns: Sequence[str]) -> Table:
    """Read a CSV file whose header must have ``columns``. Raises Invalid naming what is missing."""
    text = read_text(source, name)
    if "\0" in text:
        raise Invalid(f"{name} 里有空字符，不是 CSV：请在 Excel 里另存为“CSV UTF-8”。")
    reader = csv.reader(io.StringIO(text, newline=""))
    headers = [header.strip() for header in next(reader, [])]
    if missing := [column for column in columns if column not in headers]:
        raise Invalid(f"{name} 缺少列 {'、'.join(missing)}：请补上表头后再导入。")
    if repeated := sorted({each for each in headers if each and headers.count(each) > 1}):
        raise Invalid(f"{name} 的列 {'、'.join(repeated)} 出现了两次：请删去一列。")
    rows = []
    for cells in reader:
        if any(cell.strip() for cell in cells):
            named = {h: cell.strip() for h, cell in zip(headers, cells, strict=False)}
            rows.append(Row(reader.line_num, named))
    return Table(name, headers, rows)


@contextmanager
def opened_pack(path: Path) -> Iterator[Files]:
    """The files of a pack, a folder or a .zip, by name; Invalid when there is none."""
    if path.is_dir():
        yield {each.name: each for each in path.iterdir() if each.is_file()}
    elif path.is_file() and path.suffix.lower() == ".zip":
        with path.open("rb") as archive, unpacked(archive, name=path.name) as found:
            yield found
    else:
        raise Invalid(f"找不到数据包 {path}：请给出文件夹或 .zip 文件的路径。")


@contextmanager
def unpacked(source: IO[bytes], *, name: str) -> Iterator[Files]:
    """The files of a .zip, its own folders ignored, sealed on the disk for the while.

    They name members' cards, and a killed process cleans nothing up. ``name`` is what people call
    the .zip. Raises Invalid for one that cannot be read.
    """
    with ExitStack() as meanwhile:
        yield _members(source, meanwhile, name=name)


def _members(source: IO[bytes], meanwhile: ExitStack, *, name: str) -> Files:
    found: dict[str, Source] = {}
    try:
        with ZipFile(source) as archive:
            for member in archive.infolist():
                own = Path(member.filename).name
                if member.is_dir() or own.startswith(".") or "__MACOSX" in member.filename:
                    continue
                if member.file_size > _LARGEST_FILE:
                    raise Invalid(f"数据包里的 {own} 太大（超过 2 GB）：请拆开再导入。")
                with archive.open(member) as content:
                    found[own] = meanwhile.enter_context(sealed_meanwhile(content))
    except (BadZipFile, zlib.error, EOFError) as error:
        raise Invalid(f"{name} 不是完好的 .zip 文件：请重新压缩。") from error
    except (RuntimeError, NotImplementedError) as error:  # a password, an unknown compression
        raise Invalid(f"{name} 打不开：请不加密码、用普通的 .zip 重新压缩。") from error
    return found
