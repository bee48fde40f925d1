"""What the payout report needs out of the database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import F

from accounts.models import User
from campaigns import selectors as campaigns
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import month_text
from haitang.kernel.errors import NotThere
from haitang.kernel.money import fen
from incentives.life.states import APPROVED, ORDER, State
from incentives.models import Settlement, SettlementRun, SettlementStep
from incentives.reports.report import Approval, Report, Signature, report

LABELS = {
    State.CALCULATED: "制表",
    State.SUBMITTED: "审核",
    State.PAID: "财务复核",
    State.APPROVED: "批准",
}


def report_of(month: Month) -> Report:
    """The report of the approved run, or of the last calculation as a draft; NotThere without.

    At most six queries; of the run's trace only the payouts are read.
    """
    settlement = Settlement.objects.filter(month=str(month)).first()
    run = _run(settlement, month)
    payouts = getattr(run, "payouts", None) or earned_by_document(run.document)
    people = _people(run.document, payouts)
    steps = (
        settlement.steps.select_related("by", "on_behalf_of").order_by("pk") if settlement else ()
    )
    return report(
        document=run.document,
        policy=run.policy,
        payouts=payouts,
        run_number=run.number,
        approval=_approval(settlement),
        signatures=signatures(steps, run),
        people=people,
        titles=campaigns.campaign_titles({each["code"] for each in run.document["campaigns"]}),
    )


def signatures(steps: Iterable[SettlementStep], run: SettlementRun) -> list[Signature]:
    """Who made, checked, paid and approved; a step back takes away what came after it.

    制表 is who calculated the run, 审核 who submitted it, 财务复核 who recorded its payment.
    """
    found: dict[str, SettlementStep] = {}
    for step in steps:
        place = ORDER.index(State(step.after))
        found = {state: kept for state, kept in found.items() if ORDER.index(State(state)) < place}
        found[step.after] = step
    made = run.calculated_by
    first = Signature(
        LABELS[State.CALCULATED],
        str(made) if made else "系统",
        business_day(run.calculated_at),
    )
    return [first, *(_signature(state, found.get(state)) for state in list(LABELS)[1:])]


def _signature(state: State, step: SettlementStep | None) -> Signature:
    if step is None:
        return Signature(LABELS[state])
    name = str(step.by) if step.by else "系统"
    if step.on_behalf_of:
        name += f"（代{step.on_behalf_of}）"
    return Signature(LABELS[state], name, business_day(step.at))


def _run(settlement: Settlement | None, month: Month) -> SettlementRun:
    runs = (
        SettlementRun.objects.filter(month=str(month))
        .select_related("calculated_by")
        .defer("trace")
        .annotate(payouts=F("summary__payouts"))
    )
    if settlement and settlement.run_id and settlement.state in APPROVED:
        return runs.get(pk=settlement.run_id)
    run = runs.order_by("-number").first()
    if run is None:
        raise NotThere(f"{month_text(month)}还没有计算过，没有发放表：请先计算。")
    return run


def _approval(settlement: Settlement | None) -> Approval | None:
    if settlement is None or settlement.state not in APPROVED:
        return None
    return Approval(settlement.document_number, settlement.ledger_hash, settlement.ledger_number)


def earned_by_document(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Of a run from before payouts were kept: what each person earned, by the document."""
    earned: dict[str, int] = {}
    for role in document["roles"]:
        for payee in role["payees"]:
            amount = fen(payee["amount"])
            earned[payee["username"]] = earned.get(payee["username"], 0) + amount
    return [
        {
            "username": username,
            "name": "",
            "earned": amount,
            "adjusted": 0,
            "carried_in": 0,
            "payable": amount,
            "carried_out": 0,
        }
        for username, amount in sorted(earned.items())
    ]


def _people(document: dict[str, Any], payouts: list[dict[str, Any]]) -> dict[str, str]:
    """Names by user name: those frozen with the run first, the rest from today's people."""
    frozen = {each["username"]: each["name"] for each in payouts if each["name"]}
    named = {each["username"] for role in document["roles"] for each in role["payees"]}
    named |= {each["username"] for each in document.get("adjustments", ())}
    today = User.objects.filter(username__in=named - frozen.keys())
    found = {**dict(today.values_list("username", "name")), **frozen}
    for each in payouts:
        each["name"] = each["name"] or found.get(each["username"], each["username"])
    return found
