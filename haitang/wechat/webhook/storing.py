"""Group commit: the messages that arrive while one commit is on its way share the next one.

Requests are answered after their own commit, which is durable. There is no thread for it: of the
requests that wait the first one commits for all, then hands over to the first that came since.
"""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, OperationalError

from haitang.wechat import waking
from haitang.wechat.accounts import current_account
from haitang.wechat.webhook.errors import NotReady
from haitang.wechat.webhook.inserting import Row, Store

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 100
# Seconds: the wait for the lock and for the commit before, within WeChat's five.
PATIENCE = 4.5
_BUSY = "数据库正忙，消息还没有保存，请稍后重发。"


def _taken() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False, slots=True)
class _Waiting:
    """A request that waits for its row to be stored, or for its turn to store."""

    row: Row
    turn: threading.Lock = field(default_factory=_taken)
    leads: bool = False
    error: Exception | None = None


class GroupCommit:
    """The queue of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[_Waiting] = []
        self._is_led = False
        self.rows = Store()

    def store(self, row: Row) -> None:
        """Return once the row is durably stored, or was so before. Raises NotReady otherwise."""
        waiting = _Waiting(row)
        with self._lock:
            self._queue.append(waiting)
            waiting.leads = not self._is_led
            self._is_led = True
        if not waiting.leads:
            self._wait(waiting)
        if waiting.leads:
            self._lead()
        if waiting.error is not None:
            raise NotReady(_BUSY) from waiting.error

    def _wait(self, waiting: _Waiting) -> None:
        """Until somebody has stored the row or hands over the lead; not for ever."""
        if waiting.turn.acquire(timeout=PATIENCE):
            return
        with self._lock:
            if waiting.leads:
                return
            if waiting in self._queue:
                self._queue.remove(waiting)
        waiting.error = TimeoutError()

    def _lead(self) -> None:
        """Store what waits, then hand over. The leader's own row is the first in the queue."""
        with self._lock:
            batch, self._queue = self._queue[:MOST_AT_ONCE], self._queue[MOST_AT_ONCE:]
        try:
            self._write(batch)
        except BaseException as error:
            for waiting in batch:
                waiting.error = waiting.error or RuntimeError(str(error))
            raise
        finally:
            self._hand_over()
            for waiting in batch[1:]:
                waiting.turn.release()

    def _hand_over(self) -> None:
        with self._lock:
            if not self._queue:
                self._is_led = False
                return
            successor = self._queue[0]
            successor.leads = True
        successor.turn.release()

    def _write(self, batch: list[_Waiting]) -> None:
        """Store the batch; what the database refuses stands in ``error`` of those it concerns."""
        try:
            stored = self.rows.insert([waiting.row for waiting in batch])
        except (OperationalError, InterfaceError) as error:
            _refuse(batch, error)
            return
        except DatabaseError:
            stored = self._write_each(batch)
        if stored:
            waking.wake()

    def _write_each(self, batch: list[_Waiting]) -> int:
        """One by one, after making sure of the account; how many may have been new."""
        try:
            current_account()
            outcomes = self.rows.insert_each([waiting.row for waiting in batch])
        except (OperationalError, InterfaceError) as error:
            _refuse(batch, error)
            return 0
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if outcome is not None:
                _refuse([waiting], outcome)
        return sum(outcome is None for outcome in outcomes)


def _refuse(batch: list[_Waiting], error: Exception) -> None:
    logger.warning("微信消息 %s 条没有保存，等微信重发：%s", len(batch), type(error).__name__)
    for waiting in batch:
        waiting.error = error


_commits = GroupCommit()
_of_parents: list[GroupCommit] = []


def store(row: Row) -> None:
    """Store a message durably together with others of this moment; see ``GroupCommit.store``."""
    _commits.store(row)


def close() -> None:
    """Close the connection by which this process stores; the next message opens another one."""
    _commits.rows.close()


def _forget() -> None:
    """In a forked child: the threads that wait and the connection are the parent's."""
    global _commits
    _of_parents.append(_commits)  # collected, it would end the parent's session
    _commits = GroupCommit()


os.register_at_fork(after_in_child=_forget)
