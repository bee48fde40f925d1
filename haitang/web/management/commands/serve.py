"""``manage.py serve``: the product on one port, by granian."""

from __future__ import annotations

import logging
import os
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from haitang.datapack.demo import opening
from haitang.kernel import clock
from haitang.web.simulated import answers, is_named, simulated_wechat

CORES = os.cpu_count() or 1
# Most of them wait: a message of WeChat for the commit that it shares with others.
THREADS = 16
# Python runs on one core a process, and a connection stays with the process that took it: with one
# a core, all who are there often meet in the same one. More than four would only take memory.
WORKERS = min(4, 2 * CORES)


class Command(BaseCommand):
    help = "启动网站（单机模式下后台任务也在其中），按 Ctrl-C 停止。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="默认 127.0.0.1")
        parser.add_argument("--port", type=int, default=8000, help="默认 8000")
        parser.add_argument("--workers", type=int, default=WORKERS, help=f"进程数，默认 {WORKERS}")
        parser.add_argument(
            "--threads", type=int, default=THREADS, help=f"每个进程的线程数，默认 {THREADS}"
        )
        parser.add_argument(
            "--simulator",
            action="store_true",
            help="同时启动微信模拟器，当作演示用的公众号；环境变量配置了公众号时不启动",
        )

    def handle(
        self,
        *args: Any,
        host: str,
        port: int,
        workers: int,
        threads: int,
        simulator: bool,
        **options: Any,
    ) -> None:
        refuse_missing_migrations()
        connection.close()
        with ExitStack() as stack:
            if simulator:
                self._simulate(stack, host, port)
            self._serve(host, port, workers, threads)

    def _simulate(self, stack: ExitStack, host: str, port: int) -> None:
        if is_named():
            name = os.environ["WECHAT_APP_ID"]
            return self.stdout.write(f"已配置公众号 {name}，没有启动微信模拟器。")
        here = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 (compared only)
        callback = f"http://{here}:{port}/wechat/callback/"
        is_demo = opening.is_demonstration()
        base = stack.enter_context(
            simulated_wechat(
                callback=callback, plays_morning=is_demo and opening.nobody_wrote_yet()
            )
        )
        if is_demo and not opening.is_open() and answers(base):
            opening.open_account(now=clock.now(), tell=self.stdout.write)
        connection.close()
        return self.stdout.write(f"微信模拟器：{base}/")

    def _serve(self, host: str, port: int, workers: int, threads: int) -> None:
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
        granian = logging.getLogger("_granian")
        granian.setLevel(logging.WARNING)
        granian.addFilter(lambda record: "Python threads" not in record.msg)  # see THREADS
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
