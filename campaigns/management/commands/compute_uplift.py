"""``manage.py compute_uplift [CODE…]``: compute and keep the uplift of campaigns."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from haitang.kernel.jobs.command import leave_to_worker, run_here


class Command(BaseCommand):
    help = "计算活动的毛利增加值并保存；不写编号则计算所有可能有变化的活动。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("codes", nargs="*", metavar="CODE", help="活动编号")
        parser.add_argument("--background", action="store_true", help="只登记，由后台执行")

    def handle(self, *args: Any, codes: list[str], background: bool, **options: Any) -> None:
        payload = {"codes": codes} if codes else {}
        if background:
            self.stdout.write(leave_to_worker("compute_uplift", payload))
            return
        changed = run_here("compute_uplift", payload).result["changed"]
        self.stdout.write(f"活动增量已计算：{changed} 个活动的结果有更新。")
