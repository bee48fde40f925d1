"""``manage.py withdraw_import ID --reason …``: take a wrong import out again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.imports import services
from campaigns.models import SalesImport
from haitang.kernel import clock
from haitang.kernel.errors import Refusal


class Command(BaseCommand):
    help = "撤回一次销售导入：它的门店日不再计入，它替换掉的版本恢复。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int, help="导入的编号（导入时显示的 #号）")
        parser.add_argument("--reason", required=True, help="撤回的原因，留在操作记录里")

    def handle(self, *args: Any, **options: Any) -> None:
        found = SalesImport.objects.filter(pk=options["id"]).first()
        if found is None:
            raise CommandError(f"没有编号为 {options['id']} 的销售导入。", returncode=2)
        try:
            result = services.withdraw_import(
                sales_import=found, reason=options["reason"], by=None, now=clock.now()
            )
        except Refusal as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        self.stdout.write(result.sentence)
