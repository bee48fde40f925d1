"""A month's way from draft to closed: which step leads where and who may take it. Pure.

Source: docs/rules.md §9. Calculating (draft → calculated) is ``incentives.calculated``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accounts.roles import Role
from incentives.models import Settlement

State = Settlement.State

ORDER = (
    State.DRAFT,
    State.CALCULATED,
    State.SUBMITTED,
    State.APPROVED,
    State.PAID,
    State.CLOSED,
)
# The figures hold, the ledger has them.
APPROVED = (State.APPROVED, State.PAID, State.CLOSED)
# Nobody may calculate any more.
FROZEN = (State.SUBMITTED, *APPROVED)


class Step(StrEnum):
    """What somebody does with a month."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    RETURN = "return"
    APPROVE = "approve"
    REVERSE = "reverse"
    PAY = "pay"
    CLOSE = "close"


@dataclass(frozen=True)
class Move:
    """One step: from which state to which, by holders of which roles, in words."""

    step: Step
    before: State
    after: State
    roles: tuple[Role, ...]
    name: str
    needs_reason: bool = False


MOVES: dict[Step, Move] = {
    move.step: move
    for move in (
        Move(Step.SUBMIT, State.CALCULATED, State.SUBMITTED, (Role.SUPERVISOR, Role.CLERK), "提交"),
        Move(
            Step.WITHDRAW,
            State.SUBMITTED,
            State.CALCULATED,
            (Role.SUPERVISOR, Role.CLERK),
            "撤回提交",
            needs_reason=True,
        ),
        Move(
            Step.RETURN,
            State.SUBMITTED,
            State.CALCULATED,
            (Role.GENERAL_MANAGER,),
            "退回",
            needs_reason=True,
        ),
        Move(Step.APPROVE, State.SUBMITTED, State.APPROVED, (Role.GENERAL_MANAGER,), "批准"),
        Move(
            Step.REVERSE,
            State.APPROVED,
            State.CALCULATED,
            (Role.GENERAL_MANAGER,),
            "撤销批准",
            needs_reason=True,
        ),
        Move(Step.PAY, State.APPROVED, State.PAID, (Role.FINANCE,), "登记发放完毕"),
        Move(Step.CLOSE, State.PAID, State.CLOSED, (Role.FINANCE, Role.GENERAL_MANAGER), "关账"),
    )
}
# No two of these by one person, as a deputy neither (accounts.separation).
SEPARATED = (Step.SUBMIT, Step.APPROVE, Step.PAY)


def moves_from(state: str) -> list[Move]:
    """The steps that lead out of a state, onward ones first."""
    found = [move for move in MOVES.values() if move.before == state]
    return sorted(found, key=lambda move: ORDER.index(move.after) < ORDER.index(move.before))


def earlier_steps(step: Step) -> tuple[Move, ...]:
    """The steps before this one that another person must have taken."""
    if step not in SEPARATED:
        return ()
    return tuple(MOVES[each] for each in SEPARATED[: SEPARATED.index(step)])


def waits_for(state: str) -> Move | None:
    """The step onward that a month in this state waits for; None where nothing is left to do.

    A draft waits to be calculated, which is no step of this table.
    """
    onward = (
        move for move in moves_from(state) if ORDER.index(move.after) > ORDER.index(move.before)
    )
    return next(onward, None)
