"""``manage.py make_demo_pack PATH``: write the demonstration pack, for a look at the format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from haitang.datapack.demo import DEMO_LAST_MONTH, DEMO_SEED, write_demo_pack
from haitang.kernel.clock import Month
from haitang.kernel.errors import Refusal


class Command(BaseCommand):
    help = "生成演示数据包：十二家门店、十六个月的销售，同样的种子总得到同样的文件。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", help="写到哪个文件夹")
        parser.add_argument("--seed", type=int, default=DEMO_SEED, help="随机种子")
        parser.add_argument(
            "--last-month", default=str(DEMO_LAST_MONTH), help="最后一个月，如 2026-09"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["path"])
        if path.exists() and not path.is_dir():
            raise CommandError(f"“{path}”是一个文件：请给出一个文件夹。", returncode=2)
        if path.is_dir() and any(path.iterdir()) and not (path / "stores.csv").exists():
            raise CommandError(
                f"文件夹“{path}”里有别的东西：请给出一个空的或还没有的文件夹。", returncode=2
            )
        try:
            month = Month.parse(options["last_month"])
            write_demo_pack(path, seed=options["seed"], last_month=month)
        except Refusal as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        self.stdout.write(f"演示数据包已写到 {path.resolve()}（最后一个月 {month}）。")
