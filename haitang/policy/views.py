"""The policy page: the version in force in a month, or one of the list, in plain Chinese."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.rules import allow
from haitang.kernel import clock
from haitang.kernel.clock import Month
from haitang.policy import explain, names, selectors
from haitang.policy.comparing import compare
from haitang.policy.document import DEFAULT, Policy, parse
from haitang.policy.models import PolicyVersion
from haitang.policy.rules import (
    may_edit_drafts,
    may_publish_policy,
    may_see_drafts,
    may_see_policy,
    may_try_policies,
)
from haitang.policy.views_drafts import found_version


@require_safe
@allow(may_see_policy)
def policy_page(request: HttpRequest) -> HttpResponse:
    """The policy in force in a month (``?month=2026-10``; by default the present one)."""
    given = request.GET.get("month", "")
    month = Month.parse(given) if given else _this_month()
    version = selectors.version_for(month)
    context = {
        "month": month,
        "before": month.plus(-1) if month > Month(1, 1) else None,
        "after": month.plus(1) if month < Month(9999, 12) else None,
        **_context(request, version, year=month.year),
    }
    return render(request, "policy/policy.html", context)


@require_safe
@allow(may_see_policy)
def policy_version(request: HttpRequest, pk: int) -> HttpResponse:
    """One version of the list, whether it holds in any month or was superseded."""
    version = found_version(pk)
    before = selectors.version_before(version)
    today = clock.business_day(clock.now())
    context = {
        "withdrawal": getattr(version, "withdrawal", None),
        "before": before,
        "changes": compare(before.document if before else DEFAULT, version.document),
        "may_withdraw": version.valid_from > today and may_publish_policy(request.user),
        **_context(request, version, year=max(version.valid_from.year, today.year)),
    }
    return render(request, "policy/policy.html", context)


def _this_month() -> Month:
    return Month.of(clock.business_day(clock.now()))


def _context(request: HttpRequest, version: PolicyVersion | None, *, year: int) -> dict[str, Any]:
    policy: Policy = parse(version.document if version else DEFAULT)
    return {
        "version": version,
        "policy": policy,
        "coefficients": explain.coefficients(policy),
        "member_days": explain.member_days(policy),
        "kinds": list(names.KINDS.values()),
        "comparators": explain.comparators(policy),
        "searches": explain.searches(policy),
        "rules": explain.rules(policy),
        "growth": explain.growth(policy),
        "targets": explain.reads_targets(policy, year=year),
        "year": year,
        "fund": explain.fund(policy),
        "options": explain.options(policy),
        "differences": explain.differences(policy),
        "versions": selectors.versions(),
        "may_edit": may_edit_drafts(request.user),
        "may_see_drafts": may_see_drafts(request.user),
        "may_try": may_try_policies(request.user),
    }
