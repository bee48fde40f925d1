"""Payslips out of the runs: a month's, a person's list of them, who is paid in a month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.money import fen, plain
from haitang.policy.document import RESERVE
from incentives import wording
from incentives.calculation.adjustments import WITHHELD
from incentives.deductions.objections import open_to_objection
from incentives.models import KpiEvent, Objection, Settlement, SettlementRun
from incentives.payslips.payslip import Frozen, Payslip, payout_of, roles_of
from incentives.selectors import NOT_FINAL, latest_runs

State = Settlement.State


@dataclass(frozen=True)
class Standing:
    """How far a month is: its state in words, whether its figures are final, its document."""

    state: str
    name: str
    is_final: bool
    document_number: str = ""

    @property
    def tone(self) -> str:
        """The badge's class."""
        return "good" if self.is_final else "warn"


@dataclass(frozen=True)
class Source:
    """The run that a month's payslips are read from, and how far the month is."""

    frozen: Frozen
    number: int
    policy_code: str
    calculated_at: datetime
    open_problems: int
    standing: Standing


@dataclass(frozen=True)
class OwnMonth:
    """A line in the list of one's own payslips, in yuan."""

    month: Month
    payable: str
    roles: str
    adjusted: str
    carried_out: str
    standing: Standing


def standing_of(state: str, document_number: str = "") -> Standing:
    """The state of a month as a payslip says it; an approved one has a document number."""
    is_final = state not in NOT_FINAL
    name = str(State(state).label) if is_final else "尚未批准"
    return Standing(state, name, is_final, document_number)


def source_of(month: Month) -> Source | None:
    """The month's last calculation; None as long as there is none. Two queries.

    From submission on there is no later one: it is the run that was submitted and approved.
    """
    run = (
        SettlementRun.objects.filter(month=str(month))
        .order_by("-number")
        .values_list(
            "number",
            "policy_code",
            "calculated_at",
            "open_problems",
            "document",
            "policy",
            "trace__payouts",
            "trace__holders",
            "trace__events",
            "trace__reads",
        )
        .first()
    )
    if run is None:
        return None
    number, code, at, problems, document, policy, payouts, holders, events, reads = run
    return Source(
        frozen=Frozen(
            month, document, policy, payouts or [], holders or {}, events or [], reads or []
        ),
        number=number,
        policy_code=code,
        calculated_at=at,
        open_problems=problems,
        standing=_states([str(month)])[str(month)],
    )


def _states(months: Sequence[str]) -> dict[str, Standing]:
    rows = {
        month: (state, number)
        for month, state, number in Settlement.objects.filter(month__in=months).values_list(
            "month", "state", "document_number"
        )
    }
    return {month: standing_of(*rows.get(month, (State.CALCULATED, ""))) for month in months}


def own_years() -> list[int]:
    """The years with a calculation, newest first. One query."""
    months = SettlementRun.objects.order_by().values_list("month", flat=True).distinct()
    return sorted({int(month[:4]) for month in months}, reverse=True)


def own_months(username: str, year: int) -> list[OwnMonth]:
    """The person's payslips of a year, newest first. Two queries."""
    rows = list(
        latest_runs().filter(month__startswith=f"{year:04d}-").values_list("month", "summary")
    )
    states = _states([row[0] for row in rows])
    found = []
    for month, summary in rows:
        figures = payout_of(username, summary["roles"], summary["payouts"])
        held = roles_of(username, summary, summary["holders"] or {})
        if figures is None and not held:
            continue
        found.append(_own_month(month, figures or {}, held, states[month]))
    return found


def _own_month(month: str, figures: Any, roles: Sequence[str], standing: Standing) -> OwnMonth:
    return OwnMonth(
        month=Month.parse(month),
        payable=plain(figures.get("payable", 0)),
        roles="、".join(wording.role_name(role) for role in roles),
        adjusted=plain(figures.get("adjusted", 0)),
        carried_out=plain(figures.get("carried_out", 0)),
        standing=standing,
    )


def objections_of(month: Month, person: User) -> dict[str, Objection]:
    """The person's last objection to each line of the month. One query."""
    rows = Objection.objects.filter(month=str(month), person=person).order_by("pk")
    return {each.line: each for each in rows}


def open_lines(source: Source, slip: Payslip, person: User, now: datetime) -> frozenset[str]:
    """The lines of the own payslip that he can object to now. Five queries at most."""
    if source.standing.is_final:
        return frozenset()
    month = source.frozen.month
    names = {event.line for role in slip.roles for cut in role.deductions for event in cut.events}
    confirmed = KpiEvent.objects.filter(
        pk__in=[int(name.removeprefix("event:")) for name in names],
        state=KpiEvent.State.CONFIRMED,
        confirmed_at__isnull=False,
    )
    shown: dict[str, Any] = dict.fromkeys(
        ("uplift", "shortfall", *(f"share:{role.code}" for role in slip.roles)),
        source.calculated_at,
    )
    shown |= {f"event:{pk}": at for pk, at in confirmed.values_list("pk", "confirmed_at")}
    lines = {(month, line): at for line, at in shown.items()}
    return frozenset(line for _, line in open_to_objection(lines, person=person, now=now))


@dataclass(frozen=True)
class OriginSum:
    """What a month takes over from an earlier one, payees and reserve together, in yuan."""

    month: Month
    delta: str
    reasons: Sequence[str]


def people_context(run: SettlementRun | None, *, sees_amounts: bool) -> dict[str, Any]:
    """For the month's page, with the right to it: the sums of the adjustments, who is paid what.

    ``run`` is one of ``selectors.run_of``. No query.
    """
    if run is None:
        return {}
    return {
        "origin_sums": origin_sums(run.document.get("adjustments", ())) if sees_amounts else [],
        "sees_amounts": sees_amounts,
        "people_paid": [
            {
                "username": "" if row["username"] == RESERVE else row["username"],
                "name": row["name"],
                **{
                    key: plain(row[key])
                    for key in ("earned", "adjusted", "carried_in", "payable", "carried_out")
                },
            }
            for row in (getattr(run, "payouts", None) or [])
        ]
        if sees_amounts
        else [],
    }


def origin_sums(rows: Sequence[Mapping[str, str]]) -> list[OriginSum]:
    """The adjustments of a document by the month they come from, what is withheld aside."""
    sums: dict[str, int] = defaultdict(int)
    reasons: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        if row["role"] != WITHHELD:
            sums[row["origin"]] += fen(row["delta"])
        for part in row["reason"].split("；"):
            reasons[row["origin"]][part] = None
    return [
        OriginSum(Month.parse(month), plain(sums[month]), tuple(reasons[month]))
        for month in sorted(reasons)
    ]
