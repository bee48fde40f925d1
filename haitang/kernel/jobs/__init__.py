"""Jobs: the row is the queue, a broker message only wakes a worker, a sweep takes up what was left.

An app declares its handlers in ``<app>/jobs.py`` (found by itself at start)::

    @job_handler("pull_sales", title="拉取销售文件")
    def pull(context: JobContext) -> Result: ...

A handler may run more than once (the process can die after its last write), so what it does
must be idempotent.
"""

from haitang.kernel.jobs.queue import enqueue, retry_job, sweep
from haitang.kernel.jobs.registry import JobHandler, Result, job_handler, title_of
from haitang.kernel.jobs.running import JobContext, run_job, run_pending, stop_running

__all__ = [
    "JobContext",
    "JobHandler",
    "Result",
    "enqueue",
    "job_handler",
    "retry_job",
    "run_job",
    "run_pending",
    "stop_running",
    "sweep",
    "title_of",
]
