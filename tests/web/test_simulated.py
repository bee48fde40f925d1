"""The simulated WeChat beside the web server: its account, its process, its end."""

from __future__ import annotations

import os
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

import pytest
from django.conf import settings as product
from django.core.management import call_command
from pytest_django import Settings

from haitang.datapack.demo import opening
from haitang.web import simulated
from haitang.web.management.commands import serve
from haitang.wechat.management.commands import wechat_simulator
from haitang.wechat.simulator.kept import kept_account
from haitang.wechat.simulator.server import Simulator

pytestmark = pytest.mark.once
NAMES = ("APP_ID", "APP_SECRET", "TOKEN", "ENCODING_AES_KEY", "API_BASE")


@pytest.fixture
def installation(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose environment names no account; what a test sets is undone."""
    settings.VAR_DIR = tmp_path
    for name in NAMES:
        monkeypatch.setenv(f"WECHAT_{name}", "")
        setattr(settings, f"WECHAT_{name}", "")
    return tmp_path


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def test_simulator_runs_beside_and_ends_with_its_block(installation: Path) -> None:
    with simulated.simulated_wechat(callback="http://127.0.0.1:1/wechat/callback/", port=0) as base:
        until = time.monotonic() + 60
        while not _answers(f"{base}/") and time.monotonic() < until:
            time.sleep(0.05)
        assert simulated.answers(base)
        account = kept_account(installation)
        assert product.WECHAT_APP_ID == os.environ["WECHAT_APP_ID"] == account.app_id
        assert base == product.WECHAT_API_BASE
        query = f"grant_type=client_credential&appid={account.app_id}&secret={account.secret}"
        assert _answers(f"{base}/cgi-bin/token?{query}")
    assert not _answers(f"{base}/")
    assert (installation / "wechat-simulator-state.json").exists()


def test_taken_port_is_passed_by() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wished = taken.getsockname()[1]
        assert simulated._free_port(wished) != wished
    assert simulated._free_port(wished) == wished


def test_simulator_ends_when_the_starting_process_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = Simulator()
    reading, writing = os.pipe()
    with os.fdopen(reading) as end:
        monkeypatch.setattr("sys.stdin", end)
        waits = threading.Thread(target=wechat_simulator._stop_at_end_of_input, args=(simulator,))
        waits.start()
        assert not simulator.stopping.is_set()
        os.close(writing)
        waits.join()
    assert simulator.stopping.is_set()


@pytest.mark.django_db
def test_serve_with_a_real_account_starts_no_simulator(
    installation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WECHAT_APP_ID", "wx1234567890abcdef")
    monkeypatch.setattr(serve.Command, "_serve", lambda *arguments: None)
    monkeypatch.setattr("subprocess.Popen", None)
    call_command("serve", "--simulator")
    assert "已配置公众号 wx1234567890abcdef，没有启动微信模拟器。" in capsys.readouterr().out
    assert list(installation.glob("wechat*")) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("demonstration", "talked", "opened", "plays", "opens"),
    [
        (True, False, False, True, True),
        (True, True, True, False, False),
        (True, True, False, False, True),
        (False, False, False, False, False),
    ],
)
def test_morning_is_played_once_and_only_for_the_demonstration(
    monkeypatch: pytest.MonkeyPatch,
    installation: Path,
    demonstration: bool,
    talked: bool,
    opened: bool,
    plays: bool,
    opens: bool,
) -> None:
    seen: dict[str, object] = {"opened": False}

    @contextmanager
    def started(**options: object) -> Iterator[str]:
        seen.update(options)
        yield "http://127.0.0.1:1"

    monkeypatch.setattr(serve.Command, "_serve", lambda *arguments: None)
    monkeypatch.setattr(serve, "simulated_wechat", started)
    monkeypatch.setattr(serve, "answers", lambda base: True)
    monkeypatch.setattr(opening, "is_demonstration", lambda: demonstration)
    monkeypatch.setattr(opening, "nobody_wrote_yet", lambda: not talked)
    monkeypatch.setattr(opening, "is_open", lambda: opened)
    monkeypatch.setattr(opening, "open_account", lambda **given: seen.update(opened=True))
    call_command("serve", "--simulator")
    assert (seen["plays_morning"], seen["opened"]) == (plays, opens)
