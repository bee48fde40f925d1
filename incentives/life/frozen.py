"""Why a month's policy must stay: it was submitted, or is further on."""

from __future__ import annotations

from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from incentives.models import Settlement

_OPEN = (Settlement.State.DRAFT, Settlement.State.CALCULATED)


def why_policy_stays(month: Month) -> str:
    """A sentence naming the first month, from ``month`` on, whose settlement is under way."""
    found = (
        Settlement.objects.filter(month__gte=str(month))
        .exclude(state__in=_OPEN)
        .order_by("month")
        .first()
    )
    if found is None:
        return ""
    return f"{month_text(found.month)}的结算{found.get_state_display()}，所按的制度不能再变。"
