"""Jobs: entered once, claimed once, and never without an outcome."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from haitang.kernel import jobs
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.jobs import JobContext, Result, job_handler, running
from haitang.kernel.jobs.registry import _handlers
from haitang.kernel.models import Job

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    known = dict(_handlers)
    yield
    _handlers.clear()
    _handlers.update(known)
    jobs.stop_running(stop=False)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment

    def on(self, **span: float) -> None:
        self.moment += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def enqueue(kind: str = "sum", **fields: object) -> Job:
    values: dict[str, object] = {"payload": {"n": 2}, "by": None, "now": NOW, **fields}
    return jobs.enqueue(kind=kind, **values)  # type: ignore[arg-type]


def handle(kind: str = "sum", *, error: Exception | None = None) -> list[JobContext]:
    """Register a handler that notes its calls and raises the error, if any."""
    calls: list[JobContext] = []

    @job_handler(kind, title="求和")
    def handler(context: JobContext) -> Result:
        calls.append(context)
        if error:
            raise error
        return {"sum": context.payload.get("n", 0) + 1, "money": Decimal("1.50")}

    return calls


def stored(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


# --- entering --------------------------------------------------------------------------------


def test_enqueue_same_key_returns_the_row_that_is_there() -> None:
    first = enqueue(key="sum:2026-11-03")
    assert enqueue(key="sum:2026-11-03", now=NOW + timedelta(hours=1)) == first
    assert Job.objects.count() == 1


@pytest.mark.parametrize("other", [{"payload": {"n": 3}}, {"kind": "product"}])
def test_enqueue_same_key_with_other_content_is_a_conflict(other: dict[str, object]) -> None:
    enqueue(key="sum:2026-11-03")
    with pytest.raises(Conflict, match="幂等键“sum:2026-11-03”"):
        enqueue(**{"key": "sum:2026-11-03", **other})  # type: ignore[arg-type]


def test_enqueue_keeps_who_and_what(planner: User) -> None:
    job = stored(enqueue(by=planner, payload={"day": NOW.date()}))
    assert (job.created_by, job.payload, job.state) == (planner, {"day": "2026-11-03"}, "queued")


@pytest.mark.django_db(transaction=True)
def test_enqueue_wakes_only_after_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[int] = []
    monkeypatch.setattr("haitang.kernel.jobs.queue.wake", woken.append)
    with transaction.atomic():
        job = enqueue()
        assert woken == []
    assert woken == [job.pk]
    with transaction.atomic():
        enqueue()
        transaction.set_rollback(True)
    later = enqueue(run_after=NOW + timedelta(minutes=5))
    assert woken == [job.pk]
    assert later.state == Job.State.QUEUED


def test_job_handler_second_function_for_a_kind_is_refused() -> None:
    handle("sum")

    def other(context: JobContext) -> Result:
        return None

    with pytest.raises(ValueError, match="two handlers"):
        job_handler("sum")(other)


# --- running ---------------------------------------------------------------------------------


def test_run_job_keeps_the_result(clock: Clock) -> None:
    calls = handle()
    job = enqueue()
    jobs.run_job(job.pk, worker="w1", now=clock)
    job = stored(job)
    assert (job.state, job.result, job.attempts) == ("done", {"sum": 3, "money": "1.50"}, 1)
    assert (job.worker, job.lease_until, job.finished_at) == ("", None, NOW)
    assert calls[0].job.worker == "w1"


def test_run_job_done_or_gone_or_not_due_is_nothing_to_do(clock: Clock) -> None:
    calls = handle()
    done, later = enqueue(), enqueue(run_after=NOW + timedelta(seconds=1))
    jobs.run_job(done.pk, now=clock)
    assert jobs.run_job(done.pk, now=clock) is None
    assert jobs.run_job(later.pk, now=clock) is None
    assert jobs.run_job(999_999, now=clock) is None
    assert len(calls) == 1


def test_run_job_taken_by_another_is_left_until_its_lease_ends(clock: Clock) -> None:
    calls = handle()
    job = enqueue()
    assert running._claim(job.pk, "w1", NOW)
    clock.on(seconds=59)
    assert jobs.run_job(job.pk, worker="w2", now=clock) is None
    clock.on(seconds=1)
    jobs.run_job(job.pk, worker="w2", now=clock)
    assert (stored(job).state, stored(job).attempts, len(calls)) == ("done", 2, 1)


def test_run_job_refusal_fails_at_once_with_its_sentence(clock: Clock) -> None:
    handle(error=Invalid("第3行的日期“2018-02-29”不存在。", details=["请改正后重传。"]))
    job = enqueue()
    jobs.run_job(job.pk, now=clock)
    assert stored(job).state == Job.State.FAILED
    assert stored(job).error == "第3行的日期“2018-02-29”不存在。\n请改正后重传。"


def test_passing_refusal_is_tried_again_and_said_meanwhile(clock: Clock) -> None:
    busy = Invalid("对方忙。")
    busy.is_passing = True
    handle(error=busy)
    job = enqueue(max_attempts=2)
    jobs.run_job(job.pk, now=clock)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.QUEUED, "对方忙。")
    clock.on(seconds=31)
    jobs.run_job(job.pk, now=clock)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "对方忙。")


def test_run_job_error_is_tried_again_later_and_fails_in_the_end(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    calls = handle(error=KeyError("secret"))
    job = enqueue()
    pauses = []
    for _ in range(3):
        jobs.run_job(job.pk, now=clock)
        pauses.append((stored(job).run_after - clock.moment).total_seconds())
        clock.on(minutes=30)
    assert pauses[:2] == [30, 120]
    assert (stored(job).state, len(calls)) == ("failed", 3)
    assert "试了3次" in stored(job).error
    assert "secret" not in stored(job).error
    assert "KeyError: 'secret'" in caplog.text


def test_run_job_result_that_is_no_json_is_an_error(clock: Clock) -> None:
    @job_handler("odd")
    def odd(context: JobContext) -> Result:
        return {"file": object()}

    job = enqueue("odd", max_attempts=1)
    jobs.run_job(job.pk, now=clock)
    assert stored(job).state == Job.State.FAILED


def test_run_job_unknown_kind_fails_with_a_sentence(clock: Clock) -> None:
    job = enqueue("nobody")
    jobs.run_job(job.pk, now=clock)
    assert "不认识的任务种类“nobody”" in stored(job).error


def test_run_job_whose_lease_another_took_keeps_the_others_outcome(clock: Clock) -> None:
    @job_handler("slow")
    def slow(context: JobContext) -> Result:
        if context.job.attempts == 1:
            clock.on(minutes=5)
            jobs.run_job(context.job.pk, worker="w2", now=clock)
        return {"by": context.job.worker}

    job = enqueue("slow")
    jobs.run_job(job.pk, worker="w1", now=clock)
    assert (stored(job).state, stored(job).result) == ("done", {"by": "w2"})


def test_run_pending_runs_what_is_due_in_order(clock: Clock) -> None:
    calls = handle()
    second = enqueue(run_after=NOW - timedelta(minutes=1))
    first = enqueue(run_after=NOW - timedelta(minutes=2))
    enqueue(run_after=NOW + timedelta(minutes=1))
    assert jobs.run_pending(now=clock) == 2
    assert [context.job.pk for context in calls] == [first.pk, second.pk]


# --- progress and stopping -------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_report_writes_twice_a_second_at_most(clock: Clock) -> None:
    seen: list[int] = []

    @job_handler("rows")
    def rows(context: JobContext) -> Result:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            for number in range(1000):
                context.report(number, 1000, "正在读取")
        seen.append(len(queries))
        seen.append(stored(context.job).progress_total)
        context.report(1000, 1000, "读完")
        return None

    job = enqueue("rows", wake=False)
    jobs.run_job(job.pk, now=clock)
    assert 1 <= seen[0] <= 3
    assert seen[1] == 1000
    job = stored(job)
    assert (job.progress_done, job.progress_total, job.progress_note) == (1000, 1000, "读完")


@pytest.mark.django_db(transaction=True)
def test_report_ends_a_job_whose_lease_was_lost(clock: Clock) -> None:
    went_on: list[bool] = []

    @job_handler("slow")
    def slow(context: JobContext) -> Result:
        Job.objects.filter(pk=context.job.pk).update(attempts=2, worker="w2")
        context.report(1, 2)
        went_on.append(True)
        return None

    job = enqueue("slow", wake=False)
    jobs.run_job(job.pk, worker="w1", now=clock)
    assert (stored(job).state, stored(job).worker, went_on) == ("running", "w2", [])


def test_report_in_a_process_that_ends_puts_the_job_back(clock: Clock) -> None:
    @job_handler("slow")
    def slow(context: JobContext) -> Result:
        jobs.stop_running()
        context.report(1, 2)
        return None

    job = enqueue("slow", max_attempts=1)
    jobs.run_job(job.pk, now=clock)
    job = stored(job)
    assert (job.state, job.run_after, job.max_attempts - job.attempts) == ("queued", NOW, 1)


@pytest.mark.django_db(transaction=True)
def test_heartbeat_extends_the_lease(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "HEARTBEAT_SECONDS", 0.01)

    @job_handler("slow")
    def slow(context: JobContext) -> Result:
        clock.on(minutes=3)
        extended = NOW + timedelta(minutes=4)
        deadline = time.monotonic() + 10
        while stored(context.job).lease_until != extended and time.monotonic() < deadline:
            time.sleep(0.01)
        return {"extended": stored(context.job).lease_until == extended}

    job = enqueue("slow", wake=False)
    jobs.run_job(job.pk, now=clock)
    assert stored(job).result == {"extended": True}


# --- taking up what was left -----------------------------------------------------------------


def test_sweep_takes_up_due_and_abandoned_jobs(clock: Clock) -> None:
    calls = handle()
    due, abandoned, busy = enqueue(), enqueue(), enqueue()
    Job.objects.filter(pk=abandoned.pk).update(
        state="running", worker="dead", attempts=1, lease_until=NOW - timedelta(minutes=1)
    )
    running._claim(busy.pk, "alive", NOW)
    enqueue(run_after=NOW + timedelta(minutes=1))
    assert jobs.sweep(NOW) == [due.pk, abandoned.pk]
    assert stored(abandoned).state == Job.State.QUEUED
    assert jobs.run_pending(now=clock) == 2
    assert {context.job.pk for context in calls} == {due.pk, abandoned.pk}


def test_sweep_gives_up_a_job_that_kills_its_worker_each_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = enqueue(max_attempts=2)
    moment = NOW
    for _ in range(2):
        assert running._claim(job.pk, "dead", moment)
        moment += timedelta(minutes=2)
    with caplog.at_level(logging.ERROR):
        assert jobs.sweep(moment) == []
    assert stored(job).state == Job.State.FAILED
    assert "执行中途断掉" in stored(job).error


def test_retry_job_gives_a_failed_job_three_more_attempts(clock: Clock, planner: User) -> None:
    handle(error=Invalid("不行。"))
    job = enqueue()
    with pytest.raises(Conflict, match="“等待”"):
        jobs.retry_job(job=job, by=planner, now=NOW)
    jobs.run_job(job.pk, now=clock)
    retried = jobs.retry_job(job=job, by=planner, now=NOW)
    assert (retried.state, retried.error) == ("queued", "")
    assert retried.max_attempts - retried.attempts == 3
