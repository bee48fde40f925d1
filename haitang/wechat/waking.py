"""Waking a worker when something was received: seldom enough for a broker, soon enough for people.

A thread of its own sends the messages, since a broker that is down takes seconds to say so. What
it does not reach is taken up by the sweep.
"""

from __future__ import annotations

import logging
import os
import threading
import time

from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.05
EXPIRES_SECONDS = 60.0


class Waker:
    """Sends at most one message in a pause, and one after the last wake-up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Have a worker look at the queue soon; costs the caller nothing."""
        if self._wanted.is_set():
            return
        self._wanted.set()
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="wechat-waker", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            send()
            time.sleep(PAUSE_SECONDS)


def send() -> bool:
    """Tell a worker; False, and a line in the log, when no broker answers."""
    from haitang.wechat.tasks import process_events  # tasks import the processing

    try:
        process_events.apply_async(retry=False, expires=EXPIRES_SECONDS)
    except (OperationalError, OSError) as error:
        logger.warning("微信消息等下一次巡查处理，消息中间件没有应答：%s", error)
        return False
    return True


_waker = Waker()


def wake() -> None:
    """Have a worker of this installation look at what was received."""
    _waker.wake()


def _forget() -> None:
    """In a forked child there is no thread yet."""
    global _waker
    _waker = Waker()


os.register_at_fork(after_in_child=_forget)
