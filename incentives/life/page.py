"""A month's life as its page shows it: the line of states, and what this person can do now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from accounts.separation import different_people
from campaigns import selectors as campaigns
from haitang.kernel.addresses import address
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import fen_text, month_text
from haitang.kernel.prepared import prepared
from incentives import rules
from incentives.life import comparison, readiness, states, steps
from incentives.life.comparison import Snapshot
from incentives.life.states import ORDER, Move, State, Step
from incentives.life.undecided import Undecided, undecided
from incentives.models import Payment, Settlement, SettlementRun, SettlementStep

# The step that each state waits for, in the words of the line.
_WAITS = {
    State.DRAFT: "等计算",
    State.CALCULATED: "等总督导或结算专员提交",
    State.SUBMITTED: "等总经理批准",
    State.APPROVED: "等财务付款",
    State.PAID: "等财务或总经理关账",
}
_ADDRESSES = {
    Step.SUBMIT: "month-submit",
    Step.WITHDRAW: "month-return",
    Step.RETURN: "month-return",
    Step.APPROVE: "month-approve",
    Step.REVERSE: "month-reverse",
    Step.PAY: "month-paid",
    Step.CLOSE: "month-close",
}


@dataclass(frozen=True)
class Stage:
    """A point on the line: done, now, or yet to come; who brought the month there and when."""

    name: str
    state: str
    who: str = ""
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class Deed:
    """Something this person can do with the month, with the sentence that asks for it."""

    step: str
    url: str
    label: str
    question: str
    button: str
    needs_reason: bool = False
    is_main: bool = False
    objectors: Sequence[str] = ()
    not_through: Sequence[str] = ()


@dataclass(frozen=True)
class Life:
    """What the page shows of the month's life."""

    stages: Sequence[Stage]
    is_open: bool
    is_frozen: bool
    settlement: Settlement
    deeds: Sequence[Deed] = ()
    against: Sequence[str] = ()
    link: tuple[str, str] | None = None
    changes: Sequence[str] = ()
    returned: SettlementStep | None = None
    main: Deed | None = field(default=None)


def life_of(
    month: Month,
    run: SettlementRun | None,
    *,
    user: User,
    now: datetime,
    waiting: Undecided | None = None,
) -> Life:
    """The month's line, deeds and comparison for this person.

    ``waiting`` is what nobody decided yet, when the caller knows it.
    """
    settlement = _settlement(month, run)
    taken = [] if settlement._state.adding else _steps(settlement=settlement.pk)
    state = State(settlement.state)
    shown, before = _snapshots(month, run)
    deeds, against, link = _deeds(
        settlement, state, run, shown, user=user, now=now, waiting=waiting
    )
    last = taken[-1] if taken else None
    is_back = last and last.reason and last.after == State.CALCULATED == state
    return Life(
        stages=_stages(state, taken, now),
        is_open=state not in states.FROZEN,
        is_frozen=state in states.APPROVED,
        settlement=settlement,
        deeds=[deed for deed in deeds if not deed.is_main],
        main=next((deed for deed in deeds if deed.is_main), None),
        against=against,
        link=link,
        changes=_changes(shown, before, user),
        returned=last if is_back else None,
    )


def _settlement(month: Month, run: SettlementRun | None) -> Settlement:
    """The month's row; a month calculated before rows were kept stands as calculated."""
    found = _row.first(month=str(month))
    state = State.CALCULATED if run else State.DRAFT
    return found or Settlement(month=str(month), state=state, run=run)


@prepared
def _row(*, month: Any) -> QuerySet[Settlement]:
    return Settlement.objects.filter(month=month)


@prepared
def _steps(*, settlement: Any) -> QuerySet[SettlementStep]:
    taken = SettlementStep.objects.filter(settlement_id=settlement)
    return taken.select_related("by", "on_behalf_of")


def _stages(state: State, taken: Sequence[SettlementStep], now: datetime) -> list[Stage]:
    place = ORDER.index(state)
    entered = {step.after: step for step in taken if _is_onward(step)}
    found = []
    for index, each in enumerate(ORDER):
        step = entered.get(each) if index <= place else None
        if index > place:
            found.append(Stage(str(each.label), ""))
            continue
        is_now = index == place and each in _WAITS
        found.append(
            Stage(
                name=str(each.label),
                state="now" if is_now else "done",
                who=_who(step),
                at=step.at if step else None,
                note=_waiting(each, step, now) if is_now else "",
            )
        )
    return found


def _is_onward(step: SettlementStep) -> bool:
    return ORDER.index(State(step.after)) > ORDER.index(State(step.before))


def _who(step: SettlementStep | None) -> str:
    if step is None:
        return ""
    name = str(step.by) if step.by else "系统"
    return f"{name}（代{step.on_behalf_of}）" if step.on_behalf_of else name


def _waiting(state: State, step: SettlementStep | None, now: datetime) -> str:
    days = (business_day(now) - business_day(step.at)).days if step else 0
    return f"{_WAITS[state]}，已 {days} 天" if days > 0 else _WAITS[state]


def _snapshots(month: Month, run: SettlementRun | None) -> tuple[Snapshot | None, Snapshot | None]:
    """This run's figures and those of the month before: of its frozen run, or its last."""
    if run is None:
        return None, None
    before = _last_run.first(month=str(month.plus(-1)))
    found = comparison.snapshots([pk for pk in (run.pk, before) if pk])
    return found.get(run.pk), found.get(before) if before else None


