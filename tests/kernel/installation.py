"""An installation of its own for a test that needs more than one process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.forks import Forked, ForkServer

ROOT = Path(__file__).resolve().parents[2]
Process = subprocess.Popen[str] | Forked
SETUP = """
import os, sys, threading, time
import django
django.setup()
from datetime import timedelta
from haitang.kernel import audit, clock, jobs, leases
from haitang.kernel.models import *
from django.conf import settings
from django.db import connection, transaction

# Nobody logs in: a password need not cost half a second.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

@jobs.job_handler("note")
def note(context):
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{context.job.pk} {os.getpid()}\\n")
    time.sleep(context.payload.get("seconds", 0))
    return {"by": os.getpid()}

def enqueue(seconds=0, **fields):
    payload = {"seconds": seconds}
    return jobs.enqueue(kind="note", payload=payload, by=None, now=clock.now(), **fields)

def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.005)
"""


class Installation:
    """A migrated database and a ``VAR_DIR``, with processes that use them."""

    def __init__(self, folder: Path, forks: ForkServer, *, database_url: str = "") -> None:
        self.folder = folder
        self._forks = forks
        self._servers: dict[tuple[tuple[str, str], ...], ForkServer] = {}
        self.notes_file = folder / "notes"
        kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
        self.environment = {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "DJANGO_SETTINGS_MODULE": "haitang.settings",
            "VAR_DIR": str(folder),
            "NOTES": str(self.notes_file),
            "LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
        }
        if database_url:
            self.environment["DATABASE_URL"] = database_url
        self.processes: list[Process] = []

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start Python anew with these arguments; it is ended with the test."""
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env={**self.environment, **environment},
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.processes.append(process)
        return process

    def script(self, code: str, **environment: str) -> Forked:
        """A process, forked, that runs this code after SETUP."""
        return self._fork("-c", SETUP + code, environment=environment)

    def manage(self, *arguments: str, **environment: str) -> Forked:
        """A process, forked, that runs ``manage.py`` with these arguments."""
        return self._fork("manage.py", *arguments, environment=environment)

    def group(self, *arguments: str, **environment: str) -> Forked:
        """A process, forked, that does what Python would, and leads a group of processes."""
        return self._fork(*arguments, environment=environment, leads=True)

    def _fork(self, *arguments: str, environment: dict[str, str], leads: bool = False) -> Forked:
        whole = self.environment | environment
        process = self._server_for(whole).run(*arguments, environment=whole, leads=leads)
        self.processes.append(process)
        return process

    def _server_for(self, environment: dict[str, str]) -> ForkServer:
        """The one that has read its settings from this environment."""
        key = tuple(sorted(environment.items()))
        if key not in self._servers:
            self._servers[key] = self._forks.branch(environment)
        return self._servers[key]

    def run(self, code: str, **environment: str) -> str:
        """Run this code to its end and return what it printed."""
        return finish(self.script(code, **environment))

    def notes(self) -> list[int]:
        """The jobs that handlers have noted, in order."""
        if not self.notes_file.exists():
            return []
        return [int(line.split()[0]) for line in self.notes_file.read_text().splitlines()]

    def end(self) -> None:
        """Kill what is still running."""
        for process in self.processes:
            process.kill()
            process.communicate()
        for server in self._servers.values():
            server.close()


def finish(process: Process, *, code: int = 0) -> str:
    """Wait for the process; its output. Fails when it ended with another code."""
    output, _ = process.communicate(timeout=300)
    assert process.returncode == code, output
    return output


def wait_until(condition: Callable[[], bool], *, seconds: float = 300) -> None:
    """Fail when the condition has not come true by then."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
