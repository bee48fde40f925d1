"""What waits in an empty installation: the chain has to move in."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from campaigns.models import Store
from haitang.datapack.rules import may_load_packs
from haitang.kernel.addresses import address
from haitang.kernel.workbench import Urgency, WorkItem


def workbench_items(user: User, now: datetime) -> list[WorkItem]:
    """The first step of a new chain, until there is a store. One query, the administrator's."""
    if not may_load_packs(user) or Store.objects.exists():
        return []
    title = (
        "还没有门店：把现有的表（门店、人员、活动、销售）做成数据包一次装入，或在“门店”里逐家登记。"
    )
    return [
        WorkItem(
            kind="no_stores",
            title=title,
            url=address("packs"),
            action="装入数据包",
            urgency=Urgency.NOW,
        )
    ]
