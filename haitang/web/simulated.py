"""The simulated WeChat beside the web server: its account, its process, its end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from haitang.wechat.simulator.kept import STATE_FILE, kept_account

PORT = 8400
PATIENCE = 10  # seconds
STARTING = 30  # seconds
# So many people at so many acts a minute: alive at once, done before a minute is over.
MORNING = ("--script", "morning", "--count", "12", "--rate", "60")


def is_named() -> bool:
    """Whether the environment already names an official account: then nothing is simulated."""
    return bool(os.environ.get("WECHAT_APP_ID"))


@contextmanager
def simulated_wechat(
    *, callback: str, port: int = PORT, plays_morning: bool = False
) -> Iterator[str]:
    """A simulator runs in a process of its own while the block runs; gives its address.

    This process and those that it starts get the ``WECHAT_*`` settings of the installation's
    demonstration account. With ``plays_morning`` invented followers act as soon as the webhook
    answers. The simulator also ends when this process is killed: it reads from a
    pipe whose other end only this process and its web processes hold.
    """
    port = _free_port(port)
    base = f"http://127.0.0.1:{port}"
    use_account(kept_account(settings.VAR_DIR).environment(base))
    child = subprocess.Popen(  # noqa: S603 (our own command)
        [
            *(sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "wechat_simulator"),
            *("--port", str(port), "--callback", callback, "--with-parent"),
            *("--state", str(Path(settings.VAR_DIR) / STATE_FILE)),
            *(MORNING if plays_morning else ()),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=_without_account(),
    )
    try:
        yield base
    finally:
        child.terminate()
        try:
            child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()


def answers(base: str) -> bool:
    """Whether the simulator listens by now; waits for it as long as a start may take."""
    parts = urlsplit(base)
    until = time.monotonic() + STARTING
    while time.monotonic() < until:
        with suppress(OSError):
            socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1).close()
            return True
        time.sleep(0.05)
    return False


def use_account(environment: dict[str, str]) -> None:
    """Make those ``WECHAT_*`` variables hold in this process, whose settings are read already."""
    os.environ.update(environment)
    for name, value in environment.items():
        setattr(settings, name, value)


def _without_account() -> dict[str, str]:
    """The environment of the simulator: it takes the kept account, with the page's own words."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WECHAT_")}


def _free_port(wished: int) -> int:
    """That port, or any free one when another program has it."""
    with socket.socket() as probe:
        # As servers do: what is left of connections to the last simulator is no other program.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wished))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
