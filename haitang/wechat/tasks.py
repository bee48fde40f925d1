"""Celery tasks of the WeChat gateway: shims."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from haitang.wechat import processing, waking


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
