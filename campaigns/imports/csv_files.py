"""CSV files. Blocks without quotes go through pandas' parser, the rest through Python's csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import numpy as np
import pandas as pd

from campaigns.imports.reading import (
    CHUNK_ROWS,
    Chunk,
    Source,
    find_header,
    first_bad_line,
    scan,
)
from haitang.kernel.errors import Invalid

_BOM = b"\xef\xbb\xbf"
_BYTES_A_ROW = 48  # a first estimate; corrected after each block


class CsvTable:
    """A CSV file in UTF-8 (with or without BOM) or GB18030, comma-separated, with a header."""

    def __init__(self, path: Source, *, name: str, header_row: int | None = None) -> None:
        self.path, self.name = path, name
        found = scan(path)
        self.content_digest, self.size = found.digest, found.size
        if not found.encoding:
            line = first_bad_line(path, "gb18030")
            raise Invalid(
                f"文件“{name}”第 {line} 行既不是 UTF-8 也不是 GB18030 编码："
                "请在 Excel 里另存为“CSV UTF-8”或 .xlsx。"
            )
        self.encoding = found.encoding
        self.format = "CSV（UTF-8）" if found.encoding == "utf-8" else "CSV（GB18030）"
        with path.open("rb") as stream:
            if b"\r" in stream.readline().rstrip(b"\r\n"):
                raise Invalid(
                    f"文件“{name}”的换行是旧 Mac 格式，读不了："
                    "请在 Excel 里另存为“CSV UTF-8”或 .xlsx。"
                )
            stream.seek(0)
            self._skip_bom(stream)
            reader = csv.reader(self._lines(stream))
            numbered = ((reader.line_num, row) for row in reader)
            try:
                _, self.headers = find_header(numbered, header_row, name, str)
            except csv.Error as error:
                raise self._broken(reader.line_num, error) from None
            self._start, self._first_line = stream.tell(), reader.line_num + 1

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """The rows below the header, about ``rows`` at a time."""
        width, line, block_size = len(self.headers), self._first_line, rows * _BYTES_A_ROW
        with self.path.open("rb") as stream:
            stream.seek(self._start)
            while True:
                position = stream.tell()
                block = stream.read(block_size)
                if not block:
                    return
                block += stream.readline()
                chunk = self._quick(block, width, line)
                if chunk is None:
                    stream.seek(position)
                    yield from self._careful(stream, width, line, rows)
                    return
                chunk.position = stream.tell()
                line += len(chunk.lines)
                block_size = max(4096, rows * len(block) // max(1, len(chunk.lines)))
                yield chunk

    def _quick(self, block: bytes, width: int, line: int) -> Chunk | None:
        """A block of one line a row, each with as many cells as the header; else None."""
        count = block.count(b"\n") + (not block.endswith(b"\n"))
        regular = (
            b'"' not in block
            and block.count(b",") == count * (width - 1)
            and block.count(b"\r") == block.count(b"\r\n")
            and b"\0" not in block
        )
        if not regular or width < 2:
            return None
        try:
            frame = pd.read_csv(
                io.StringIO(block.decode(self.encoding), newline=""),
                header=None,
                dtype=object,
                na_filter=False,
                skip_blank_lines=False,
                quoting=csv.QUOTE_NONE,
            )
        except pd.errors.ParserError:
            return None
        if frame.shape != (count, width):
            return None
        columns = [frame[index].to_numpy() for index in range(width)]
        return Chunk(np.arange(line, line + count, dtype=np.int64), columns, 0)

    def _careful(self, stream: BinaryIO, width: int, line: int, rows: int) -> Iterator[Chunk]:
        """The rest of the file with quotes, ragged or blank lines; a row may span lines."""
        reader = csv.reader(self._lines(stream))
        offset = line - 1
        while True:
            lines: list[int] = []
            cells: list[list[str]] = []
            overlong: dict[int, list[str]] = {}
            skipped = 0
            try:
                before = reader.line_num
                for row in islice(reader, rows):
                    if not row:
                        skipped += 1
                    else:
                        if len(row) > width and any(cell.strip() for cell in row[width:]):
                            overlong[len(cells)] = row[width:]
                        cells.append((row + [""] * width)[:width] if len(row) != width else row)
                        lines.append(offset + before + 1)
                    before = reader.line_num
            except csv.Error as error:
                raise self._broken(offset + reader.line_num, error) from None
            if not cells and not skipped:
                return
            columns = [_texts(column) for column in zip(*cells, strict=True)] or [
                _texts(())
            ] * width
            yield Chunk(np.array(lines, dtype=np.int64), columns, stream.tell(), overlong, skipped)

    def _lines(self, stream: BinaryIO) -> Iterator[str]:
        """Decoded lines; a lone carriage return ends one too (csv does not take it inside)."""
        while raw := stream.readline():
            text = raw.decode(self.encoding)
            if "\r" in text.rstrip("\r\n"):
                yield from io.StringIO(text, newline="")
            else:
                yield text

    def _broken(self, line: int, error: csv.Error) -> Invalid:
        return Invalid(
            f"文件“{self.name}”第 {line} 行附近的引号没有成对，后面的内容连成了一格（{error}）："
            "请改正那里的双引号后再试。"
        )

    @staticmethod
    def _skip_bom(stream: BinaryIO) -> None:
        if stream.read(3) != _BOM:
            stream.seek(0)


def _texts(column: tuple[str, ...]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    texts = np.empty(len(column), dtype=object)
    texts[:] = column
    return texts
