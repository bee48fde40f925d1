"""``create_token USERNAME [--name NAME] [--last-day DAY]``: prints a new API token, once."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.tokens import create_token
from haitang.kernel import clock
from haitang.kernel.errors import Refusal


class Command(BaseCommand):
    help = "为一个人建立接口令牌并打印出来；只显示这一次，库里只留摘要。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="用户名")
        parser.add_argument("--name", help="用途，例如 收银系统；默认按建立时间取名")
        parser.add_argument(
            "--last-day",
            type=date.fromisoformat,
            metavar="日期",
            help="有效到哪一天（含），例如 2027-06-30；不写则一直有效",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"没有用户名为“{options['username']}”的人：请核对用户名。")
        name = options["name"]
        if name is None:
            name = f"命令行 {now.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S.%f}"
        try:
            token, text = create_token(
                user=user, name=name, by=None, now=now, last_day=options["last_day"]
            )
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(text)
        self.stderr.write(
            f"{user.username} 的令牌“{token.name}”：上面一行只显示这一次，请存好。"
            "请求时写在头里：Authorization: Bearer <令牌>。"
        )
