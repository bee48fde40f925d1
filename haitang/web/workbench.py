"""The workbench: what waits for a person, collected from every app, most urgent first."""

from __future__ import annotations

from datetime import datetime

import accounts.workbench
import campaigns.workbench
import content.workbench
import haitang.datapack.workbench
import haitang.wechat.workbench
import incentives.deductions.workbench
import incentives.funds.workbench
import incentives.workbench
import membership.workbench
from accounts.models import User
from haitang.kernel import workbench as kernel
from haitang.kernel.workbench import Items, WorkItem

# Each app's contribution; one line here is all that a new app needs.
SOURCES: tuple[Items, ...] = (
    incentives.workbench.workbench_items,
    incentives.deductions.workbench.workbench_items,
    incentives.funds.workbench.workbench_items,
    membership.workbench.workbench_items,
    campaigns.workbench.workbench_items,
    haitang.wechat.workbench.workbench_items,
    content.workbench.workbench_items,
    accounts.workbench.workbench_items,
    haitang.datapack.workbench.workbench_items,
    kernel.workbench_items,
)


def work_of(user: User, now: datetime) -> list[WorkItem]:
    """All that waits for this person, most urgent first, then longest waiting.

    The number of queries does not depend on how much waits.
    """
    waiting = (item for source in SOURCES for item in source(user, now))
    return sorted(waiting, key=lambda item: item.order)
