"""Doing jobs: claim the row, keep the claim alive, call the handler, write down the outcome."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import F

from haitang.kernel import clock
from haitang.kernel.errors import Refusal
from haitang.kernel.heartbeat import Heartbeat
from haitang.kernel.jobs.queue import claimable
from haitang.kernel.jobs.registry import JobHandler, Result, handler_of, title_of
from haitang.kernel.models import Job

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
HEARTBEAT_SECONDS = 15.0
PROGRESS_SECONDS = 0.5
BACK_OFF = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))

Clock = Callable[[], datetime]
_stopping = threading.Event()


class ClaimLost(BaseException):
    """Another worker has this job now; whatever this one still does would be done twice.

    Like ``Stopped`` no Exception: a handler that catches what may go wrong lets it pass.
    """


class Stopped(BaseException):
    """This process is ending; the job goes back into the queue."""


class JobContext:
    """What a handler knows of its job, and how it reports.

    ``job`` is the row as claimed, ``now`` the moment of the claim.
    """

    def __init__(self, job: Job, *, now: datetime, lost: threading.Event) -> None:
        self.job = job
        self.payload: dict[str, Any] = job.payload
        self.now = now
        self._lost = lost
        self._written_at = -PROGRESS_SECONDS

    def report(self, done: int, total: int, note: str = "") -> None:
        """Say how far the work is; call it as often as you like, it writes twice a second at most.

        Raises ClaimLost or Stopped when the work must end here; let them pass. Inside a
        transaction nothing is written (nobody would see it, and the row would stay locked).
        """
        if _stopping.is_set():
            raise Stopped
        if self._lost.is_set():
            raise ClaimLost
        job = self.job
        job.progress_done, job.progress_total, job.progress_note = done, total, note[:200]
        if connection.in_atomic_block or time.monotonic() - self._written_at < PROGRESS_SECONDS:
            return
        self._written_at = time.monotonic()
        if not _mine(job).update(**_progress(job)):
            raise ClaimLost


def run_job(job_id: int, *, worker: str = "", now: Clock = clock.now) -> Job | None:
    """Claim the job, run its handler and keep the outcome in the row.

    Returns the job as it then stands, or None when there was nothing to take: it is done, not
    due, gone, or another worker was first. A Refusal fails the job at once with its sentence,
    unless it is a passing one; that one and any other error put it back with a growing delay
    until its attempts are used up.
    """
    moment = now()
    job = _claim(job_id, worker or worker_name(), moment)
    if job is None:
        return None
    handler = handler_of(job.kind)
    if handler is None:
        _finish(job, state=Job.State.FAILED, error=_unknown_kind(job), finished_at=now())
        return job
    with Heartbeat(
        lambda: bool(_mine(job).update(lease_until=now() + LEASE)),
        seconds=HEARTBEAT_SECONDS,
        name=str(job),
    ) as heartbeat:
        context = JobContext(job, now=moment, lost=heartbeat.lost)
        outcome = _call(handler, context, now)
    _finish(job, **outcome)
    return job


def run_pending(limit: int = 100, *, now: Clock = clock.now) -> int:
    """Run jobs that are due in this thread until none is left; returns how many."""
    for count in range(limit):
        ids = Job.objects.filter(claimable(now())).order_by("run_after", "id")
        job_id = ids.values_list("pk", flat=True).first()
        if job_id is None:
            return count
        run_job(job_id, now=now)
    return limit


def stop_running(*, stop: bool = True) -> None:
    """Ask the jobs of this process to end at their next report and go back into the queue."""
    _stopping.set() if stop else _stopping.clear()


def worker_name() -> str:
    """This thread, as the rows name it: host, process, thread."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"[:100]


def _claim(job_id: int, worker: str, now: datetime) -> Job | None:
    taken = Job.objects.filter(claimable(now), pk=job_id).update(
        state=Job.State.RUNNING,
        attempts=F("attempts") + 1,
        worker=worker,
        lease_until=now + LEASE,
        started_at=now,
        error="",
    )
    if not taken:
        return None
    return Job.objects.filter(pk=job_id, state=Job.State.RUNNING, worker=worker).first()


def _mine(job: Job) -> Any:
    """The row, while this claim holds: ``attempts`` only grows, so it tells one claim from all."""
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)


def _progress(job: Job) -> dict[str, Any]:
    return {
        "progress_done": job.progress_done,
        "progress_total": job.progress_total,
        "progress_note": job.progress_note,
    }


def _call(handler: JobHandler, context: JobContext, now: Clock) -> dict[str, Any]:
    """Run the handler; returns the fields of the row that follow from how it ended."""
    job = context.job
    try:
        result: Result = json.loads(json.dumps(handler(context) or {}, cls=DjangoJSONEncoder))
    except Refusal as refusal:
        if refusal.is_passing and job.attempts < job.max_attempts:
            return _after_error(job, now()) | {"error": str(refusal)}
        return {"state": Job.State.FAILED, "error": str(refusal), "finished_at": now()}
    except ClaimLost:
        return {}
    except Stopped:
        # Not the job's fault: the attempt does not count.
        return _back(now()) | {"max_attempts": job.max_attempts + 1}
    except Exception:  # whatever a handler raises must end in the row, not in the worker
        logger.exception("%s: attempt %s of %s failed", job, job.attempts, job.max_attempts)
        return _after_error(job, now())
    return {
        "state": Job.State.DONE,
        "result": result,
        "finished_at": now(),
    }


def _after_error(job: Job, now: datetime) -> dict[str, Any]:
    if job.attempts < job.max_attempts:
        pause = BACK_OFF[min(job.attempts, len(BACK_OFF)) - 1]
        return _back(now + pause) | {"error": f"第{job.attempts}次没有成功，稍后自动重试。"}
    return {
        "state": Job.State.FAILED,
        "error": f"任务“{title_of(job.kind)}”#{job.pk} 试了{job.attempts}次都没有成功。"
        "请联系管理员查看服务日志，排除原因后重试。",
        "finished_at": now,
    }


def _back(run_after: datetime) -> dict[str, Any]:
    return {"state": Job.State.QUEUED, "run_after": run_after}


def _finish(job: Job, **fields: Any) -> None:
    """Write the outcome, unless the claim is lost."""
    if fields and _mine(job).update(worker="", lease_until=None, **_progress(job), **fields):
        for name, value in fields.items():
            setattr(job, name, value)
        return
    logger.warning("%s: another worker has it now, the outcome of this one is dropped", job)
    job.refresh_from_db()


def _unknown_kind(job: Job) -> str:
    return f"不认识的任务种类“{job.kind}”：程序版本可能不一致，请联系管理员升级后重试。"
