"""Celery tasks of the membership: shims that put the nightly jobs into the queue."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from campaigns.tasks import nightly_job
from haitang.kernel import clock
from haitang.wechat.accounts import configured


@shared_task(name="membership.take_up_members")
def take_up_members() -> None:
    """Tonight's making of the members of new imports; its key is the business day."""
    close_old_connections()
    try:
        nightly_job("take_up_members", now=clock.now())
    finally:
        close_old_connections()


@shared_task(name="membership.drop_old_media")
def drop_old_media() -> None:
    """Tonight's deleting of pictures and voices that were kept long enough."""
    close_old_connections()
    try:
        nightly_job("drop_old_media", now=clock.now())
    finally:
        close_old_connections()


@shared_task(name="membership.sync_followers")
def sync_followers() -> None:
    """Tonight's comparison of followers and tags with WeChat; none while no account is there."""
    close_old_connections()
    try:
        if configured():
            nightly_job("sync_followers", now=clock.now())
    finally:
        close_old_connections()
