"""What the papers of a month's campaigns show about KPI rules (docs/rules.md §5).

Only of campaigns since the house keeps its papers here: before the first one was handed in,
nothing is known of any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from django.conf import settings
from django.db.models import Min
from django.urls import reverse

from campaigns.models import Campaign, CampaignPaper
from haitang.kernel import clock
from haitang.kernel.clock import SHANGHAI, Month, business_day
from haitang.kernel.display import day_text
from haitang.policy.evidence import Evidence

PLAN_OR_SUMMARY = "copy.plan_or_summary_missing"
RULES_MISSING = "copy.content_invalid"
FEEDBACK_MISSING = "cs.no_feedback_summary"
Kind, State = CampaignPaper.Kind, CampaignPaper.State


@dataclass(frozen=True)
class Plans:
    """How many plans were put to the vice general manager in a month, and approved in it."""

    submitted: int
    approved: int


def evidence(month: Month, *, today: date | None = None) -> list[Evidence]:
    """What is missing of the campaigns that ended in the month. Three queries."""
    begun = papers_begun()
    if begun is None:
        return []
    day = today or business_day(clock.now())
    found = Campaign.objects.filter(end__range=(month.first, month.last), start__gte=begun)
    rows = found.exclude(status=Campaign.Status.CANCELLED).order_by("start", "code")
    papers: dict[int, list[CampaignPaper]] = defaultdict(list)
    for paper in CampaignPaper.objects.filter(campaign__in=rows).defer("text"):
        papers[paper.campaign_id].append(paper)
    return [piece for each in rows for piece in _missing(each, papers[each.pk], day)]


def papers_begun() -> date | None:
    """The day on which the first paper was handed in; None before that."""
    first = CampaignPaper.objects.aggregate(at=Min("submitted_at"))["at"]
    return business_day(first) if first else None


def plans_of(month: Month) -> Plans | None:
    """The plans of a month; None when the house kept no papers here by then. Three queries."""
    begun = papers_begun()
    if begun is None or begun > month.last:
        return None
    plans = CampaignPaper.objects.filter(kind=Kind.PLAN)
    first, after = _midnight(month.first), _midnight(month.plus(1).first)
    return Plans(
        submitted=plans.filter(submitted_at__gte=first, submitted_at__lt=after).count(),
        approved=plans.filter(
            state=State.APPROVED, decided_at__gte=first, decided_at__lt=after
        ).count(),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=SHANGHAI)


def _missing(
    campaign: Campaign, papers: Iterable[CampaignPaper], today: date
) -> Iterator[Evidence]:
    due = campaign.end + timedelta(days=settings.CAMPAIGN_SUMMARY_DAYS)
    named = f"活动“{campaign.title}”（{campaign.code}）"
    if not any(business_day(each.submitted_at) < campaign.start for each in _of(papers, Kind.PLAN)):
        text = f"{named}{day_text(campaign.start)}开始，之前没有提交书面方案。"
        yield _piece(PLAN_OR_SUMMARY, campaign, "plan", text)
    if not any(each.state == State.APPROVED for each in _of(papers, Kind.RULES)):
        text = f"{named}的执行细则没有副总经理批准的记录。"
        yield _piece(RULES_MISSING, campaign, "rules", text)
    if today <= due:
        return
    for kind, rule, name in (
        (Kind.SUMMARY, PLAN_OR_SUMMARY, "书面总结"),
        (Kind.FEEDBACK, FEEDBACK_MISSING, "客户反馈活动总结"),
    ):
        if not any(business_day(each.submitted_at) <= due for each in _of(papers, kind)):
            text = f"{named}到{day_text(due)}没有提交{name}。"
            yield _piece(rule, campaign, kind.value, text)


def _of(papers: Iterable[CampaignPaper], kind: CampaignPaper.Kind) -> list[CampaignPaper]:
    return [each for each in papers if each.kind == kind]


def _piece(rule: str, campaign: Campaign, what: str, text: str) -> Evidence:
    url = reverse("campaign-papers", args=[campaign.code])
    return Evidence(rule, Fraction(1), text, f"{what}:{campaign.code}", url)
