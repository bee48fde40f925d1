"""Text messages a second through the webhook, both modes encrypted, against WeRoBot 1.13.

All on granian with the same processes and threads: ours, where every message is durably stored
before it is answered, and WeRoBot with a handler that stores nothing and with its default session
on SQLite. Rounds alternate, since others use the machine; what counts are the ratios. Then the
time of an answer at half the load that ours reached. The worker that processes messages is off,
and is measured by itself. Usage: ``python -m benchmarks.bench_webhook [seconds] [rounds]``.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from benchmarks.webhook_load import AES_KEY, APP_ID, TOKEN

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
THREADS = int(os.environ.get("BENCH_THREADS", "16"))
CONNECTIONS = 64
NOTHING, SESSION = "WeRoBot，什么都不存", "WeRoBot，默认的 SQLite 会话"
Result = dict[str, Any]


def main(seconds: float, rounds: int) -> None:
    """Measure each database against WeRoBot and print a table."""
    from tests.support.servers import create_database, drop_database

    server = os.environ.get("TEST_DATABASE_URL", "")
    for url in ("", server) if server else ("",):
        name = "haitang_bench_webhook"
        with tempfile.TemporaryDirectory(prefix="haitang-bench-") as folder:
            environment = _environment(Path(folder))
            if url:
                create_database(url, name)
                environment["DATABASE_URL"] = urlsplit(url)._replace(path=f"/{name}").geturl()
            try:
                _manage(environment, "migrate", "--verbosity", "0")
                measure("PostgreSQL" if url else "SQLite", environment, seconds, rounds)
            finally:
                if url:
                    drop_database(url, name)
    if not server:
        print("没有 PostgreSQL（TEST_DATABASE_URL）：只测 SQLite。")


def measure(database: str, environment: dict[str, str], seconds: float, rounds: int) -> None:
    """The table of one database."""
    ours = f"本产品，{database}，落盘后应答"
    session = {**environment, "WEROBOT_SESSION": f"{environment['VAR_DIR']}/werobot.sqlite3"}
    sides = {
        NOTHING: ("benchmarks.werobot_app:application", environment),
        ours: ("haitang.wsgi:application", environment),
    }
    if database == "SQLite":
        sides[SESSION] = ("benchmarks.werobot_app:application", session)
    found: dict[str, list[Result]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, (target, its_environment) in sides.items():
            with serving(target, its_environment) as port:
                load(port, seconds=0.5)
                found[side].append(load(port, seconds=seconds))
    rates = {side: statistics.median(r["per_second"] for r in found[side]) for side in sides}
    recycle_log(environment.get("DATABASE_URL", ""))
    with serving(*sides[ours]) as port:
        load(port, seconds=0.5)
        half = load(port, seconds=seconds, rate=rates[ours] / 2)
    print(f"\n{WORKERS} 个进程，每个 {THREADS} 个线程，{CONNECTIONS} 个连接，{rounds} 轮的中位数\n")
    print(
        "| | 条/秒 | 与什么都不存的之比 | p50 | p99 | 拒绝 |\n| --- | --- | --- | --- | --- | --- |"
    )
    for side, results in found.items():
        ratios = [
            a["per_second"] / b["per_second"] for a, b in zip(results, found[NOTHING], strict=True)
        ]
        p50, p99 = (statistics.median(r[name] for r in results) for name in ("p50", "p99"))
        refused = sum(r["refused"] for r in results)
        ratio = statistics.median(ratios)
        print(
            f"| {side} | {rates[side]:,.0f} | {ratio:.2f}× |"
            f" {p50:.1f} ms | {p99:.1f} ms | {refused} |"
        )
    print(
        f"| 本产品，一半负荷（{rates[ours] / 2:,.0f} 条/秒） | {half['per_second']:,.0f} | |"
        f" {half['p50']:.1f} ms | {half['p99']:.1f} ms | {half['refused']} |",
        flush=True,
    )
    print(f"（压测进程用去 {found[ours][-1]['cpu']:.0%} 个核）")


def recycle_log(url: str) -> None:
    """A server that has run for a while reuses the files of its write-ahead log.

    A fresh one fills each new file with 16 MB of zeros first, for which all commits wait.
    """
    if not url:
        return
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")


def load(port: int, *, seconds: float, rate: float = 0) -> Result:
    """One load out of a process of its own."""
    arguments = map(str, (port, CONNECTIONS, seconds, rate))
    command = [sys.executable, "-m", "benchmarks.webhook_load", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    result: Result = json.loads(done.stdout)
    return result


@contextlib.contextmanager
def serving(target: str, environment: dict[str, str]) -> Iterator[int]:
    """An application on granian, the same way for all; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"--interface wsgi --port {port} --workers {WORKERS} --blocking-threads {THREADS}"
    command = [sys.executable, "-m", "granian", *options.split(), "--no-access-log", target]
    command += ["--log-level", "warning"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait_for(port)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def _environment(folder: Path) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return environment | {
        "DJANGO_SETTINGS_MODULE": "haitang.settings",
        "VAR_DIR": str(folder),
        "LOG_LEVEL": "ERROR",
        "DEBUG": "0",
        "EMBEDDED_WORKER": "0",
        "WECHAT_APP_ID": APP_ID,
        "WECHAT_TOKEN": TOKEN,
        "WECHAT_ENCODING_AES_KEY": AES_KEY,
    }


def _manage(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(float(given[0]) if given else 6.0, int(given[1]) if given[1:] else 3)
