"""``manage.py import_sales FILE``: import one sales file."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.imports import services
from campaigns.models import SalesImport
from haitang.kernel import clock
from haitang.kernel.errors import Refusal
from haitang.kernel.money import display

SHOWN = 10
EXIT_UNUSABLE = 2


class Command(BaseCommand):
    help = "导入一个销售文件（CSV 或 Excel）。有行被拒收时其余照样导入；文件不能用时退出码为 2。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV（UTF-8 或 GB18030）或 Excel 文件")
        parser.add_argument("--mapping", help="已保存的列映射的名称；不写就是标准列名")
        parser.add_argument(
            "--wait", type=float, default=0, metavar="SECONDS", help="另一个导入在进行时最多等多久"
        )
        parser.add_argument("--again", action="store_true", help="同一文件已生效也再导入一次")
        parser.add_argument("--rejects", type=Path, help="把拒收的行写到这个 CSV 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        now = clock.now()
        try:
            done = services.import_sales(
                path=path,
                name=path.name,
                mapping_name=options["mapping"],
                by=None,
                now=now,
                report=self._progress if sys.stderr.isatty() else None,
                again=options["again"],
                wait_seconds=options["wait"],
            )
        except Refusal as refusal:
            raise CommandError(str(refusal), returncode=EXIT_UNUSABLE) from None
        except KeyboardInterrupt:
            raise CommandError("已中断，没有任何数据生效。", returncode=130) from None
        if sys.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")
        self._tell(done, is_new=done.created_at == now)
        if options["rejects"] and done.lines_refused:
            text = "".join(services.bad_rows_csv(done))
            options["rejects"].write_text(text, encoding="utf-8", newline="")
            self.stdout.write(f"拒收的行已写到 {options['rejects']}。")

    def _progress(self, done: int, total: int, note: str) -> None:
        share = f"{100 * done // total}%" if total else ""
        self.stderr.write(f"\r\033[K{note} {share}", ending="")
        self.stderr.flush()

    def _tell(self, done: SalesImport, *, is_new: bool) -> None:
        if not is_new:
            self.stdout.write(f"这个文件已经导入过（#{done.pk}），没有变化；要再导入请加 --again。")
        days = f"{done.first_date} 至 {done.last_date}，" if done.first_date else ""
        self.stdout.write(
            f"导入 #{done.pk} {done.file_name}：读到 {done.lines_read:,} 行，"
            f"接受 {done.lines_accepted:,} 行，拒收 {done.lines_refused:,} 行，"
            f"略过合计行与空行 {done.lines_ignored:,} 行；"
            f"{days}{done.store_days:,} 个门店日，销售额 {display(done.amount_fen)}。"
        )
        for row in done.bad_rows.all()[:SHOWN]:
            self.stdout.write(f"  第 {row.line_no} 行“{row.column}”列的“{row.value}”：{row.reason}")
        if done.lines_refused > SHOWN:
            self.stdout.write(
                f"  …… 其余 {done.lines_refused - SHOWN:,} 行：在“销售导入”页打开 #{done.pk} 下载，"
                "或加 --rejects 文件名。"
            )
