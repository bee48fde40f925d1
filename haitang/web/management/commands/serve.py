"""``manage.py serve``: the product on one port, by granian."""

from __future__ import annotations

import logging
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

CORES = os.cpu_count() or 1
THREADS = min(8, 2 * CORES + 1)
# Python runs on one core a process; more than four would only take memory from the database.
WORKERS = min(4, CORES)


class Command(BaseCommand):
    help = "启动网站（单机模式下后台任务也在其中），按 Ctrl-C 停止。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="默认 127.0.0.1")
        parser.add_argument("--port", type=int, default=8000, help="默认 8000")
        parser.add_argument("--workers", type=int, default=WORKERS, help=f"进程数，默认 {WORKERS}")
        parser.add_argument(
            "--threads", type=int, default=THREADS, help=f"每个进程的线程数，默认 {THREADS}"
        )

    def handle(
        self, *args: Any, host: str, port: int, workers: int, threads: int, **options: Any
    ) -> None:
        refuse_missing_migrations()
        connection.close()
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # whitenoise asks for it
        # In the embedded mode each process has worker and beat of its own: rows and leases see
        # to it that nothing happens twice. One that is still busy ten seconds after the stop is
        # killed, and its jobs are taken up at the next start.
        server = Server(
            "haitang.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=threads,
            respawn_failed_workers=True,
            workers_kill_timeout=10,
            log_level=LogLevels.warning,
            log_access=False,  # an address may hold what somebody searched for
        )
        self.stdout.write(f"网址：http://{host}:{port}/ （按 Ctrl-C 停止）")
        self.stdout.flush()
        logging.getLogger("_granian").setLevel(logging.WARNING)
        server.serve()


def refuse_missing_migrations() -> None:
    """Raise CommandError when the database does not answer or is not of this version."""
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(f"连接不上数据库：{error}\n请检查 DATABASE_URL。") from error
    if plan:
        raise CommandError(
            f"数据库还缺 {len(plan)} 个迁移，网站没有启动：请先运行 python manage.py migrate。"
        )
