"""Stores and small files for the import's tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from campaigns.imports.services import import_sales, save_mapping
from campaigns.models import SalesImport, Store

HEADER = "store,date,receipt,item,quantity,amount,cost,member"

WriteCsv = Callable[..., Path]
Import = Callable[..., SalesImport]


@pytest.fixture
def stores(db: None) -> list[Store]:
    """S01 and S02, open since 2020."""
    return [
        Store.objects.create(code=code, name=f"{code}店", opened_on=date(2020, 1, 1))
        for code in ("S01", "S02")
    ]


@pytest.fixture
def write_csv(tmp_path: Path) -> WriteCsv:
    """``write_csv("S01,…", "S01,…")``: a file of those rows under the standard header."""

    def write(
        *rows: str, header: str = HEADER, name: str = "sales.csv", encoding: str = "utf-8"
    ) -> Path:
        path = tmp_path / name
        path.write_bytes(("\n".join([header, *rows]) + "\n").encode(encoding))
        return path

    return write


@pytest.fixture
def run(stores: list[Store], now: datetime) -> Import:
    """``run(path, document=…)``: import a file, with a mapping of that document."""

    def imported(
        path: Path, *, document: dict[str, Any] | None = None, **options: Any
    ) -> SalesImport:
        name = None
        if document is not None:
            name = "测试来源"
            save_mapping(name=name, document=document, by=None, now=now)
        return import_sales(
            path=path, name=path.name, mapping_name=name, by=None, now=now, **options
        )

    return imported


@pytest.fixture
def write_xlsx(tmp_path: Path) -> Callable[..., Path]:
    """``write_xlsx([header, row, …])``: a workbook of those cells, with their types."""

    def write(rows: Sequence[Sequence[Any]], name: str = "sales.xlsx") -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in rows:
            sheet.append(list(row))
        book.save(tmp_path / name)
        return tmp_path / name

    return write
