"""What the job of an uploaded pack does: one service call."""

from __future__ import annotations

from haitang.kernel.jobs import JobContext, Result, job_handler


@job_handler("load_pack", title="装入数据包")
def load_pack(context: JobContext) -> Result:
    """Load a pack that came through the page."""
    from haitang.datapack.uploads import load_uploaded

    return load_uploaded(context)
