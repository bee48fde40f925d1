"""Who changed what of the policies, as the page 修改历史 tells it out of the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from haitang.kernel.display import month_text
from haitang.kernel.models import AuditEntry
from haitang.policy.drafting import STREAM
from haitang.policy.models import PolicyDraft

_ACTS = {
    "copy_policy": "起草",
    "change_policy": "修改",
    "discard_policy": "作废草稿",
    "publish_policy": "发布",
    "withdraw_policy": "撤回发布",
}


@dataclass(frozen=True)
class Deed:
    """One act: who, when, on which policy, what changed field by field."""

    at: datetime
    who: str
    what: str
    policy: str
    changes: tuple[dict[str, str], ...] = ()
    reason: str = ""


def entries(*, draft: PolicyDraft | None = None) -> QuerySet[AuditEntry]:
    """The trail of all policies, or of one draft and what was published of it; newest first."""
    found = AuditEntry.objects.filter(stream=STREAM).order_by("-number")
    if draft is None:
        return found
    mine = Q(object_type=PolicyDraft._meta.label_lower, object_id=str(draft.pk))
    if draft.published_id:
        mine |= Q(object_type="policy.policyversion", object_id=str(draft.published_id))
    return found.filter(mine)


def deeds(found: Iterable[AuditEntry]) -> list[Deed]:
    """The entries in words."""
    return [_deed(entry) for entry in found]


def _deed(entry: AuditEntry) -> Deed:
    details: dict[str, Any] = entry.details
    what = _ACTS.get(entry.act, entry.act)
    if entry.act == "copy_policy":
        what = f"照着“{details['copied']}”起草"
    elif "month" in details:
        what = f"{what}，{month_text(details['month'])}起生效"
    behalf = details.get("on_behalf_of")
    return Deed(
        entry.at,
        f"{entry.actor_name}（代 {behalf}）" if behalf else entry.actor_name,
        what,
        entry.object_name,
        tuple(details.get("changes", ())),
        str(details.get("reason", "")),
    )
