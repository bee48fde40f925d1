"""Celery tasks of the campaigns: shims that put the nightly jobs into the queue.

The job's key is its business day, so that two beats, or a beat and a restart, do it once.
"""

from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.db import close_old_connections

from haitang.kernel import clock, jobs
from haitang.kernel.models import Job


@shared_task(name="campaigns.pull_sales")
def pull_sales() -> None:
    """Tonight's pull of the sales files that lie in the watched folder."""
    _nightly("pull_sales")


@shared_task(name="campaigns.compute_uplift")
def compute_uplift() -> None:
    """Tonight's computation of the uplift of the campaigns that may have changed."""
    _nightly("compute_uplift")


@shared_task(name="campaigns.clean_imports")
def clean_imports() -> None:
    """Tonight's clearing of dead and long superseded imports."""
    _nightly("clean_imports")


def nightly_job(kind: str, *, now: datetime) -> Job:
    """The job of that kind for the business day of ``now``, made when absent."""
    key = f"{kind}:{clock.business_day(now)}"
    return jobs.enqueue(kind=kind, payload={}, by=None, now=now, key=key)


def _nightly(kind: str) -> None:
    close_old_connections()
    try:
        nightly_job(kind, now=clock.now())
    finally:
        close_old_connections()
