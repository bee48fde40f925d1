"""What the jobs of the articles do: one service call each."""

from __future__ import annotations

from haitang.kernel.jobs import JobContext, Result, job_handler


@job_handler("freeze_reads", title="冻结 7 天阅读量")
def freeze_reads(context: JobContext) -> Result:
    """Keep the reads at seven days that WeChat has counted by now."""
    from content.freezing import freeze_reads as freeze

    return {"frozen": freeze(now=context.now)}
