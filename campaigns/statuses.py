"""The life of a campaign: which step leads where, and when it may be taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from campaigns.models import Campaign
from haitang.kernel.display import day_text

Status = Campaign.Status


@dataclass(frozen=True)
class Step:
    """A change of status as a button says it; ``undoes`` goes back, never forward."""

    was: str
    to: str
    label: str
    needs_reason: bool = False
    undoes: bool = False
    help: str = ""


STEPS = (
    Step(Status.PLANNED, Status.RUNNING, "开始活动"),
    Step(Status.RUNNING, Status.COMPLETED, "标为已完成"),
    Step(Status.PLANNED, Status.COMPLETED, "标为已完成"),
    Step(Status.RUNNING, Status.PLANNED, "退回计划", undoes=True),
    Step(
        Status.COMPLETED,
        Status.RUNNING,
        "重新打开",
        needs_reason=True,
        undoes=True,
        help="重新打开后可以改日期和门店；再次完成之前不计入结算。",
    ),
    Step(
        Status.PLANNED,
        Status.CANCELLED,
        "取消活动",
        needs_reason=True,
        help="取消的活动不计入结算，它的日子也不再当作活动日；以后可以恢复。",
    ),
    Step(
        Status.RUNNING,
        Status.CANCELLED,
        "取消活动",
        needs_reason=True,
        help="取消的活动不计入结算，它的日子也不再当作活动日；以后可以恢复。",
    ),
    Step(Status.CANCELLED, Status.PLANNED, "恢复为计划", undoes=True),
)


def step(was: str, to: str) -> Step | None:
    """The step from one status to another, or None where none leads there."""
    return next((each for each in STEPS if (each.was, each.to) == (was, to)), None)


def too_early(campaign: Campaign, to: str, *, today: date) -> str:
    """Why the day has not come for that status, as a sentence; empty when it has."""
    if to == Status.RUNNING and today < campaign.start:
        return f"活动{day_text(campaign.start, year=today.year)}才开始：到那一天再改为进行中。"
    if to == Status.COMPLETED and today < campaign.end:
        return f"活动{day_text(campaign.end, year=today.year)}才结束：到那一天再标为已完成。"
    return ""


def open_steps(campaign: Campaign, *, today: date) -> list[Step]:
    """The steps that may be taken today, the main one first."""
    found = [
        each
        for each in STEPS
        if each.was == campaign.status
        and (each.undoes or not too_early(campaign, each.to, today=today))
    ]
    return sorted(found, key=lambda each: _order(each, is_over=today >= campaign.end))


def main_step(campaign: Campaign, *, today: date) -> Step | None:
    """The one step that goes forward today: to running, or, once it is over, to completed."""
    first = next(iter(open_steps(campaign, today=today)), None)
    return first if first and not first.undoes and not first.needs_reason else None


def waits_for(campaign: Campaign, *, today: date) -> str:
    """Why there is no step forward today, as a sentence; empty when there is one or no need."""
    if campaign.status == Status.PLANNED:
        return too_early(campaign, Status.RUNNING, today=today)
    if campaign.status == Status.RUNNING:
        return too_early(campaign, Status.COMPLETED, today=today)
    return ""


def _order(each: Step, *, is_over: bool) -> int:
    if each.undoes:
        return 2
    if each.needs_reason:
        return 3
    return int(is_over == (each.to == Status.RUNNING))
