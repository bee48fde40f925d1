"""Celery with a Redis broker: real worker and beat processes on the same rows."""

from __future__ import annotations

import signal

import pytest

from tests.kernel.installation import Installation, finish

pytestmark = pytest.mark.redis

DONE = "while Job.objects.filter(state='done').count() < {}: time.sleep(0.05)\n"
# Until no message waits for the worker nor is in its hands.
CONSUMED = """
import redis
broker = redis.Redis.from_url(settings.REDIS_URL)
while broker.llen("celery") or broker.hlen("unacked"):
    time.sleep(0.05)
"""
WORKER = ("-m", "celery", "-A", "haitang", "worker", "-P", "solo", "-l", "WARNING")


def test_worker_is_woken_by_the_message(embedded: Installation, redis_url: str) -> None:
    worker = embedded.start(*WORKER, REDIS_URL=redis_url)
    embedded.run(
        "jobs.enqueue(kind='pull_sales', payload={}, by=None, now=clock.now())\n" + DONE.format(1),
        REDIS_URL=redis_url,
    )
    worker.send_signal(signal.SIGTERM)
    assert "Traceback" not in finish(worker)


def test_nightly_tasks_sent_twice_are_done_once(embedded: Installation, redis_url: str) -> None:
    embedded.group(*WORKER, REDIS_URL=redis_url)
    output = embedded.run(
        "from haitang.web.celery import NIGHTLY, app\n"
        "for name in [*NIGHTLY, *NIGHTLY]: app.send_task(name)\n"
        + DONE.format(8)
        + CONSUMED
        + "print(sorted(Job.objects.values_list('kind', 'attempts')))",
        REDIS_URL=redis_url,
    )
    assert output.endswith(
        "[('clean_imports', 1), ('compute_uplift', 1), ('drop_old_media', 1), ('freeze_reads', 1), "
        "('propose_events', 1), ('pull_sales', 1), ('take_up_fees', 1), ('take_up_members', 1)]\n"
    )


def test_tick_takes_up_a_job_whose_message_was_lost(embedded: Installation, redis_url: str) -> None:
    embedded.run(
        "jobs.enqueue(kind='pull_sales', payload={}, by=None, now=clock.now(), wake=False)",
        REDIS_URL=redis_url,
    )
    embedded.group(*WORKER, REDIS_URL=redis_url)
    embedded.run(
        "from haitang.kernel.tasks import tick\ntick.delay()\n" + DONE.format(1),
        REDIS_URL=redis_url,
    )
