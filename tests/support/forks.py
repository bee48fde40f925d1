"""Processes for tests that need many: forked from one that has imported what all of them need.

A start of Python that imports Django and the rest takes a second; a fork of a process that has
them takes none. What is forked is a process like any other: it has its own arguments, environment
and output, can be killed, and ends as a program ends. Two kinds of process are forked from:

- one a test process, which has imported libraries only and has read no settings;
- one an installation, forked from it, which has set Django up with the installation's environment.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import types
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What django.setup() would import, as far as it reads no settings.
LIBRARIES = """
celery.app celery.schedules celery.utils.nodenames charset_normalizer chinese_calendar
cryptography.fernet cryptography.hazmat.primitives.ciphers.aead dj_database_url
django.core.mail.message django.core.management.base django.db.backends.sqlite3.base
django.db.backends.postgresql.base django.db.migrations.executor django.db.models django.forms
django.http django.shortcuts django.template.defaulttags django.template.defaultfilters
django.urls django.utils.log django.views.debug granian.server kombu.serialization openpyxl pandas
python_calamine re2 requests wechatpy
"""


class ForkServer:
    """A process that forks others; ended by ``close()``, or with the process that started it."""

    def __init__(self, channel: socket.socket, process: subprocess.Popen[bytes] | None) -> None:
        self._channel, self._process = channel, process

    @classmethod
    def start(cls) -> ForkServer:
        """One that has imported the libraries."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return cls(ours, process)

    def branch(self, environment: dict[str, str]) -> ForkServer:
        """Another, forked from this one, that has set Django up with that environment."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._fork(Job([], environment, becomes_server=True), theirs).close()
        return ForkServer(ours, None)

    def run(self, *arguments: str, environment: dict[str, str], leads: bool = False) -> Forked:
        """A process that does what Python would, given ``-c code``, ``-m module`` or a file.

        One that leads is killed with all that it has started: it has a process group of its own.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            return Forked(self._fork(Job([*arguments], environment, leads=leads), theirs), ours)

    def close(self) -> None:
        self._channel.close()
        if self._process:
            self._process.wait()

    def _fork(self, job: Job, output: socket.socket) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._channel, [b"."], [theirs.fileno(), output.fileno()])
        ours.sendall(json.dumps(vars(job)).encode() + b"\n")
        return ours


class Forked:
    """A forked process, with as much of ``subprocess.Popen`` as the tests use."""

    def __init__(self, control: socket.socket, output: socket.socket) -> None:
        self._control, self._output = control, output
        self._told, self.stdout = control.makefile(), output.makefile()
        control.close()  # when the files are closed, too
        output.close()
        self.pid = int(self._told.readline())
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, negative for a signal, when it has ended."""
        if self.returncode is None:
            self._control.settimeout(timeout)
            self.returncode = int(self._told.readline())
            self._told.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """What it printed, when it has ended; the timeout is for each piece."""
        text = ""
        if not self.stdout.closed:
            self._output.settimeout(timeout)
            text = self.stdout.read()
            self.stdout.close()
        self.wait(timeout)
        return text, None

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@dataclass
class Job:
    """What a forked process is to do."""

    arguments: list[str]
    environment: dict[str, str]
    becomes_server: bool = False
    leads: bool = False


def serve(channel: socket.socket) -> tuple[Job, socket.socket]:
    """Fork a process for each request; this returns in the forked ones only."""
    woken, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    children: dict[int, socket.socket] = {}
    gc.freeze()
    while True:
        ready, _, _ = select.select([channel.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(children)
        if channel.fileno() not in ready:
            continue
        _, handles, _, _ = socket.recv_fds(channel, 1, 2)
        if not handles:
            _end(children)
        control, output = (socket.socket(fileno=handle) for handle in handles)
        job = Job(**json.loads(control.makefile().readline()))
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(woken)
            os.close(waking)
            for each in (channel, control, *children.values()):
                each.close()
            return job, output
        output.close()
        children[child] = control
        _tell(control, child)


def _reap(children: dict[int, socket.socket]) -> None:
    """Tell of those that have ended."""
    while children:
        child, status = os.waitpid(-1, os.WNOHANG)
        if child == 0:
            return
        with children.pop(child) as control:
            _tell(control, os.waitstatus_to_exitcode(status))


def _tell(control: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody asks any more
        control.sendall(f"{number}\n".encode())


def _end(children: dict[int, socket.socket]) -> None:
    for child in children:
        os.kill(child, signal.SIGKILL)
    os._exit(0)


def _become(job: Job, output: socket.socket) -> None:
    """Be the program that the job names."""
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    output.close()
    if job.leads:
        os.setpgid(0, 0)
    if job.arguments[0] == "-c":
        sys.argv = ["-c"]
        sys.modules["__main__"] = main = types.ModuleType("__main__")
        exec(compile(job.arguments[1], "<string>", "exec"), vars(main))  # noqa: S102 (the test's)
    elif job.arguments[0] == "-m":
        sys.argv = job.arguments[1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = job.arguments
        runpy.run_path(job.arguments[0], run_name="__main__")


def main(handle: int) -> None:
    """Serve; be what is asked for in each process that is forked."""
    for name in LIBRARIES.split():
        import_module(name)
    channel = socket.socket(fileno=handle)
    while True:
        job, channel = serve(channel)
        os.environ.clear()
        os.environ.update(job.environment)
        if not job.becomes_server:
            _become(job, channel)
            return
        import_module("django").setup()


if __name__ == "__main__":
    main(int(sys.argv[1]))
