"""The approved months whose inputs have changed since."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rules import allow
from haitang.kernel.money import plain
from incentives import rules
from incentives.funds.fee_corrections import frozen_mismatches
from incentives.funds.fees import ledger_start
from incentives.life.discrepancies import Discrepancy, discrepancies
from incentives.wording import role_name


@require_safe
@allow(rules.may_see_amounts)
def discrepancy_list(request: HttpRequest) -> HttpResponse:
    """What changed in approved months, both figures, and where the difference lands."""
    found = discrepancies()
    names = _names(found)
    context = {
        "rows": [(each, _lines(each, names)) for each in found],
        "pending": sum(not each.is_settled for each in found),
        "mismatches": frozen_mismatches(ledger_start()),
    }
    return render(request, "incentives/discrepancies.html", context)


def _lines(found: Discrepancy, names: dict[str, str]) -> list[dict[str, str]]:
    return [
        {
            "role": role_name(each.role),
            "name": names.get(each.username, each.username),
            "reason": each.reason,
            "before": plain(each.before),
            "after": plain(each.after),
            "delta": plain(each.delta),
        }
        for each in found.lines
    ]


def _names(found: list[Discrepancy]) -> dict[str, str]:
    usernames = {line.username for each in found for line in each.lines if line.username}
    if not usernames:
        return {}
    return dict(User.objects.filter(username__in=usernames).values_list("username", "name"))
