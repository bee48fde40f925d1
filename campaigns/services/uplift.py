"""Writes of the campaigns app."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from campaigns.document import shown_campaign, shown_days
from campaigns.evaluation import evaluate_campaigns
from campaigns.models import Campaign, CampaignResult
from campaigns.uplift import CampaignUplift
from haitang.kernel.clock import Month, business_day
from haitang.kernel.errors import NotThere
from haitang.kernel.money import round_half_up, yuan
from haitang.policy.document import Policy
from haitang.policy.selectors import policy_for

# Corrected sales arrive for some weeks; older results are computed again on demand only.
_NIGHTLY_REACH = timedelta(days=100)


def compute_uplift(*, now: datetime, codes: Iterable[str] | None = None) -> int:
    """Compute and keep the uplift of campaigns; how many results are new or changed.

    Without ``codes``: every campaign that has begun, is not cancelled, and ended within the last
    100 days or has no result yet. Of a result whose inputs did not change only the moment changes.
    Raises NotThere for a code that does not exist.
    """
    by_month: dict[Month, list[str]] = defaultdict(list)
    for campaign in _chosen(now=now, codes=codes):
        by_month[Month.of(campaign.end)].append(campaign.code)
    changed = 0
    for month, month_codes in sorted(by_month.items()):
        policy = policy_for(month)
        chosen = Campaign.objects.filter(code__in=month_codes)
        for uplift in evaluate_campaigns(chosen, policy=policy):
            changed += _keep_result(uplift, policy=policy, now=now)
    return changed


def _chosen(*, now: datetime, codes: Iterable[str] | None) -> list[Campaign]:
    today = business_day(now)
    if codes is None:
        recent = Q(end__gte=today - _NIGHTLY_REACH) | Q(result=None)
        begun = Campaign.objects.filter(recent, start__lte=today)
        return list(begun.exclude(status=Campaign.Status.CANCELLED))
    wanted = set(codes)
    found = list(Campaign.objects.filter(code__in=wanted))
    if missing := wanted - {campaign.code for campaign in found}:
        names = "、".join(sorted(missing))
        raise NotThere(f"没有编号为 {names} 的活动：请核对活动编号。")
    return found


def _keep_result(uplift: CampaignUplift, *, policy: Policy, now: datetime) -> bool:
    document = {"campaign": shown_campaign(uplift), "days": shown_days(uplift)}
    problems = [problem.shown() for problem in uplift.plan.problems]
    canonical = json.dumps([policy.document, document, problems], sort_keys=True)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    code = uplift.plan.campaign.code
    with transaction.atomic():
        same = CampaignResult.objects.filter(campaign__code=code, digest=digest)
        if same.update(computed_at=now):
            return False
        CampaignResult.objects.update_or_create(
            campaign=Campaign.objects.get(code=code),
            defaults={
                "policy_code": policy.code,
                "digest": digest,
                "margin_uplift": yuan(round_half_up(uplift.uplift.margin)),
                "document": document,
                "problems": problems,
                "computed_at": now,
            },
        )
    return True
