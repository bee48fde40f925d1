"""Excel workbooks: cells as text, whatever type they have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import numpy as np
import python_calamine as calamine

from campaigns.imports.reading import CHUNK_ROWS, Chunk, Source, find_header, scan
from haitang.kernel.errors import Invalid

_PLACES = 4  # the most decimals that any figure of a sale line has
_SLACK = 1e-9


class WorkbookTable:
    """One sheet of an Excel workbook (the first one unless named)."""

    format = "Excel"

    def __init__(
        self, path: Source, *, name: str, sheet: str | None = None, header_row: int | None = None
    ) -> None:
        self.content_digest = scan(path).digest
        try:
            with (
                path.open("rb") as stream,
                calamine.CalamineWorkbook.from_filelike(stream) as book,
            ):
                self._rows = self._read(book, name, sheet)
        except calamine.PasswordError:
            raise Invalid(f"文件“{name}”有密码：请在 Excel 里取消密码、保存后再试。") from None
        except (calamine.CalamineError, OSError) as error:
            raise Invalid(
                f"文件“{name}”不是能读的 Excel 工作簿（{error}）：请用 Excel 打开后另存为 .xlsx。"
            ) from None
        found, self.headers = find_header(
            ((self._first + index, row) for index, row in enumerate(self._rows)),
            header_row,
            name,
            cell_text,
        )
        self._start = found - self._first + 1
        self.size = len(self._rows)

    def _read(
        self, book: calamine.CalamineWorkbook, name: str, sheet: str | None
    ) -> list[list[Any]]:
        if sheet is not None and sheet not in book.sheet_names:
            raise Invalid(
                f"文件“{name}”里没有工作表“{sheet}”：它有 {'、'.join(book.sheet_names)}。"
                "请改映射里的 sheet。"
            )
        if not book.sheet_names:
            raise Invalid(f"文件“{name}”里没有工作表：请重新导出。")
        opened = book.get_sheet_by_name(sheet or book.sheet_names[0])
        if opened.start is None:
            raise Invalid(f"文件“{name}”的工作表“{opened.name}”是空的：请重新导出。")
        self._first = opened.start[0] + 1
        return opened.to_python(skip_empty_area=True)

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """The rows below the header, ``rows`` at a time; trailing empty columns are left out."""
        width = len(self.headers)
        for start in range(self._start, self.size, rows):
            part = self._rows[start : start + rows]
            texts = np.empty((len(part), width), dtype=object)
            overlong = {}
            for index, row in enumerate(part):
                cells = [cell_text(cell) for cell in row]
                texts[index] = (cells + [""] * width)[:width]
                if any(cell.strip() for cell in cells[width:]):
                    overlong[index] = cells[width:]
            lines = np.arange(start, start + len(part), dtype=np.int64) + self._first
            columns = [texts[:, index] for index in range(width)]
            yield Chunk(lines, columns, min(start + rows, self.size), overlong)


def cell_text(value: Any) -> str:
    """A cell as a person would write it: 6.0 → 6, 30.299999999999997 → 30.3, dates in ISO form.

    Excel keeps every number as a double; the shortest decimal within 10⁻⁹ of it is what was
    typed or meant, and only text goes on from here.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)


def _number_text(value: float) -> str:
    if value.is_integer():
        return str(int(value))
    near = round(value, _PLACES)
    if abs(value - near) <= _SLACK * max(1.0, abs(value)):
        return f"{near:.{_PLACES}f}".rstrip("0").rstrip(".")
    return repr(value)
