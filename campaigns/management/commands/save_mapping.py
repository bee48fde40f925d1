"""``save_mapping NAME FILE.json``: saves a column mapping for ``import_sales --mapping NAME``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from campaigns.imports.services import save_mapping
from haitang.kernel import clock
from haitang.kernel.errors import Invalid, Refusal

UNUSABLE = 2


class Command(BaseCommand):
    help = "保存一个列映射（JSON，见 docs/imports.md），供 import_sales --mapping 使用。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="映射的名称")
        parser.add_argument("file", type=Path, help="映射的 JSON 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = _read(options["file"])
            save_mapping(name=options["name"], document=document, by=None, now=clock.now())
        except Refusal as error:
            self.stderr.write(str(error))
            raise SystemExit(UNUSABLE) from error
        self.stdout.write(f"映射“{options['name']}”已保存。")


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Invalid(f"读不到文件 {path}：请核对路径。") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Invalid(f"{path.name} 不是正确的 JSON：请检查括号、引号和逗号。") from error
    if not isinstance(document, dict):
        raise Invalid(f"{path.name} 应当是一个 {{ … }} 对象。")
    return document
