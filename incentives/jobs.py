"""What the jobs of the settlement do: one service call each."""

from __future__ import annotations

from haitang.kernel.jobs import JobContext, Result, job_handler


@job_handler("take_up_fees", title="登记录用稿件的稿费")
def take_up_fees(context: JobContext) -> Result:
    """Book the adopted manuscripts that have no fee yet."""
    from incentives.fees import take_up_fees as take_up

    return {"booked": take_up(now=context.now)}
