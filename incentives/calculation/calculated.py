"""From draft to calculated: the first step of a month's life, taken by every calculation."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.errors import Conflict
from incentives.models import Settlement, SettlementRun, SettlementStep

# A month may be calculated as long as nobody has submitted it.
OPEN = (Settlement.State.DRAFT, Settlement.State.CALCULATED)


def require_open(month: Month) -> None:
    """Conflict when the month was submitted or is further on: its figures hold. One query."""
    settlement = Settlement.objects.filter(month=str(month)).first()
    if settlement and settlement.state not in OPEN:
        raise Conflict(
            f"{month_text(month)}{settlement.get_state_display()}，不能再计算："
            "之后的变动会作为调整进入下一个未提交的月份；确实要改，请先退回或冲销批准。"
        )


@transaction.atomic
def note_calculated(*, run: SettlementRun, by: User | None, now: datetime) -> Settlement:
    """The month has been calculated and this run is its latest; by compare-and-set.

    Raises Conflict when somebody submitted the month in the meantime.
    """
    settlement, _ = Settlement.objects.get_or_create(month=run.month)
    held = Settlement.objects.filter(pk=settlement.pk)
    begun = held.filter(state=Settlement.State.DRAFT).update(
        state=Settlement.State.CALCULATED, run=run
    )
    if begun:
        SettlementStep.objects.create(
            settlement=settlement,
            before=Settlement.State.DRAFT,
            after=Settlement.State.CALCULATED,
            at=now,
            by=by,
            run=run,
        )
    elif not held.filter(state=Settlement.State.CALCULATED).update(run=run):
        raise Conflict(f"{month_text(run.month)}刚由别人提交了，不能再计算：请刷新页面。")
    settlement.refresh_from_db()
    return settlement
