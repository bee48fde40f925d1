"""Celery tasks of the settlement: shims that put the nightly jobs into the queue."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from haitang.kernel import clock, jobs


@shared_task(name="incentives.take_up_fees")
def take_up_fees() -> None:
    """Tonight's booking of fees; its key is the business day, so that it is queued once."""
    close_old_connections()
    try:
        now = clock.now()
        key = f"take_up_fees:{clock.business_day(now)}"
        jobs.enqueue(kind="take_up_fees", payload={}, by=None, now=now, key=key)
    finally:
        close_old_connections()
