"""One sales import at a time, over all processes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from campaigns.models import SalesImport
from haitang.kernel import leases
from haitang.kernel.errors import Conflict
from haitang.kernel.models import Lease

NAME = "sales-import"
SECONDS = 30.0
_POLL_SECONDS = 0.25


@dataclass(frozen=True)
class ImportLease:
    """The right to import, while it lasts."""

    holder: str

    def held(self) -> bool:
        """Whether nobody else took the lease since (a process can be stopped for minutes)."""
        return Lease.objects.filter(name=NAME, holder=self.holder).exists()

    def check(self) -> None:
        """Call inside a writing transaction: raises Conflict when the lease is lost."""
        row = Lease.objects.select_for_update().filter(name=NAME, holder=self.holder)
        if not row.exists():
            raise Conflict("这次导入停顿太久，已由另一个进程接手，这里不再继续。")


@contextmanager
def import_lease(
    *, wait_seconds: float = 0, waiting: Callable[[], None] = lambda: None
) -> Iterator[ImportLease]:
    """Hold the lease while the block runs, renewed by a thread.

    Waits for another import up to ``wait_seconds``, calling ``waiting`` meanwhile; then raises
    Conflict with a sentence.
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        lease = ImportLease(uuid.uuid4().hex)
        with leases.hold(NAME, holder=lease.holder, seconds=SECONDS) as held:
            if held:
                yield lease
                return
        if time.monotonic() >= deadline:
            raise Conflict(_busy_sentence())
        waiting()
        time.sleep(_POLL_SECONDS)


def _busy_sentence() -> str:
    running = SalesImport.objects.filter(state=SalesImport.State.LOADING).first()
    which = f"“{running.file_name}”（#{running.pk}）" if running else "另一个销售文件"
    return f"正在导入{which}，同一时间只能导入一个：请等它完成后再试。"
