"""Putting jobs into the queue, and taking up what was left there."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F, Q
from kombu.exceptions import OperationalError

from haitang.kernel.errors import Conflict
from haitang.kernel.jobs.registry import title_of
from haitang.kernel.models import Job

logger = logging.getLogger(__name__)

# Seconds. Messages may lapse, since every sweep wakes anew what is due.
WAKE_EXPIRES = 60.0
SWEEP_LIMIT = 200


def enqueue(
    *,
    kind: str,
    payload: dict[str, Any],
    by: AbstractBaseUser | None,
    now: datetime,
    key: str | None = None,
    run_after: datetime | None = None,
    max_attempts: int = 3,
    wake: bool = True,
) -> Job:
    """Add a job and wake a worker once the surrounding transaction is committed.

    The same ``key`` gives back the row that is there already, whatever its state; with another
    kind or payload it raises Conflict. A broker that is down is logged, no more: the sweep
    takes the row up. ``wake=False`` leaves it to the caller to run the job.
    """
    payload = json.loads(json.dumps(payload, cls=DjangoJSONEncoder))
    fields: dict[str, Any] = {
        "kind": kind,
        "payload": payload,
        "run_after": run_after or now,
        "max_attempts": max_attempts,
        "created_by": by,
        "created_at": now,
    }
    if key is None:
        job, is_new = Job.objects.create(**fields), True
    else:
        job, is_new = Job.objects.get_or_create(key=key, defaults=fields)
    if not is_new and (job.kind, job.payload) != (kind, payload):
        raise Conflict(
            f"任务“{title_of(kind)}”没有登记：幂等键“{key}”已用于内容不同的任务 #{job.pk}。"
            "请换一个键，或查看那个任务。"
        )
    if is_new and wake and job.run_after <= now:
        wake_on_commit(job.pk)
    return job


def retry_job(*, job: Job, by: AbstractBaseUser | None, now: datetime) -> Job:
    """Put a failed job back into the queue with three more attempts; Conflict in other states."""
    changed = Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(
        state=Job.State.QUEUED,
        run_after=now,
        max_attempts=F("attempts") + 3,
        error="",
        finished_at=None,
    )
    job.refresh_from_db()
    if not changed:
        raise Conflict(
            f"任务 #{job.pk} 现在是“{job.get_state_display()}”，只有失败的任务可以重试。"
            "请刷新页面再看。"
        )
    logger.info("job %s retried by %s", job.pk, by)
    wake_on_commit(job.pk)
    return job


def sweep(now: datetime) -> list[int]:
    """Take up what was left: jobs that are due, and those whose worker died. Returns their ids.

    Safe beside workers and other sweeps: each change is a compare-and-set, and a second wake-up
    for a job that has been taken finds nothing to do.
    """
    abandoned = Job.objects.filter(state=Job.State.RUNNING, lease_until__lte=now)
    for pk, kind in abandoned.filter(attempts__gte=F("max_attempts")).values_list("pk", "kind"):
        logger.error("job %s (%s): its worker died in the last attempt", pk, kind)
        abandoned.filter(pk=pk).update(
            state=Job.State.FAILED,
            finished_at=now,
            error=f"任务“{title_of(kind)}”#{pk} 每次都在执行中途断掉，已停止重试。"
            "请联系管理员查看服务日志和内存、磁盘，然后重试。",
        )
    abandoned.update(state=Job.State.QUEUED, run_after=now, worker="", lease_until=None)
    due = Job.objects.filter(state=Job.State.QUEUED, run_after__lte=now)
    ids = list(due.order_by("run_after", "id").values_list("pk", flat=True)[:SWEEP_LIMIT])
    for pk in ids:
        if not wake(pk):
            break
    return ids


def claimable(now: datetime) -> Q:
    """Jobs that a worker may take at this moment."""
    due = Q(state=Job.State.QUEUED, run_after__lte=now)
    abandoned = Q(state=Job.State.RUNNING, lease_until__lte=now, attempts__lt=F("max_attempts"))
    return due | abandoned


def wake_on_commit(job_id: int) -> None:
    """Wake a worker after commit (at once outside a transaction)."""
    transaction.on_commit(lambda: wake(job_id))


def wake(job_id: int) -> bool:
    """Tell a worker of this job; False, and a line in the log, when no broker answers."""
    from haitang.kernel.tasks import run_job  # tasks import this package

    try:
        run_job.apply_async(args=(job_id,), retry=False, expires=WAKE_EXPIRES)
    except (OperationalError, OSError) as error:
        logger.warning("job %s waits for the sweep, the broker does not answer: %s", job_id, error)
        return False
    return True
