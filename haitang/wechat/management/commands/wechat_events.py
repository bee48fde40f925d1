"""``wechat_events --json``: what WeChat sent, one event a line, for support and for checks."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date, parse_datetime

from haitang.kernel.clock import SHANGHAI
from haitang.wechat.models import InboundEvent

_FIELDS = ("key", "kind", "openid", "state", "attempts", "received_at")
_AT_ONCE = 2_000


class Command(BaseCommand):
    help = "列出收到的微信消息和事件，每行一条（没有内容）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="每行一个 JSON 对象")
        parser.add_argument(
            "--since",
            default="",
            help="从什么时间起收到的，如 2026-10-17 或 2026-10-17T08:00（不写时区即北京时间）",
        )

    def handle(self, *args: Any, since: str, **options: Any) -> None:
        found = InboundEvent.objects.order_by("id")
        if since:
            found = found.filter(received_at__gte=_moment(since))
        for row in found.values(*_FIELDS).iterator(_AT_ONCE):
            row["received_at"] = row["received_at"].astimezone(SHANGHAI).isoformat()
            if options["json"]:
                self.stdout.write(json.dumps(row, ensure_ascii=False))
            else:
                self.stdout.write("\t".join(str(value) for value in row.values()))


def _moment(text: str) -> datetime:
    """A day or a moment, Asia/Shanghai unless it says otherwise."""
    try:
        day = parse_date(text)
        moment = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"时间“{text}”看不懂：请写成 2026-10-17 或 2026-10-17T08:00。")
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
