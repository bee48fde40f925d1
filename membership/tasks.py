"""Celery tasks of the membership: shims that put the nightly job into the queue."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from haitang.kernel import clock, jobs


@shared_task(name="membership.take_up_members")
def take_up_members() -> None:
    """Tonight's making of the members of new imports; its key is the business day."""
    close_old_connections()
    try:
        now = clock.now()
        key = f"take_up_members:{clock.business_day(now)}"
        jobs.enqueue(kind="take_up_members", payload={}, by=None, now=now, key=key)
    finally:
        close_old_connections()
