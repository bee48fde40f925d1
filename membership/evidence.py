"""What the complaints of a month show about KPI rules (docs/rules.md §5)."""

from __future__ import annotations

from fractions import Fraction

from django.urls import reverse

from haitang.kernel.clock import Month
from haitang.kernel.display import day_text
from haitang.policy.evidence import Evidence
from membership.models import Complaint

LATE_REPLY, SYSTEMS = "cs.late_reply_complaint", "it.complaint"
_SHOWN = 80


def evidence(month: Month) -> list[Evidence]:
    """Each complaint about a late reply, and each by a department about the systems. One query.

    One that was found groundless is none.
    """
    rows = (
        Complaint.objects.filter(
            happened_on__gte=month.first,
            happened_on__lte=month.last,
            kind__in=[Complaint.Kind.LATE_REPLY, Complaint.Kind.SYSTEM],
        )
        .exclude(upheld=False)
        .select_related("department")
        .order_by("pk")
    )
    found = ((_rule(each), each) for each in rows)
    return [_piece(rule, each) for rule, each in found if rule]


def _rule(complaint: Complaint) -> str:
    if complaint.kind == Complaint.Kind.LATE_REPLY:
        return LATE_REPLY
    # docs/rules.md §5: complaints by another department.
    department = complaint.department
    if department is None or department.liaison_role == "it":
        return ""
    return SYSTEMS


def _piece(rule: str, complaint: Complaint) -> Evidence:
    who = str(complaint.department) if complaint.department else "客户"
    text = complaint.text[:_SHOWN]
    return Evidence(
        rule,
        Fraction(1),
        f"{day_text(complaint.happened_on)}{who}投诉（#{complaint.pk}）：{text}",
        f"complaint:{complaint.pk}",
        reverse("complaint", args=[complaint.pk]),
    )
