"""What the jobs of the settlement do: one service call each."""

from __future__ import annotations

from haitang.kernel.jobs import JobContext, Result, job_handler


@job_handler("take_up_fees", title="登记录用稿件的稿费")
def take_up_fees(context: JobContext) -> Result:
    """Book the adopted manuscripts that have no fee yet."""
    from incentives.funds.fees import take_up_fees as take_up

    return {"booked": take_up(now=context.now)}


@job_handler("propose_events", title="从证据提出扣减")
def propose_events(context: JobContext) -> Result:
    """Propose what the apps show about the KPI rules in the finished months of late."""
    from incentives.deductions.proposals import propose_recent

    return {"proposed": len(propose_recent(now=context.now))}


@job_handler("whatif", title="试算制度")
def whatif(context: JobContext) -> Result:
    """Try a policy over past months; the result is all that is kept."""
    from incentives.whatif.trials import run_trial

    return run_trial(context)
