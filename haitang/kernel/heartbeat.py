"""A thread that says regularly that this process still holds something."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from django.db import DatabaseError, connections

logger = logging.getLogger(__name__)


class Heartbeat:
    """While the ``with`` block runs, calls ``beat`` every ``seconds`` in a thread of its own.

    ``beat`` returns whether the thing is still held; once it is not, ``lost`` is set and the
    beating ends. The thread has its own database connection and closes it. A database that
    does not answer for once is logged and asked again.
    """

    def __init__(self, beat: Callable[[], bool], *, seconds: float, name: str) -> None:
        self.lost = threading.Event()
        self._beat = beat
        self._seconds = seconds
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heartbeat {name}", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._done.wait(self._seconds):
                try:
                    held = self._beat()
                except DatabaseError:
                    logger.warning("%s: the database did not answer", self._thread.name)
                    connections.close_all()
                    continue
                if not held:
                    self.lost.set()
                    return
        finally:
            connections.close_all()
