"""What the overview needs out of the database: one query for runs, one for states."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from accounts.models import User
from haitang.kernel.clock import Month
from incentives.life.states import APPROVED
from incentives.models import Settlement, SettlementRun
from incentives.reports.overview import MonthFacts, facts_of, span
from incentives.reports.selectors import earned_by_document
from incentives.selectors import latest_runs


def last_month() -> Month | None:
    """The newest month that was calculated; None when there is none."""
    text = SettlementRun.objects.order_by("-month").values_list("month", flat=True).first()
    return Month.parse(text) if text else None


def facts_up_to(last: Month) -> list[MonthFacts]:
    """The calculated months of the twelve: an approved one by its frozen run, else the last."""
    months = [str(month) for month in span(last)]
    settled = {each.month: each for each in Settlement.objects.filter(month__in=months)}
    frozen = {
        each.month: each.run_id
        for each in settled.values()
        if each.run_id and each.state in APPROVED
    }
    newest = latest_runs().filter(month__in=[each for each in months if each not in frozen])
    wanted = [*frozen.values(), *newest.values_list("pk", flat=True)]
    rows = (
        SettlementRun.objects.filter(pk__in=wanted)
        .annotate(roles=F("summary__roles"), payouts=F("summary__payouts"))
        .values("month", "pool", "roles", "payouts")
        .order_by("month")
    )
    found: list[dict[str, Any]] = [dict(row) for row in rows]
    for row in found:
        row["payouts"] = row["payouts"] or earned_by_document({"roles": row["roles"]})
    _name(found)
    return [
        facts_of(
            month=Month.parse(row["month"]),
            state=_state(settled.get(row["month"])),
            is_approved=row["month"] in frozen,
            document_roles=row["roles"],
            pool=row["pool"],
            payouts=row["payouts"],
        )
        for row in found
    ]


def _state(settlement: Settlement | None) -> str:
    state = settlement.state if settlement else Settlement.State.CALCULATED
    if state == Settlement.State.DRAFT:
        state = Settlement.State.CALCULATED
    return str(Settlement.State(state).label)


def _name(rows: list[dict[str, Any]]) -> None:
    """Old runs have no names of their payees: today's take their place."""
    nameless = [each for row in rows for each in row["payouts"] if not each["name"]]
    if not nameless:
        return
    usernames = {each["username"] for each in nameless}
    names = dict(User.objects.filter(username__in=usernames).values_list("username", "name"))
    for each in nameless:
        each["name"] = names.get(each["username"]) or each["username"]
