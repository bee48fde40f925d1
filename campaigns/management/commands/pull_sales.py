"""``manage.py pull_sales``: import what lies in the watched folder."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from haitang.kernel.jobs.command import leave_to_worker, run_here


class Command(BaseCommand):
    help = "导入销售文件夹（SALES_INBOX）里的新文件，加密保存后移走；不能用的移到其中的 refused/。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--background", action="store_true", help="只登记，由后台执行")

    def handle(self, *args: Any, background: bool, **options: Any) -> None:
        if background:
            self.stdout.write(leave_to_worker("pull_sales", {}))
            return
        result = run_here("pull_sales", {}).result
        imported, refused, left = (result[name] for name in ("imported", "refused", "left"))
        self.stdout.write(
            f"文件夹 {settings.SALES_INBOX}：导入 {len(imported)} 个，"
            f"拒收 {len(refused)} 个，留待下次 {len(left)} 个。"
        )
        for name in refused:
            self.stdout.write(f"  拒收：{name}（原因见 refused/ 里的 {name}.原因.txt）")
        for name in left:
            self.stdout.write(f"  留待下次：{name}（还在写入，或另一个导入正在进行）")
