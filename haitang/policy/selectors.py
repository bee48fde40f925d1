"""Which policy holds when."""

from __future__ import annotations

from haitang.kernel.clock import Month
from haitang.policy.document import DEFAULT, Policy, parse
from haitang.policy.models import PolicyVersion


def policy_for(month: Month) -> Policy:
    """The policy in force in that month: the latest version valid by its first day.

    Of two with the same ``valid_from`` the one recorded later holds; without any, the default.
    """
    version = (
        PolicyVersion.objects.filter(valid_from__lte=month.first)
        .order_by("-valid_from", "-id")
        .first()
    )
    return parse(version.document if version else DEFAULT)
