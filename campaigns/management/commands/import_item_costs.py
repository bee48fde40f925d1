"""``manage.py import_item_costs FILE``: takes an item cost list in."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.imports.item_costs import load_item_costs
from haitang.kernel import clock
from haitang.kernel.errors import Refusal

EXIT_UNUSABLE = 2


class Command(BaseCommand):
    help = (
        "导入商品成本表（CSV 或 Excel：商品编码、生效日期、单位成本）。有一行错就整个文件不导入。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV（UTF-8 或 GB18030）或 Excel 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            loaded = load_item_costs(path=path, name=path.name, by=None, now=clock.now())
        except Refusal as refusal:
            raise CommandError(str(refusal), returncode=EXIT_UNUSABLE) from None
        self.stdout.write(loaded.sentence)
