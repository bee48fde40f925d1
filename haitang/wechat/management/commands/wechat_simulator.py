"""``manage.py wechat_simulator``: plays WeChat on this machine, for demonstrations and tests."""

from __future__ import annotations

import os
import signal
import sys
import threading
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from haitang.wechat.simulator.account import SimulatedAccount, account_of_environment
from haitang.wechat.simulator.invented import furnish
from haitang.wechat.simulator.keeping import restore, save
from haitang.wechat.simulator.kept import kept_account
from haitang.wechat.simulator.scripts import SCRIPTS, load, run_script
from haitang.wechat.simulator.server import Simulator, serving
from haitang.wechat.simulator.wire import MODES

LOCAL = {"127.0.0.1", "localhost", "::1"}
SAVE_SECONDS = 5.0
LISTENING_SECONDS = 0.5
AES_KEY_LENGTH = 43


class Command(BaseCommand):
    help = (
        "在本机扮演微信：接口、关注者和推送，另有一个网页供人扮演关注者。只监听 127.0.0.1。"
        "环境变量没有配置公众号时，使用本安装自己的演示账号。按 Ctrl-C 停止。"
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8400, help="默认 8400")
        parser.add_argument(
            "--callback",
            default="http://127.0.0.1:8000/wechat/callback/",
            help="推送到的地址，默认本机 8000 端口的 /wechat/callback/",
        )
        parser.add_argument(
            "--allow-remote", action="store_true", help="允许推送到别的机器（默认拒绝）"
        )
        parser.add_argument("--mode", choices=MODES, default="encrypted", help="默认 encrypted")
        parser.add_argument(
            "--kind",
            choices=["service", "subscription"],
            default="service",
            help="service 服务号（默认），subscription 公众号",
        )
        parser.add_argument("--script", choices=sorted(SCRIPTS), help="自动演一个剧本")
        parser.add_argument("--count", type=int, default=8, help="剧本里的人数，默认 8")
        parser.add_argument("--rate", type=float, default=60, help="每分钟几个动作，默认 60")
        parser.add_argument("--load", type=int, metavar="N", help="尽快推送 N 条文本，然后结束")
        parser.add_argument("--connections", type=int, default=8, help="--load 的连接数，默认 8")
        parser.add_argument("--duplicates", type=int, default=0, help="--load 里重复的百分比")
        parser.add_argument("--state", type=Path, help="把状态记在这个 JSON 文件里，下次接着用")
        parser.add_argument(
            "--with-parent", action="store_true", help="标准输入关闭时结束（由 serve 启动时用）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_foreign(options["callback"], allowed=options["allow_remote"])
        account, source = the_account()
        simulator = Simulator(
            callback_url=options["callback"], account=account, mode=options["mode"]
        )
        simulator.world.kind = options["kind"]
        state: Path | None = options["state"]
        if state is not None:
            restore(simulator.world, state)
        furnish(simulator)
        signal.signal(signal.SIGTERM, lambda *_: simulator.stopping.set())
        with ExitStack() as stack:
            try:
                stack.enter_context(serving(simulator, port=options["port"]))
            except OSError as error:
                raise CommandError(f"微信模拟器不能监听端口 {options['port']}：{error}") from error
            self._run(simulator, source, options)
        if state is not None:
            save(simulator.world, state)

    def _run(self, simulator: Simulator, source: str, options: dict[str, Any]) -> None:
        if options["load"]:
            return self._load(simulator, options)
        self.stdout.write(f"微信模拟器：{simulator.base_url}/ （{source}，按 Ctrl-C 停止）")
        self.stdout.flush()
        if options["with_parent"]:
            threading.Thread(target=_stop_at_end_of_input, args=(simulator,), daemon=True).start()
        if options["script"]:
            threading.Thread(
                target=play_when_answered, args=(simulator, options), daemon=True
            ).start()
        try:
            while not simulator.stopping.wait(SAVE_SECONDS):
                if options["state"] is not None:
                    save(simulator.world, options["state"])
        except KeyboardInterrupt:
            self.stdout.write("微信模拟器停止了。")

    def _load(self, simulator: Simulator, options: dict[str, Any]) -> None:
        result = load(
            simulator,
            options["load"],
            connections=options["connections"],
            duplicates=options["duplicates"],
        )
        count = len(result.deliveries)
        self.stdout.write(
            f"推送 {count} 条，失败 {result.failed} 条，用时 {result.seconds:.2f} 秒，"
            f"每秒 {count / result.seconds:.0f} 条；"
            f"一半在 {result.percentile(0.5) * 1000:.1f} 毫秒内，"
            f"99% 在 {result.percentile(0.99) * 1000:.1f} 毫秒内得到回答。"
        )
        if result.failed:
            raise SystemExit(1)


def refuse_foreign(callback: str, *, allowed: bool) -> None:
    """CommandError unless the webhook is on this machine or may be elsewhere."""
    parts = urlsplit(callback)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CommandError(
            f"推送地址“{callback}”不对：请写成 http://127.0.0.1:8000/wechat/callback/。"
        )
    if parts.hostname not in LOCAL and not allowed:
        raise CommandError(
            f"推送地址 {parts.hostname} 不是本机：模拟器只在本机使用。"
            "确实要推送到那里（例如同一内网的测试机），请加 --allow-remote。"
        )


def the_account() -> tuple[SimulatedAccount, str]:
    """The account of the environment, or the kept one; with words that say which."""
    named = account_of_environment()
    if named is not None and len(named.aes_key) != AES_KEY_LENGTH:
        raise CommandError(
            "环境变量配置了 WECHAT_APP_ID，但 WECHAT_ENCODING_AES_KEY 不是 43 个字符。"
            "请补全，或去掉 WECHAT_APP_ID 改用演示账号。"
        )
    if named is not None:
        return named, f"使用环境变量里的公众号 {named.app_id}"
    kept = kept_account(settings.VAR_DIR)
    return kept, f"演示账号 {kept.app_id}"


def play_when_answered(simulator: Simulator, options: dict[str, Any]) -> None:
    """Play the script as soon as the webhook answers: what comes earlier would be lost."""
    while not simulator.check_address():
        if simulator.stopping.wait(LISTENING_SECONDS):
            return
    run_script(simulator, options["script"], count=options["count"], rate=options["rate"])


def _stop_at_end_of_input(simulator: Simulator) -> None:
    """The starting process holds the other end; when it is gone, so are we."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    simulator.stopping.set()
