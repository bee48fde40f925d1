"""Reading and checking a large file in a second process, while this one loads.

Both are pure, so the child (``main``) needs neither Django nor the
database: what to do comes in pickled on its standard input, checked chunks go out on its standard
output. It is at most one chunk ahead, since the pipe holds no more, and ends when its reader does.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from campaigns.imports.checking import Checked, Checker
from campaigns.imports.reading import Table
from haitang.kernel.errors import Invalid

ROOT = Path(__file__).resolve().parents[2]
# Below this a process costs more (about a second, to load pandas) than it saves.
WORTH_BYTES = 16_000_000


@dataclass(frozen=True)
class Step:
    """A checked chunk, how far in the file it ends, and lines ignored at the file's end."""

    checked: Checked | None
    position: int
    ignored: int = 0


def steps(table: Table, checker: Checker) -> Iterator[Step]:
    """Check the whole file, chunk by chunk; the last step has no chunk."""
    for chunk in table.chunks():
        yield Step(checker.check(chunk), chunk.position)
    yield Step(None, table.size, checker.finish())


def steps_ahead(table: Table, checker: Checker) -> Generator[Step]:
    """The same, in a second process where that pays. Raises Invalid as ``steps`` does."""
    if table.format == "Excel" or table.size < WORTH_BYTES or (os.cpu_count() or 1) < 2:
        yield from steps(table, checker)
        return
    child = subprocess.Popen(
        [sys.executable, "-c", "from campaigns.imports.ahead import main; main()"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield from _received(child, table, checker)
    finally:
        child.kill()
        child.communicate()


def _received(child: subprocess.Popen[bytes], table: Table, checker: Checker) -> Iterator[Step]:
    assert child.stdin  # noqa: S101
    assert child.stdout  # noqa: S101
    pickle.dump((table, checker.origin), child.stdin)
    child.stdin.flush()
    while True:
        try:
            step = pickle.load(child.stdout)  # noqa: S301  # our own child's
        except EOFError:
            raise RuntimeError("the process that checks sales files ended early") from None
        if isinstance(step, Invalid):
            raise step
        yield step
        if step.checked is None:
            return


def main() -> None:
    """The child: answer one request, then end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides, and kills this one
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=1 << 20)
    table, origin = pickle.load(sys.stdin.buffer)  # noqa: S301  # our own parent's
    try:
        for step in steps(table, Checker(*origin)):
            pickle.dump(step, out, protocol=pickle.HIGHEST_PROTOCOL)
            out.flush()
    except Invalid as refusal:
        pickle.dump(Invalid(refusal.sentence, details=refusal.details), out)
        out.flush()
    except BrokenPipeError:
        os._exit(1)  # the parent is gone; nobody reads what is still in the buffer
