"""Trials of a policy: asked for, computed at once or by a worker, kept as the job's result.

A job's row is all that is kept of a trial; the ledger and the settlements never hear of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet, Sum

from accounts.models import User
from haitang.kernel import jobs
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import month_text
from haitang.kernel.errors import Invalid, NotThere
from haitang.kernel.jobs import JobContext, Result
from haitang.kernel.models import Job
from haitang.policy.comparing import compare
from haitang.policy.document import parse
from haitang.policy.selectors import policy_for
from haitang.policy.typed import faults_of
from incentives.ledger.chart import RESERVE_PAYEE
from incentives.life.states import APPROVED
from incentives.models import Payout
from incentives.whatif.whatif import MonthTrial, try_policy

KIND = "whatif"
AT_ONCE, MOST = 3, 36  # months


@dataclass(frozen=True)
class Trial:
    """A trial as its page shows it; ``months`` only once it is done."""

    job: Job
    name: str
    first: Month
    until: Month
    changes: tuple[str, ...]
    months: tuple[MonthTrial, ...]

    @property
    def under_way(self) -> bool:
        return self.job.state in (Job.State.QUEUED, Job.State.RUNNING)


def start_trial(
    *, document: Mapping[str, Any], name: str, first: Month, until: Month, by: User, now: datetime
) -> Job:
    """Try a policy over past months; three at most are computed before this returns.

    Invalid for months that lie ahead or are too many, and for a policy that has faults. More
    months are left to a worker; ``trial_of`` tells how far it is.
    """
    months = _months(first, until, now=now)
    if faults := faults_of(document):
        raise Invalid("这样的制度不能试算，请先改好：", details=faults.sentences)
    last = policy_for(until)
    job = jobs.enqueue(
        kind=KIND,
        payload={
            "name": name,
            "first": str(first),
            "until": str(until),
            "document": dict(document),
            "changes": [each.sentence for each in compare(last.document, document)],
        },
        by=by,
        now=now,
        wake=len(months) > AT_ONCE,
    )
    if len(months) <= AT_ONCE:
        jobs.run_job(job.pk, now=lambda: now)
        job.refresh_from_db()
    return job


def run_trial(context: JobContext) -> Result:
    """What the job does."""
    payload = context.payload
    months = try_policy(
        parse(payload["document"]),
        first=Month.parse(payload["first"]),
        until=Month.parse(payload["until"]),
        report=context.report,
    )
    return {"months": [each.kept() for each in months]}


def trial_of(pk: int) -> Trial:
    """That trial, or NotThere."""
    job = Job.objects.filter(kind=KIND, pk=pk).select_related("created_by").first()
    if job is None:
        raise NotThere(f"没有第 {pk} 号试算：请从试算页里再找一次。")
    return trial_in(job, months=job.result.get("months", ()))


@dataclass(frozen=True)
class PaidOut:
    """What persons got of an approved month in the end, in fen: own, adjusted, set off, payable."""

    earned: int
    adjusted: int
    set_off: int
    payable: int


def paid_out(trial: Trial) -> dict[Month, PaidOut]:
    """The approved months of a trial with what was paid for them. One query.

    A trial compares each month's own figures: adjustments belong to the months that they come
    from, and what is set off was got before. This is what stands beside them.
    """
    names = [str(each.month) for each in trial.months]
    rows = (
        Payout.objects.filter(
            settlement__month__in=names,
            settlement__state__in=APPROVED,
            approval=F("settlement__approvals"),
        )
        .exclude(username=RESERVE_PAYEE)
        .order_by()
        .values_list("settlement__month")
        .annotate(Sum("earned_fen"), Sum("adjusted_fen"), Sum("payable_fen"))
    )
    return {
        Month.parse(month): PaidOut(earned, adjusted, earned + adjusted - payable, payable)
        for month, earned, adjusted, payable in rows
    }


def recent_trials() -> QuerySet[Job]:
    """The trials, newest first, without their figures."""
    return (
        Job.objects.filter(kind=KIND).select_related("created_by").defer("result").order_by("-id")
    )


def trial_in(job: Job, *, months: Sequence[Mapping[str, Any]] = ()) -> Trial:
    """A job's row as a trial."""
    payload = job.payload
    return Trial(
        job,
        payload["name"],
        Month.parse(payload["first"]),
        Month.parse(payload["until"]),
        tuple(payload["changes"]),
        tuple(MonthTrial.read(each) for each in months),
    )


def _months(first: Month, until: Month, *, now: datetime) -> list[Month]:
    present = Month.of(business_day(now))
    if until > present:
        raise Invalid(f"{month_text(until)}还没有到：只能试算到{month_text(present)}。")
    if first > until:
        raise Invalid(
            f"开始的月份{month_text(first)}在结束的月份{month_text(until)}之后：请对调后再试。"
        )
    months = list(first.through(until)) if until.year - first.year < MOST else []
    if not months or len(months) > MOST:
        raise Invalid(f"一次最多试算 {MOST} 个月：请分几次试。")
    return months
