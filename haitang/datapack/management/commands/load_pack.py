"""``load_pack PATH [--skip-bad-rows]``: loads a data pack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from haitang.datapack.services import load_pack
from haitang.kernel import clock
from haitang.kernel.errors import Refusal

UNUSABLE = 2
_SHOWN = 20


class Command(BaseCommand):
    help = (
        "载入数据包（文件夹或 .zip，内有 CSV 文件，见 docs/datapack.md）。重复载入不会重复计算。"
        "退出码：0 全部载入，2 有文件没有载入。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="数据包的路径")
        parser.add_argument(
            "--skip-bad-rows",
            action="store_true",
            help="跳过有误的行，其余照常载入；有误的行连同原因写在数据包旁边",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = load_pack(
                path=options["path"],
                now=clock.now(),
                skip_bad_rows=options["skip_bad_rows"],
                report=self.stdout.write,
            )
        except Refusal as error:
            self.stderr.write(str(error))
            raise SystemExit(UNUSABLE) from error
        for row in report.rejected[:_SHOWN]:
            self.stderr.write(str(row))
        if len(report.rejected) > _SHOWN:
            self.stderr.write(f"……共 {len(report.rejected)} 处。")
        if report.rejected_folder:
            self.stdout.write(f"拒收的行连同原因已写在 {report.rejected_folder}。")
        if report.differing:
            self.stdout.write(
                f"已批准的{'、'.join(report.differing)}按现在的数据会有不同：批准的金额不变，"
                "差额见“已批准月份的差异”，作为调整进入下一个未提交的月份。"
            )
        if not report.ok:
            self.stderr.write("请改正后重新载入；或加 --skip-bad-rows 跳过有误的行。")
            raise SystemExit(UNUSABLE)
