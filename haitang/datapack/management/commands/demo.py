"""``manage.py demo``: makes the demonstration ready and prints the payout; it never serves."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from accounts.models import User
from campaigns.models import Campaign, Store
from haitang.datapack.demo.prepare import Demo, DemoPerson, prepare_demo
from haitang.kernel import clock
from haitang.kernel.errors import Refusal
from incentives.reports.payout_table import aligned, payout_table

ADDRESS = "http://127.0.0.1:8000"
SIMULATOR = "http://127.0.0.1:8400"
UNUSABLE = 2


class Command(BaseCommand):
    help = (
        "准备演示：建库、载入演示数据包、结算最后一个月，并打印提成表和演示账号。"
        "可以重复运行，做过的不再做。数据库里有别的数据时拒绝。"
    )
    requires_migrations_checks = False
    # They read every page's code, which is most of a later start; ``serve`` makes them.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--prepare-only",
            action="store_true",
            default=True,
            help="只准备和打印，不启动网站（总是如此）",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            call_command("migrate", interactive=False, verbosity=0)
            folder = settings.VAR_DIR / "demo-pack"
            demo = prepare_demo(folder=folder, now=clock.now(), tell=self._tell)
        except Refusal as refusal:
            self.stderr.write(str(refusal))
            raise SystemExit(UNUSABLE) from refusal
        self.stdout.write(f"\n{_payout(demo)}\n\n{_people(demo.people)}\n\n网址：{ADDRESS}")
        if not settings.WECHAT_APP_ID:
            self.stdout.write(f"微信模拟器：{SIMULATOR} （扮演关注者给公众号发消息，随网站启动）")

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _payout(demo: Demo) -> str:
    return payout_table(
        demo.run.document,
        people=dict(User.objects.values_list("username", "name")),
        campaigns=dict(Campaign.objects.values_list("code", "title")),
        stores=dict(Store.objects.values_list("code", "name")),
    )


def _people(people: list[DemoPerson]) -> str:
    rows = [["角色", "姓名", "用户名", "密码"]]
    rows += [[person.role, person.name, person.username, person.password] for person in people]
    return "\n".join(["演示账号（改过密码的，以改后的为准）", *aligned(rows)])
