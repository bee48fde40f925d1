"""An installation of its own for a test that needs more than one process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETUP = """
import os, sys, threading, time
import django
django.setup()
from datetime import timedelta
from haitang.kernel import audit, clock, jobs, leases
from haitang.kernel.models import *
from django.db import connection, transaction

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

    def __init__(self, folder: Path, *, database_url: str = "") -> None:
        self.folder = folder
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
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start Python with these arguments; it is ended with the test."""
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

    def script(self, code: str, **environment: str) -> subprocess.Popen[str]:
        """Start a Python process that runs this code after SETUP."""
        return self.start("-c", SETUP + code, **environment)

    def manage(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start ``manage.py`` with these arguments."""
        return self.start("manage.py", *arguments, **environment)

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


def finish(process: subprocess.Popen[str], *, code: int = 0) -> str:
    """Wait for the process; its output. Fails when it ended with another code."""
    output, _ = process.communicate(timeout=120)
    assert process.returncode == code, output
    return output


def wait_until(condition: Callable[[], bool], *, seconds: float = 90) -> None:
    """Fail when the condition has not come true by then."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
