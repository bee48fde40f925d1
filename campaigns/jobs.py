"""What the jobs of the campaigns do: one service call each."""

from __future__ import annotations

from dataclasses import asdict

from haitang.kernel import files, jobs
from haitang.kernel.jobs import JobContext, Result, job_handler


@job_handler("pull_sales", title="拉取销售文件")
def pull_sales(context: JobContext) -> Result:
    """Import what lies in the watched folder; when something came in, uplifts are due again."""
    from campaigns.inbox import pull_sales as pull

    pulled = pull(now=context.now, by=context.job.created_by, report=context.report)
    if pulled.imported:
        jobs.enqueue(
            kind="compute_uplift",
            payload={},
            by=context.job.created_by,
            now=context.now,
            key=f"compute_uplift:after:{context.job.pk}:{context.job.attempts}",
        )
    return asdict(pulled)


@job_handler("compute_uplift", title="计算活动增量")
def compute_uplift(context: JobContext) -> Result:
    """Compute the campaigns named by ``codes`` in the payload, or all that may have changed."""
    from campaigns.services import compute_uplift as compute

    return {"changed": compute(now=context.now, codes=context.payload.get("codes"))}


@job_handler("import_sales", title="导入销售文件")
def import_sales(context: JobContext) -> Result:
    """Do the import that ``submit_import`` queued."""
    from campaigns.imports.services import run_import

    done = run_import(
        import_id=context.payload["import"],
        now=context.now,
        report=context.report,
        again=context.payload.get("again", False),
    )
    return {"import": done.pk, "accepted": done.lines_accepted, "refused": done.lines_refused}


@job_handler("clean_imports", title="清理销售导入")
def clean_imports(context: JobContext) -> Result:
    """Clear what dead imports and uploads left, and the lines of those superseded long ago."""
    from campaigns.imports.services import sweep_imports

    return {
        "store_days": sweep_imports(now=context.now),
        "files": files.discard_unfinished(now=context.now),
    }
