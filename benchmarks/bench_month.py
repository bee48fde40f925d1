"""A month with a whole-chain campaign, at 400 days of history and at ten times that.

200 stores, 25 lines a store-day: 2,000,000 and 20,000,000 sale lines. The month holds a large
campaign (all stores, five days, year on year) and a medium one (all stores, one day, ordinary
days); its calculation is kept as a run each time. Prints the best of seven and the ratio of the
two histories, a line a database. Usage: ``python -m benchmarks.bench_month [times]``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

STORES, DAYS, LINES_A_DAY = 200, 400, 25
LAST_DAY = date(2026, 2, 4)
MONTH = "2026-01"
REPEATS = 7
ROOT = Path(__file__).resolve().parent.parent


def main(times: int) -> None:
    """Measure each database in a process of its own."""
    from tests.support.servers import create_database, drop_database

    server = os.environ.get("TEST_DATABASE_URL", "")
    for url in ("", server) if server else ("",):
        name = "haitang_bench_month"
        with tempfile.TemporaryDirectory(prefix="haitang-bench-") as folder:
            environment = {**os.environ, "VAR_DIR": folder, "LOG_LEVEL": "ERROR"}
            environment.pop("DATABASE_URL", None)
            if url:
                create_database(url, name)
                environment["DATABASE_URL"] = urlsplit(url)._replace(path=f"/{name}").geturl()
            command = [sys.executable, "-m", "benchmarks.bench_month", str(times), "--measure"]
            try:
                subprocess.run(command, cwd=ROOT, env=environment, check=True)
            finally:
                if url:
                    drop_database(url, name)


def measure(times: int) -> None:
    """The measurements of one database, in this process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haitang.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    _make_chain()
    _make_sales(LAST_DAY - timedelta(days=DAYS - 1), LAST_DAY)
    short = _best()
    _make_sales(LAST_DAY - timedelta(days=DAYS * times - 1), LAST_DAY - timedelta(days=DAYS))
    long = _best()
    print(
        f"{connection.display_name}：全连锁活动的一个月 {short:.3f} s（200 万行），"
        f"{times} 倍历史 {long:.3f} s｜比值 {long / short:.2f}×",
        flush=True,
    )


def _make_chain() -> None:
    from campaigns.models import Campaign, Store

    opened = date(2010, 1, 1)
    Store.objects.bulk_create(
        Store(code=f"S{number:03d}", name=f"S{number:03d}", opened_on=opened)
        for number in range(1, STORES + 1)
    )
    items = ["P1", "P2", "P3"]
    for code, scale, kind, start, end in (
        ("L1", "large", "weekend", date(2026, 1, 16), date(2026, 1, 20)),
        ("M1", "medium", "manufacturer", date(2026, 1, 27), date(2026, 1, 27)),
    ):
        Campaign.objects.create(
            code=code,
            title=code,
            scale=scale,
            kind=kind,
            start=start,
            end=end,
            all_stores=True,
            focus_items=items,
            status=Campaign.Status.COMPLETED,
        )


def _make_sales(first: date, last: date) -> None:
    """Store-days in effect with their lines, as an import leaves them."""
    from django.db import connection

    from campaigns.models import SaleLine, SalesImport, Store, StoreDay
    from haitang.kernel import clock

    done = SalesImport.objects.create(
        file_name="bench", digest="", state=SalesImport.State.DONE, created_at=clock.now()
    )
    stores = list(Store.objects.values_list("pk", flat=True))
    StoreDay.objects.bulk_create(
        (
            StoreDay(
                sales_import=done,
                store_id=store,
                date=first + timedelta(days=number),
                is_active=True,
                lines=LINES_A_DAY,
                customers=10,
                units_milli=25_000,
                amount_fen=500_000 + store * 7 + number,
                cost_fen=300_000,
            )
            for number in range((last - first).days + 1)
            for store in stores
        ),
        batch_size=5_000,
    )
    lines, days = SaleLine._meta.db_table, StoreDay._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {lines} (store_day_id, line_no, receipt, item, quantity_milli,"
            " amount_fen, cost_fen, card_id) WITH RECURSIVE n(i) AS"
            f" (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {LINES_A_DAY - 1})"
            " SELECT d.id, n.i, 'R' || (n.i / 3), 'P' || ((d.id * 7 + n.i * 13) %% 500), 1000,"
            f" 20000, 12000, NULL FROM {days} d, n WHERE d.sales_import_id = %s",
            [done.pk],
        )
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {lines}")
            cursor.execute(f"ANALYZE {days}")


def _best() -> float:
    from haitang.kernel import clock
    from haitang.kernel.clock import Month
    from incentives.calculation.services import calculate_month
    from incentives.models import SettlementRun

    seconds = []
    for _ in range(REPEATS):
        SettlementRun.objects.update(digest="")  # so that the next one is kept, too
        start = time.perf_counter()
        calculate_month(month=Month.parse(MONTH), by=None, now=clock.now())
        seconds.append(time.perf_counter() - start)
    return min(seconds)


if __name__ == "__main__":
    scale = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    measure(scale) if "--measure" in sys.argv else main(scale)
