"""What was done to a campaign, as its page tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.models import Campaign
from haitang.kernel import audit
from haitang.kernel.models import AuditEntry

STREAM = "campaigns"  # downloads of a campaign's table stand in another stream
READ, SHOWN = 60, 12
Status = Campaign.Status
_FIELDS = {
    "title": "名称",
    "scale": "规模",
    "kind": "类型",
    "start": "开始日期",
    "end": "结束日期",
    "stores": "门店",
    "focus_items": "主推商品",
    "article": "推文",
}


@dataclass(frozen=True)
class Deed:
    """Who did what to the campaign, and when."""

    at: datetime
    who: str
    what: str
    reason: str = ""


@dataclass(frozen=True)
class Stage:
    """One place of the state line: ``state`` is done, now or to come."""

    name: str
    state: str
    at: datetime | None = None
    who: str = ""


def entries_of(campaign: Campaign) -> list[AuditEntry]:
    """The campaign's latest entries of the audit trail, newest first. One query."""
    return list(audit.trail_of(campaign).filter(stream=STREAM)[:READ])


def deeds(entries: Sequence[AuditEntry]) -> list[Deed]:
    """The entries in words, newest first."""
    return [
        Deed(entry.at, entry.actor_name, what, str(entry.details.get("reason", "")))
        for entry in entries[:SHOWN]
        if (what := _what(entry))
    ]


def stages(campaign: Campaign, entries: Sequence[AuditEntry]) -> list[Stage]:
    """The state line: planned, running, completed; or planned and cancelled."""
    line = [Status.PLANNED, Status.RUNNING, Status.COMPLETED]
    if campaign.status == Status.CANCELLED:
        line = [Status.PLANNED, Status.CANCELLED]
    here = line.index(Status(campaign.status))
    since = _since(entries)
    return [
        Stage(
            str(status.label),
            "done" if place < here else "now" if place == here else "",
            *(since.get(status, (None, "")) if place <= here else (None, "")),
        )
        for place, status in enumerate(line)
    ]


def _since(entries: Sequence[AuditEntry]) -> dict[str, tuple[datetime, str]]:
    found: dict[str, tuple[datetime, str]] = {}
    for entry in reversed(entries):
        if entry.act == "add_campaign":
            found[Status.PLANNED] = (entry.at, entry.actor_name)
        elif entry.act == "set_campaign_status":
            found[entry.details["status"]["now"]] = (entry.at, entry.actor_name)
    return found


def _what(entry: AuditEntry) -> str:
    details = entry.details
    if entry.act == "add_campaign":
        return "新建活动"
    if entry.act == "set_campaign_status":
        was, to = details["status"]["was"], details["status"]["now"]
        return f"状态由“{Status(was).label}”改为“{Status(to).label}”"
    if entry.act in ("change_campaign", "link_article"):
        return "；".join(
            f"{name}由“{_value(details[field]['was'])}”改为“{_value(details[field]['now'])}”"
            for field, name in _FIELDS.items()
            if field in details
        )
    return ""


def _value(value: object) -> str:
    if value == "*":
        return "全部门店"
    if isinstance(value, list):
        return "、".join(str(each) for each in value) or "无"
    return _words().get(str(value), str(value)) or "无"


def _words() -> dict[str, str]:
    return {**dict(Campaign.Scale.choices), **dict(Campaign.Kind.choices)}
