"""``manage.py verify_ledger``: check the ledger's chain, its journals and every balance."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incentives.ledger.verify import verify
from incentives.models import Journal, LedgerAccount


class Command(BaseCommand):
    help = "核对账本：凭证链、每张凭证的借贷、每个科目的余额；有问题时指出第一张，并以 1 退出。"

    def handle(self, *args: Any, **options: Any) -> None:
        faults = [fault.sentence for fault in verify()]
        if faults:
            raise CommandError("账本核对不通过。\n" + "\n".join(faults), returncode=1)
        journals, accounts = Journal.objects.count(), LedgerAccount.objects.count()
        self.stdout.write(f"账本完好：核对了 {journals} 张凭证、{accounts} 个科目。")
