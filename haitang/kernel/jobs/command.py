"""Jobs from the command line: entered as rows like all others, and run here and now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from haitang.kernel import clock
from haitang.kernel.jobs.queue import enqueue
from haitang.kernel.jobs.registry import title_of
from haitang.kernel.jobs.running import run_job
from haitang.kernel.models import Job


def run_here(kind: str, payload: dict[str, Any]) -> Job:
    """Enter a job and run it once in this process; CommandError with its sentence on failure."""
    now = clock.now()
    job = enqueue(kind=kind, payload=payload, by=None, now=now, max_attempts=1, wake=False)
    done = run_job(job.pk) or job
    done.refresh_from_db()
    if done.state == Job.State.FAILED:
        raise CommandError(done.error)
    return done


def leave_to_worker(kind: str, payload: dict[str, Any]) -> str:
    """Enter a job for a worker; a sentence that says so."""
    job = enqueue(kind=kind, payload=payload, by=None, now=clock.now())
    return f"已登记任务“{title_of(kind)}”#{job.pk}，由后台执行。"
