"""``manage.py run_jobs``: run what is due here and now, without a worker."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from haitang.kernel import jobs


class Command(BaseCommand):
    help = "在本进程里执行到期的后台任务，直到没有为止。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=1000, help="最多执行几个，默认 1000")

    def handle(self, *args: Any, limit: int, **options: Any) -> None:
        self.stdout.write(f"执行了 {jobs.run_pending(limit)} 个任务。")
