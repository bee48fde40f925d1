"""Celery tasks of the settlement: shims that put the nightly jobs into the queue."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from haitang.kernel import clock, jobs


@shared_task(name="incentives.take_up_fees")
def take_up_fees() -> None:
    """Tonight's booking of fees."""
    _nightly("take_up_fees")


@shared_task(name="incentives.propose_events")
def propose_events() -> None:
    """Tonight's look at what the apps show about the KPI rules."""
    _nightly("propose_events")


def _nightly(kind: str) -> None:
    """Queue a job of that kind; its key is the business day, so that it is queued once."""
    close_old_connections()
    try:
        now = clock.now()
        key = f"{kind}:{clock.business_day(now)}"
        jobs.enqueue(kind=kind, payload={}, by=None, now=now, key=key)
    finally:
        close_old_connections()
