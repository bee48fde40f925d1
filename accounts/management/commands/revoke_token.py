"""``revoke_token USERNAME NAME``: ends an API token, when it was lost or is not needed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.tokens import revoke_token, token_in_force
from haitang.kernel import clock
from haitang.kernel.errors import Refusal


class Command(BaseCommand):
    help = "作废一个人的接口令牌，立即生效。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="用户名")
        parser.add_argument("name", help="令牌的用途（建立时的 --name）")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"没有用户名为“{options['username']}”的人：请核对用户名。")
        try:
            token = token_in_force(user, name=options["name"])
            revoke_token(token=token, by=None, now=clock.now())
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"已作废 {user.username} 的令牌“{token.name}”。")
