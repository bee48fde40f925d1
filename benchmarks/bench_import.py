"""Importing 2,000,000 lines (checked, replaced, rolled up) against reading alone and bare COPY.

Prints one line a database. Durability is on everywhere: ``synchronous=FULL`` on SQLite, ``fsync``
and ``synchronous_commit`` on PostgreSQL (``TEST_DATABASE_URL``; left out when there is none). The
import runs twice: the second one replaces every store-day of the first. Usage:
``python -m benchmarks.bench_import [lines]``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

STORES, DAYS = 200, 400
ROOT = Path(__file__).resolve().parent.parent


def main(lines: int) -> None:
    """Generate the file, then measure each database in a process of its own."""
    from benchmarks.generate import generate_sales

    with tempfile.TemporaryDirectory(prefix="haitang-bench-") as folder:
        path = Path(folder) / "sales.csv"
        generate_sales(path, lines=lines, stores=STORES, days=DAYS, seed=1)
        print(
            f"{lines:,} 行，{STORES} 店 × {DAYS} 天，{path.stat().st_size / 1e6:.0f} MB"
            f"（lines, stores × days, size）",
            flush=True,
        )
        for url in ("", os.environ.get("TEST_DATABASE_URL", "")):
            if url or not os.environ.get("BENCH_SKIP_SQLITE"):
                _measure_apart(path, Path(folder), url, lines)
            if not url and not os.environ.get("TEST_DATABASE_URL"):
                print("没有 PostgreSQL（TEST_DATABASE_URL）：只测 SQLite。")
                break


def _measure_apart(path: Path, folder: Path, server: str, lines: int) -> None:
    from tests.support.servers import create_database, drop_database

    environment = {**os.environ, "VAR_DIR": str(folder / "var"), "LOG_LEVEL": "ERROR"}
    environment.pop("DATABASE_URL", None)
    name = "haitang_bench_import"
    if server:
        create_database(server, name)
        environment["DATABASE_URL"] = urlsplit(server)._replace(path=f"/{name}").geturl()
    try:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.bench_import", str(lines), "--measure", str(path)],
            cwd=ROOT,
            env=environment,
            check=True,
        )
    finally:
        if server:
            drop_database(server, name)


def measure(path: Path, lines: int) -> None:
    """The measurements of one database, in this process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haitang.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.generate import store_codes
    from campaigns.models import StoreDay

    call_command("migrate", verbosity=0)
    _make_stores(store_codes(STORES))
    reading = _polars(path)
    first = _import(path)
    second = _import(path)
    assert StoreDay.objects.filter(is_active=True).count() == min(lines, STORES * DAYS)
    parts = [
        f"导入 import {first:.1f} s = {lines / first:,.0f} 行/s",
        f"替换 replacing {second:.1f} s = {lines / second:,.0f} 行/s",
        f"polars 读取并汇总 read+group {reading:.2f} s（{first / reading:.0f}×）",
    ]
    if connection.vendor == "postgresql":
        bare = _bare_copy(path)
        parts.append(f"COPY 空表 bare {bare:.1f} s（{first / bare:.1f}×）")
    print(f"{connection.display_name}：" + "｜".join(parts), flush=True)


def _make_stores(codes: list[str]) -> None:
    from campaigns.models import Store

    opened = date(2020, 1, 1)
    Store.objects.bulk_create([Store(code=code, name=code, opened_on=opened) for code in codes])


def _import(path: Path) -> float:
    from campaigns.imports.services import import_sales
    from haitang.kernel import clock

    start = time.perf_counter()
    import_sales(path=path, name=path.name, mapping_name=None, by=None, now=clock.now(), again=True)
    return time.perf_counter() - start


def _polars(path: Path) -> float:
    import polars as pl

    start = time.perf_counter()
    frame = pl.read_csv(path, schema_overrides={"receipt": pl.String, "item": pl.String})
    frame.group_by("store", "date").agg(
        pl.col("quantity", "amount", "cost").sum(), pl.col("receipt").n_unique()
    )
    return time.perf_counter() - start


def _bare_copy(path: Path) -> float:
    from django.db import connection

    with connection.cursor() as cursor, path.open("rb") as file:
        cursor.execute(
            "CREATE TABLE bare (store text, date date, receipt text, item text,"
            " quantity numeric, amount numeric, cost numeric, member text)"
        )
        start = time.perf_counter()
        cursor.copy_expert("COPY bare FROM STDIN WITH (FORMAT csv, HEADER)", file)
        return time.perf_counter() - start


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    if "--measure" in sys.argv:
        measure(Path(sys.argv[-1]), count)
    else:
        main(count)
