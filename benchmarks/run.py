"""``make bench``: runs every ``bench_*.py`` of this folder, or those whose names are given.

Each one is a process of its own (``python -m benchmarks.bench_x``), so that one does not warm up
the next. PostgreSQL comes from ``TEST_DATABASE_URL`` or is brought along, with its durability on.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from tests.support.servers import ServerMissing, postgres_server

HERE = Path(__file__).parent


def main(wanted: list[str]) -> int:
    """Run them one after another; the exit status is 0 when all of them came to their end."""
    names = sorted(file.stem for file in HERE.glob("bench_*.py"))
    chosen = [name for name in names if not wanted or name.removeprefix("bench_") in wanted]
    if not chosen:
        known = "、".join(name.removeprefix("bench_") for name in names) or "还没有"
        print(f"没有可运行的测量。现有的：{known}。用法：make bench ARGS=名称")
        return 2
    environment = dict(os.environ)
    with contextlib.ExitStack() as stack:
        if not environment.get("TEST_DATABASE_URL"):
            try:
                environment["TEST_DATABASE_URL"] = stack.enter_context(
                    postgres_server(durable=True)
                )
            except ServerMissing as error:
                print(f"没有 PostgreSQL，只测 SQLite：{error}", flush=True)
        return max([run(name, environment) for name in chosen])


def run(name: str, environment: dict[str, str]) -> int:
    """Run one in a process of its own; its exit status."""
    print(f"== {name.removeprefix('bench_')}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    return subprocess.run(command, cwd=HERE.parent, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