@prepared
def _last_run(*, month: Any) -> QuerySet[SettlementRun, int]:
    runs = SettlementRun.objects.filter(month=month).order_by("-number")
    return runs.values_list("pk", flat=True)[:1]


def _changes(shown: Snapshot | None, before: Snapshot | None, user: User) -> list[str]:
    if shown is None:
        return []
    titles = campaigns.campaign_titles(shown.campaigns) if shown.campaigns else {}
    return comparison.changes(shown, before, titles=titles, with_people=rules.may_see_amounts(user))


def _deeds(
    settlement: Settlement,
    state: State,
    run: SettlementRun | None,
    shown: Snapshot | None,
    *,
    user: User,
    now: datetime,
    waiting: Undecided | None,
) -> tuple[list[Deed], list[str], tuple[str, str] | None]:
    """What the person can do, what speaks against the main one, and where to go instead."""
    month = Month.parse(settlement.month)
    mine = [move for move in states.moves_from(state) if steps.may_take(move, user)]
    deeds: list[Deed] = []
    against: list[str] = []
    link = None
    for move in mine:
        if move.step is Step.WITHDRAW and not _is_own(settlement, user):
            continue
        if move.step is Step.RETURN or move.step is Step.REVERSE:
            deeds.append(_deed(move, month, shown))
            continue
        why = _against(move, settlement, run, user=user, now=now, waiting=waiting)
        against += why
        if move.step is Step.PAY and rules.may_pay(user) and _has_waiting(settlement):
            link = (address("payments", month), "去付款")
        if not why:
            asks = move.step is Step.APPROVE
            objectors = readiness.may_still_object(month, now=now) if asks else []
            owed = readiness.not_through(settlement) if move.step is Step.CLOSE else []
            deed = _deed(move, month, shown, objectors=objectors, not_through=owed)
            deeds.append(deed)
    return deeds, against, link


def _against(
    move: Move,
    settlement: Settlement,
    run: SettlementRun | None,
    *,
    user: User,
    now: datetime,
    waiting: Undecided | None,
) -> list[str]:
    """Why the person cannot take the step now, without calculating anew."""
    month = Month.parse(settlement.month)
    if settlement._state.adding:
        return ["本月是旧版本计算的：请先重新计算。"]
    for earlier in states.earlier_steps(move.step):
        done = steps.last_act(settlement, earlier.step)
        taker = steps.taker(move.step, by=user, now=now)
        if done and not different_people(done, taker.act):
            return [f"本月由您（或您代理的人）{earlier.name}：{move.name}要由另一位来做。"]
    if move.step is Step.SUBMIT:
        return readiness.obstacles(month, run, now=now, waiting=waiting)
    if move.step is Step.APPROVE:
        return [*(waiting or undecided(month)).sentences, *readiness.order(month)]
    if move.step is Step.PAY:
        return readiness.still_waiting(settlement)
    return []


def _has_waiting(settlement: Settlement) -> bool:
    return settlement.payments.filter(state=Payment.State.WAITING).exists()


def _is_own(settlement: Settlement, user: User) -> bool:
    submitted = steps.last_act(settlement, Step.SUBMIT)
    return submitted is not None and user.pk in submitted.people


def _deed(
    move: Move,
    month: Month,
    shown: Snapshot | None,
    *,
    objectors: Sequence[str] = (),
    not_through: Sequence[str] = (),
) -> Deed:
    named = month_text(month)
    total = f"提成池 {fen_text(shown.pool)}" if shown else ""
    payable = f"{total}，应付 {len(shown.payouts)} 人共 {fen_text(shown.payable)}" if shown else ""
    question = {
        Step.SUBMIT: f"提交{named}的结算：{payable}。提交后不能再计算，等总经理批准。",
        Step.WITHDRAW: f"撤回{named}的提交，可以重新计算、再次提交。",
        Step.RETURN: f"退回{named}的结算（{total}），由提交人改正后再次提交。",
        Step.APPROVE: f"批准{named}的结算：{payable}。批准后数字冻结、记入账本，由财务付款。",
        Step.REVERSE: (
            f"撤销{named}的批准（{total}）：本次批准的凭证全部冲销，待付的付款作废，"
            "回到已计算。已经付款的不能撤销。"
        ),
        Step.PAY: f"{named}的付款都已登记：{payable}。标为已发放。",
        Step.CLOSE: f"关闭{named}的账：核对整个账本后关账（{payable}）。",
    }[move.step]
    amount = f" {fen_text(shown.pool)}" if shown and move.step is Step.APPROVE else ""
    onward = move.step not in (Step.WITHDRAW, Step.RETURN, Step.REVERSE)
    return Deed(
        step=str(move.step),
        url=address(_ADDRESSES[move.step], month),
        label=move.name,
        question=question,
        button=f"确认{move.name}{amount}",
        needs_reason=move.needs_reason,
        is_main=onward,
        objectors=objectors,
        not_through=not_through,
    )


def context(
    month: Month,
    run: SettlementRun | None,
    *,
    user: User,
    now: datetime,
    waiting: Undecided | None = None,
) -> dict[str, Any]:
    """For the month's page."""
    return {"life": life_of(month, run, user=user, now=now, waiting=waiting)}
