"""A campaign's papers: what was handed in, what the vice general manager decided."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.rules import allow, person
from campaigns import rules
from campaigns.models import Campaign, CampaignPaper
from campaigns.services.papers import DECIDED, LONGEST, decide_paper, submit_paper
from campaigns.views.campaigns import _campaign
from haitang.kernel import clock
from haitang.kernel.errors import NotThere
from haitang.kernel.telling import refusal_told


@require_safe
@allow(rules.may_see_campaigns)
def papers(request: HttpRequest, code: str) -> HttpResponse:
    """The papers by kind, the newest version first."""
    campaign = _visible(request, code)
    found = list(
        CampaignPaper.objects.filter(campaign=campaign)
        .select_related("submitted_by", "decided_by")
        .order_by("-submitted_at")
    )
    context = {
        "campaign": campaign,
        "kinds": [
            (kind, [each for each in found if each.kind == kind], kind in DECIDED)
            for kind in CampaignPaper.Kind
        ],
        "may_write": rules.may_write_papers(request.user),
        "may_approve": rules.may_approve_papers(request.user),
        "longest": LONGEST,
    }
    return render(request, "campaigns/papers.html", context)


@require_POST
@allow(rules.may_write_papers)
def paper_new(request: HttpRequest, code: str) -> HttpResponse:
    """Hands in a version of a paper."""
    campaign = _visible(request, code)
    with refusal_told(request):
        paper = submit_paper(
            campaign=campaign,
            kind=request.POST.get("kind", ""),
            text=request.POST.get("text", ""),
            by=person(request),
            now=clock.now(),
        )
        messages.success(request, f"已提交{paper.get_kind_display()}。")
    return redirect("campaign-papers", code=code)


@require_POST
@allow(rules.may_approve_papers)
def paper_decide(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Approves a paper or returns it with a reason."""
    campaign = _visible(request, code)
    rows = CampaignPaper.objects.select_related("submitted_by", "campaign")
    paper = rows.filter(pk=pk, campaign=campaign).first()
    if paper is None:
        raise NotThere("没有这份材料：请从活动的书面材料里选。")
    with refusal_told(request):
        decide_paper(
            paper=paper,
            approve=request.POST.get("approve") == "1",
            reason=request.POST.get("reason", ""),
            by=person(request),
            now=clock.now(),
        )
        messages.success(request, f"{paper.get_kind_display()}{paper.get_state_display()}。")
    return redirect("campaign-papers", code=code)


def _visible(request: HttpRequest, code: str) -> Campaign:
    return _campaign(code, rules.visible_stores(request.user))
