"""``manage.py verify_audit [STREAM]``: check the audit trail's hash chains."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from haitang.kernel import audit
from haitang.kernel.models import AuditEntry


class Command(BaseCommand):
    help = "核对操作记录的摘要链；有断裂时指出第一条，并以 1 退出。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stream", nargs="?", help="只核对这一个流；不写则全部核对")

    def handle(self, *args: Any, stream: str | None = None, **options: Any) -> None:
        breaks = [
            f"流“{found.stream}”第 {found.number} 条：{found.reason}"
            for found in audit.verify(stream)
        ]
        if audit.unprotected():
            breaks.append("数据库里防改触发器不全：请运行 manage.py migrate，并查明是谁去掉的。")
        if breaks:
            raise CommandError("操作记录核对不通过。\n" + "\n".join(breaks), returncode=1)
        entries = AuditEntry.objects.all()
        count = (entries.filter(stream=stream) if stream else entries).count()
        self.stdout.write(f"操作记录完好：核对了 {count} 条。")
