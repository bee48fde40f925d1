"""What the funds want of a person: requests of the team to decide."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from haitang.kernel.addresses import address
from haitang.kernel.workbench import Urgency, WorkItem
from incentives import rules
from incentives.funds import selectors as fund_selectors


def workbench_items(user: User, now: datetime) -> list[WorkItem]:
    """Expenses of the reserve that wait for the managers. One query for them, none for others."""
    if not rules.may_decide_expenses(user):
        return []
    number, since = fund_selectors.requested()
    if not number:
        return []
    return [
        WorkItem(
            kind="expenses_requested",
            title=f"有 {number} 笔公费支出等您批准。",
            url=f"{address('expenses')}?state=requested",
            action="看申请",
            urgency=Urgency.SOON,
            since=since,
            count=number,
        )
    ]
