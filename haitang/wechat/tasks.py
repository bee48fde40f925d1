"""Celery tasks of the WeChat gateway: shims."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from haitang.kernel import clock, jobs
from haitang.wechat import processing, waking
from haitang.wechat.accounts import configured


@shared_task(name="haitang.wechat.process_events")
def process_events() -> int:
    """Process what was received; how many. What is left after some seconds is another task's."""
    close_old_connections()
    try:
        drained = processing.drain()
        if drained.has_more:
            waking.wake()
        return drained.count
    finally:
        close_old_connections()


@shared_task(name="haitang.wechat.pull_statistics")
def pull_statistics() -> None:
    """This morning's pull of WeChat's figures, and of results that no event told."""
    _daily("wechat_statistics", "wechat_results")


@shared_task(name="haitang.wechat.clean")
def clean() -> None:
    """Tonight's clearing of old call logs and counts."""
    _daily("wechat_clean")


def _daily(*kinds: str) -> None:
    """One job a kind and business day; none while no account is configured."""
    close_old_connections()
    try:
        now = clock.now()
        for kind in kinds if configured() else ():
            key = f"{kind}:{clock.business_day(now)}"
            jobs.enqueue(kind=kind, payload={}, by=None, now=now, key=key, max_attempts=6)
    finally:
        close_old_connections()
