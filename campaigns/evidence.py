"""What the campaigns of a month show about a KPI rule (docs/rules.md §5)."""

from __future__ import annotations

from fractions import Fraction

from django.urls import reverse

from campaigns.models import Campaign
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.policy.evidence import Evidence


def evidence(month: Month) -> list[Evidence]:
    """A note when the month has no campaign: the planner owes one a month. One query."""
    number = campaigns_in(month)
    if number:
        text = f"{month_text(month)}有 {number} 场活动（已取消的不算）。"
    else:
        text = f"{month_text(month)}一场活动也没有登记：制度要求每月策划一场线上线下联动主题活动。"
    return [Evidence("planner.assessment", Fraction(0), text, "campaigns", reverse("campaigns"))]


def campaigns_in(month: Month) -> int:
    """How many campaigns, cancelled ones aside, have a day in that month. One query."""
    found = Campaign.objects.filter(start__lte=month.last, end__gte=month.first)
    return found.exclude(status=Campaign.Status.CANCELLED).count()
