"""Writes of a campaign's papers: submitted by the team, decided by the vice general manager."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rules import acting_by, has_role
from accounts.separation import Act, require_different_people
from campaigns import rules
from campaigns.models import Campaign, CampaignPaper
from haitang.kernel import audit
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from haitang.kernel.texts import within, written

STREAM = "campaigns"
LONGEST, REASON = 10_000, 500
# Put to the vice general manager (docs/rules.md §5); summaries are only handed in.
DECIDED = (CampaignPaper.Kind.PLAN, CampaignPaper.Kind.RULES)
State = CampaignPaper.State


def submit_paper(
    *, campaign: Campaign, kind: str, text: str, by: User, now: datetime
) -> CampaignPaper:
    """Hand in a version of one of the campaign's papers.

    Raises NotAllowed, Invalid for a kind that there is not and for an empty or endless text.
    """
    if not rules.may_write_papers(by):
        raise NotAllowed("活动的书面材料由总策划、总督导、文案编辑和客服部对接人提交。")
    if kind not in CampaignPaper.Kind.values:
        raise Invalid("请选这是方案、细则还是总结。")
    text = written(text, missing="请写上内容，或贴上全文。", name="内容", longest=LONGEST)
    with transaction.atomic():
        paper = CampaignPaper.objects.create(
            campaign=campaign, kind=kind, text=text, submitted_at=now, submitted_by=by
        )
        _record("submit_paper", paper, by=by, now=now, details={"letters": len(text)})
    return paper


def decide_paper(
    *, paper: CampaignPaper, approve: bool, reason: str = "", by: User, now: datetime
) -> CampaignPaper:
    """Approve a plan or detailed rules, or return them with a reason.

    Raises NotAllowed for anybody but the vice general manager and for one's own paper, Invalid
    for a return without a reason, Conflict when it was decided meanwhile.
    """
    may = rules.may_approve_papers
    if not may(by):
        raise NotAllowed("方案和执行细则由副总经理批准：请交由他处理。")
    if paper.kind not in DECIDED:
        raise Conflict(f"{paper.get_kind_display()}不用批准：提交了就行。")
    acting = acting_by(by, has_role(*rules.PAPER_APPROVERS))
    require_different_people(
        Act(paper.submitted_by_id, step="提交", actor_name=str(paper.submitted_by)),
        Act(by.pk, acting.person_id if acting else None, "批准", str(by)),
    )
    if approve:
        reason = within(reason, name="批语", longest=REASON)
    else:
        missing = "请写明退回的理由：提交人要照着改。"
        reason = written(reason, missing=missing, name="理由", longest=REASON)
    state = State.APPROVED if approve else State.RETURNED
    with transaction.atomic():
        claimed = CampaignPaper.objects.filter(pk=paper.pk, state=State.SUBMITTED).update(
            state=state, decided_at=now, decided_by=by, decision=reason
        )
        paper.refresh_from_db()
        if not claimed:
            raise Conflict(
                f"这份{paper.get_kind_display()}{paper.get_state_display()}：请刷新页面。"
            )
        act = "approve_paper" if approve else "return_paper"
        _record(act, paper, by=by, now=now, details={"reason": reason})
    return paper


def _record(
    act: str, paper: CampaignPaper, *, by: User, now: datetime, details: dict[str, object]
) -> None:
    audit.record(
        stream=STREAM,
        act=act,
        obj=paper,
        object_name=f"{paper.campaign.code} {paper.get_kind_display()}",
        by=by,
        now=now,
        details={"campaign": paper.campaign.code, "kind": paper.kind, **details},
    )
