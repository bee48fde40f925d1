"""Which policy holds when."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from haitang.kernel.clock import Month
from haitang.policy.document import DEFAULT, Policy, parse
from haitang.policy.models import PolicyVersion


def policy_for(month: Month) -> Policy:
    """The policy in force in that month: the latest version valid by its first day.

    Of two with the same ``valid_from`` the one recorded later holds; without any, the default.
    """
    version = version_for(month)
    return parse(version.document if version else DEFAULT)


def version_for(month: Month) -> PolicyVersion | None:
    """The version in force in that month; None where only the default holds."""
    return (
        PolicyVersion.objects.filter(valid_from__lte=month.first)
        .select_related("recorded_by")
        .order_by("-valid_from", "-id")
        .first()
    )


def versions() -> QuerySet[PolicyVersion]:
    """All published versions, the latest first, with who published them; without their contents."""
    return (
        PolicyVersion.objects.select_related("recorded_by")
        .defer("document")
        .order_by("-valid_from", "-id")
    )


def member_days_of(months: Iterable[Month]) -> dict[Month, frozenset[int]]:
    """The member days (days of the month) by the policy of each month. One query."""
    kept = list(PolicyVersion.objects.order_by("-valid_from", "-id"))
    policies = {version.pk: parse(version.document) for version in kept}
    default = parse(DEFAULT)
    found = {}
    for month in months:
        version = next((each for each in kept if each.valid_from <= month.first), None)
        found[month] = (policies[version.pk] if version else default).member_days
    return found
