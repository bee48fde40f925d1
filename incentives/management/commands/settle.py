"""``settle MONTH [--until MONTH] [--json]``: calculates months and prints them."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from haitang.kernel.clock import Month
from haitang.kernel.errors import Invalid
from incentives.calculation.services import compute_months
from incentives.reports.payout_table import payout_table

BLOCKED, UNUSABLE = 3, 2


class Command(BaseCommand):
    help = (
        "计算一个月（或连续几个月）的结算并打印；不审批、不保存任何东西。"
        "退出码：0 正常，3 有未解决的问题，2 输入不可用。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", help="月份，例如 2026-10")
        parser.add_argument("--until", help="一直算到这个月，每月接上月的余额")
        parser.add_argument("--json", action="store_true", help="每月一行结算单 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            first = Month.parse(options["month"])
            until = Month.parse(options["until"]) if options["until"] else first
            if until < first:
                raise Invalid(f"--until {until} 早于 {first}：请写成更晚的月份。")
        except Invalid as error:
            self.stderr.write(str(error))
            raise SystemExit(UNUSABLE) from error
        blocked = False
        for calculation in compute_months(first, until):
            shown = calculation.document()
            blocked |= bool(calculation.open_problems)
            if options["json"]:
                self.stdout.write(json.dumps(shown, ensure_ascii=False))
            else:
                self.stdout.write(payout_table(shown))
        if blocked:
            raise SystemExit(BLOCKED)
