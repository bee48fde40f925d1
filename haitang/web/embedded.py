"""Worker and beat inside the web process, for the embedded mode.

They are Celery's own worker and beat on the broker ``memory://``, in threads: the same tasks
as on Redis. That broker keeps nothing; what a dead process leaves is in the rows, and the
sweep of the next one takes it up. A second process started by mistake does no harm: jobs are
claimed by compare-and-set, one sweep runs in an interval whoever beats (the ``tick`` lease), and
the nightly jobs have one key a day.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from datetime import datetime
from typing import Any

from celery.beat import EmbeddedService, Scheduler
from celery.worker import WorkController, state
from django.conf import settings
from kombu.exceptions import OperationalError

from haitang.kernel import clock, jobs
from haitang.web.celery import NIGHTLY, app

logger = logging.getLogger(__name__)

# Two, so that a long import does not keep the sweep and short jobs waiting.
WORKERS = 2
STOP_SECONDS = 8.0


class Embedded:
    """Two workers and one beat as threads of this process.

    The workers do their jobs in their own thread (``solo``). Celery's thread pool would serve
    too, but the interpreter joins its threads before anybody can tell a job to stop.
    """

    def __init__(self) -> None:
        logging.getLogger("celery").setLevel(logging.WARNING)  # a line a tick tells nobody anything
        app.conf.worker_enable_remote_control = False
        self._beat: Any = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)
        app.loader.import_default_modules()  # here, since two threads that import get in a tangle
        workers = [_worker(f"embedded{number}") for number in range(WORKERS)]
        self._threads = [
            threading.Thread(target=_work, args=(worker,), name=worker.hostname, daemon=True)
            for worker in workers
        ]

    def start(self) -> None:
        """Start all, sweep at once, and make up for the night when the machine was off."""
        jobs.stop_running(stop=False)
        _tell_workers(None)
        for thread in [*self._threads, self._beat]:
            thread.start()
        self._send("haitang.kernel.tick")
        self._send("haitang.wechat.process_events")
        for name in missed_tonight(clock.now()):
            self._send(name)

    def stop(self) -> None:
        """End all; jobs that report their progress go back into the queue.

        Waits eight seconds at most for the jobs that run, and not at all for idle threads; what
        is not done by then is taken up when its lease has ended.
        """
        jobs.stop_running()
        _tell_workers(os.EX_OK)
        self._beat.service.stop()
        deadline = time.monotonic() + STOP_SECONDS
        while state.active_requests and time.monotonic() < deadline:
            time.sleep(0.02)

    def _send(self, name: str) -> None:
        try:
            app.send_task(name, retry=False)
        except (OperationalError, OSError) as error:  # with EMBEDDED_WORKER=1 beside a REDIS_URL
            logger.warning("%s was not sent: %s", name, error)


def missed_tonight(now: datetime) -> list[str]:
    """The nightly tasks whose hour (Asia/Shanghai) is over today; each runs once a day anyway."""
    local = now.astimezone(clock.SHANGHAI).time()
    return [name for name, at in NIGHTLY.items() if local >= at]


def _worker(name: str) -> Any:
    return WorkController(
        app=app,
        pool="solo",
        hostname=name,
        loglevel="WARNING",
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
    )


def _work(worker: Any) -> None:
    """One worker's thread."""
    app.set_current()
    worker.start()


def _tell_workers(exit_code: int | None) -> None:
    """Celery's own way to end the workers of a process: with a code they end, with None not."""
    vars(state)["should_stop"] = exit_code


_started = threading.Lock()


def start_when_embedded() -> None:
    """Start worker and beat once in this process when the settings say so, and end them with it."""
    if not settings.EMBEDDED_WORKER or not _started.acquire(blocking=False):
        return
    # Not a daemon: at its end the interpreter waits for this thread, which ends the others.
    threading.Thread(target=_live_and_end, name="embedded", daemon=False).start()


def _live_and_end() -> None:
    began = time.monotonic()
    embedded = Embedded()
    embedded.start()
    logger.info("worker and beat started in this process (%.2f s)", time.monotonic() - began)
    threading.main_thread().join()
    embedded.stop()
    logger.info("worker and beat are ending with this process")
