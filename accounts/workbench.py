"""What waits for those who look after people and posts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import Tenure, User
from accounts.roles import TEAM, Role
from accounts.rules import has_role, is_administrator
from haitang.kernel.addresses import address
from haitang.kernel.clock import business_day
from haitang.kernel.prepared import prepared
from haitang.kernel.workbench import Urgency, WorkItem

# Posts without which a month cannot be settled: those who share the pool, decide and pay.
NEEDED = (*TEAM, Role.GENERAL_MANAGER, Role.FINANCE)
fills_posts = is_administrator | has_role(Role.GENERAL_MANAGER)


def workbench_items(user: User, now: datetime) -> list[WorkItem]:
    """Posts that nobody holds today, to the administrator and the general manager. One query."""
    if not fills_posts(user):
        return []
    held = set(_roles_held(day=business_day(now)))
    vacant = [str(role.label) for role in NEEDED if role not in held]
    if not vacant:
        return []
    names = "、".join(vacant)
    may_mend = is_administrator(user)
    return [
        WorkItem(
            kind="no_holder",
            title=f"{names}现在没有人任职，本月结算会因此停住。"
            + ("" if may_mend else "请交代管理员登记任职。"),
            url=address("posts"),
            action="登记任职" if may_mend else "看岗位",
            urgency=Urgency.NOW,
            count=len(vacant),
        )
    ]


@prepared
def _roles_held(*, day: Any) -> QuerySet[Tenure, str]:
    return Tenure.objects.on(day).values_list("role", flat=True).order_by()
