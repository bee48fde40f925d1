"""Celery tasks of the articles: shims that put the nightly jobs into the queue."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from haitang.kernel import clock, jobs


@shared_task(name="content.freeze_reads")
def freeze_reads() -> None:
    """This morning's freezing of reads at seven days."""
    close_old_connections()
    try:
        now = clock.now()
        key = f"freeze_reads:{clock.business_day(now)}"
        jobs.enqueue(kind="freeze_reads", payload={}, by=None, now=now, key=key)
    finally:
        close_old_connections()
