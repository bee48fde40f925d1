"""Deductions that the system proposes from what the apps below can show.

Each source is a function from a month to pieces of evidence; a further app adds a line to
``SOURCES``. Proposing is idempotent: each piece has a key, and one that was waived stays so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction

from django.urls import reverse

import campaigns.evidence
import campaigns.paper_evidence
import membership.archive_evidence
import membership.evidence
from accounts.models import Tenure
from campaigns.evidence import campaigns_in
from campaigns.paper_evidence import plans_of
from content.models import Manuscript
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import month_text
from haitang.policy.evidence import Evidence
from haitang.policy.rulebook import RULES
from incentives.deductions.deducting import propose_event
from incentives.models import KpiEvent, Settlement

# Finished months that a night looks at again: late entries change what they show.
MONTHS_BACK = 2
# docs/rules.md §5: manuscripts or plans to the vice general manager a month.
WANTED = 2
_SYSTEM = "system:"


def plans(month: Month) -> list[Evidence]:
    """What the copy editor put forward: adopted manuscripts and plans. Five queries at most.

    Plans are the papers handed in and approved in the month; as long as the house keeps none
    here, each campaign of the month stands for one.
    """
    manuscripts = Manuscript.objects.filter(
        adopted_on__gte=month.first, adopted_on__lte=month.last
    ).count()
    papers = plans_of(month)
    planned = papers.submitted if papers else campaigns_in(month)
    executable = manuscripts + (papers.approved if papers else planned)
    said = f"{planned} 份活动方案" if papers else f"{planned} 场活动方案（已取消的不算）"
    approved = f"，其中副总经理批准的 {papers.approved} 份" if papers else ""
    text = f"{month_text(month)}系统里只有 {manuscripts} 篇录用的稿件、{said}{approved}。"
    url, found = reverse("campaigns"), []
    if manuscripts + planned < WANTED:
        found.append(Evidence("copy.fewer_than_two", Fraction(1), text, "plans", url))
    if not executable:
        found.append(Evidence("copy.no_executable_plan", Fraction(1), text, "plans", url))
    return found


Source = Callable[[Month], list[Evidence]]
SOURCES: tuple[Source, ...] = (
    campaigns.evidence.evidence,
    plans,
    campaigns.paper_evidence.evidence,
    membership.evidence.evidence,
    membership.archive_evidence.evidence,
)


def evidence_of(month: Month) -> list[Evidence]:
    """All that the apps show about the rules in that month."""
    return [each for source in SOURCES for each in source(month)]


def notes_of(month: Month) -> dict[str, list[Evidence]]:
    """What whoever scores should know, by rule."""
    notes: dict[str, list[Evidence]] = {}
    for each in evidence_of(month):
        if not each.quantity:
            notes.setdefault(each.rule, []).append(each)
    return notes


def propose_month(*, month: Month, now: datetime) -> list[KpiEvent]:
    """Propose what the evidence of a finished month shows; the new proposals.

    Nothing for a month that is not over, or that has been submitted: it stands. Nothing about a
    role that nobody held, or a rule that somebody already entered an event of in that month; a
    piece of evidence that comes later is proposed beside those that were.
    """
    if month >= Month.of(business_day(now)) or _stands(month):
        return []
    known = KpiEvent.objects.filter(month=str(month)).values_list("key", "rule")
    proposed = {key for key, _ in known}
    entered = {rule for key, rule in known if not key.startswith(_SYSTEM)}
    held, new = _roles_held(month), []
    for each in evidence_of(month):
        is_due = each.quantity and each.rule not in entered and RULES[each.rule].role in held
        if is_due and _key(each, month) not in proposed:
            new.append(_propose(each, month, now=now))
    return new


def propose_recent(*, now: datetime) -> list[KpiEvent]:
    """What the nightly task does: the finished months of late."""
    this_month = Month.of(business_day(now))
    months = [this_month.plus(-back) for back in range(MONTHS_BACK, 0, -1)]
    return [event for month in months for event in propose_month(month=month, now=now)]


def _propose(each: Evidence, month: Month, *, now: datetime) -> KpiEvent:
    return propose_event(
        rule=each.rule,
        month=month,
        quantity=each.quantity,
        evidence=each.text,
        evidence_url=each.url,
        key=_key(each, month),
        by=None,
        now=now,
    )


def _key(each: Evidence, month: Month) -> str:
    return f"{_SYSTEM}{month}:{each.rule}:{each.key}"


def _stands(month: Month) -> bool:
    open_states = (Settlement.State.DRAFT, Settlement.State.CALCULATED)
    return Settlement.objects.filter(month=str(month)).exclude(state__in=open_states).exists()


def _roles_held(month: Month) -> set[str]:
    tenures = Tenure.objects.touching(month.first, month.last)
    return set(tenures.values_list("role", flat=True))
