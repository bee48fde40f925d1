"""Which policy holds when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from haitang.kernel.clock import Month
from haitang.kernel.errors import NotThere
from haitang.kernel.prepared import prepared
from haitang.policy.document import DEFAULT, Policy, parse
from haitang.policy.models import PolicyDraft, PolicyVersion


def policy_for(month: Month) -> Policy:
    """The policy in force in that month: the latest version valid by its first day.

    Of two with the same ``valid_from`` the one recorded later holds; without any, the default.
    A publication that was taken back never holds.
    """
    version = version_for(month)
    return parse(version.document if version else DEFAULT)


def version_for(month: Month) -> PolicyVersion | None:
    """The version in force in that month; None where only the default holds."""
    return _last_valid.first(by=month.first)


@prepared
def _last_valid(*, by: Any) -> QuerySet[PolicyVersion]:
    valid = standing().filter(valid_from__lte=by).select_related("recorded_by")
    return valid.order_by("-valid_from", "-id")[:1]


def version_before(version: PolicyVersion) -> PolicyVersion | None:
    """The one that this version follows; None when it follows the plan's own text."""
    earlier = Q(valid_from__lt=version.valid_from)
    earlier |= Q(valid_from=version.valid_from, pk__lt=version.pk)
    return standing().filter(earlier).order_by("-valid_from", "-id").first()


def version_after(day: date) -> PolicyVersion | None:
    """The next version to come into force after that day, as published so far."""
    return standing().filter(valid_from__gt=day).order_by("valid_from", "-id").first()


def standing() -> QuerySet[PolicyVersion]:
    """The published versions that were not taken back."""
    return PolicyVersion.objects.filter(withdrawal=None)


def versions() -> QuerySet[PolicyVersion]:
    """All published versions, the latest first, with who published them; without their contents.

    Those taken back are among them, with their ``withdrawal``.
    """
    return versions_whole().defer("document")


def versions_whole() -> QuerySet[PolicyVersion]:
    """The same with their contents."""
    return PolicyVersion.objects.select_related(
        "recorded_by", "withdrawal", "withdrawal__by"
    ).order_by("-valid_from", "-id")


def member_days_of(months: Iterable[Month]) -> dict[Month, frozenset[int]]:
    """The member days (days of the month) by the policy of each month. One query."""
    kept = list(standing().order_by("-valid_from", "-id"))
    policies = {version.pk: parse(version.document) for version in kept}
    default = parse(DEFAULT)
    found = {}
    for month in months:
        version = next((each for each in kept if each.valid_from <= month.first), None)
        found[month] = (policies[version.pk] if version else default).member_days
    return found


def drafts(*, is_open: bool) -> QuerySet[PolicyDraft]:
    """The drafts in work, or those done with, last changed first; without their contents."""
    found = PolicyDraft.objects.select_related("based_on", "published", "changed_by")
    found = found.defer("document", "based_on__document", "published__document")
    return (
        found.filter(state=PolicyDraft.State.OPEN)
        if is_open
        else found.exclude(state=PolicyDraft.State.OPEN)
    )


def draft_of(pk: int) -> PolicyDraft:
    """That draft, with what it is a copy of; NotThere when there is none."""
    people = ("based_on", "published", "changed_by", "created_by")
    draft = PolicyDraft.objects.select_related(*people).filter(pk=pk).first()
    if draft is None:
        raise NotThere(f"没有第 {pk} 号制度草稿：请从草稿列表里再找一次。")
    return draft
