"""Celery tasks of the kernel: shims that wake the rows' owner."""

from __future__ import annotations

import logging
import uuid

from celery import shared_task
from django.db import close_old_connections

from haitang.kernel import clock, jobs, leases

logger = logging.getLogger(__name__)

# Shorter than the beat's 30 s: however many processes beat, one sweep runs in an interval.
TICK_SECONDS = 25


@shared_task(name="haitang.kernel.run_job")
def run_job(job_id: int) -> None:
    """Do one job; a row that is gone, done or taken is nothing to do."""
    close_old_connections()
    try:
        if jobs.run_job(job_id) is None:
            logger.debug("job %s: nothing to do", job_id)
    finally:
        close_old_connections()


@shared_task(name="haitang.kernel.tick")
def tick() -> bool:
    """Sweep the queue, unless another process did so in this interval; True when it swept.

    The lease is left to expire instead of being given back, so that a second beat does nothing.
    """
    close_old_connections()
    try:
        now = clock.now()
        if not leases.acquire("tick", uuid.uuid4().hex, TICK_SECONDS, now):
            return False
        jobs.sweep(now)
        return True
    finally:
        close_old_connections()
