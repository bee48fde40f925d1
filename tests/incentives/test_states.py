"""The table of states and steps: complete, forward by one, and by three different people."""

from __future__ import annotations

from itertools import pairwise

from accounts.roles import Role
from incentives.life.states import (
    APPROVED,
    FROZEN,
    MOVES,
    ORDER,
    State,
    Step,
    earlier_steps,
    moves_from,
    waits_for,
)


def test_every_step_has_its_move() -> None:
    assert set(MOVES) == set(Step)
    assert set(ORDER) == set(State)


def test_onward_steps_go_by_one_and_only_calculating_is_not_among_them() -> None:
    onward = [(move.before, move.after) for state in ORDER if (move := waits_for(state))]
    assert onward == list(pairwise(ORDER))[1:]
    assert waits_for(State.DRAFT) is None
    assert waits_for(State.CLOSED) is None


def test_every_way_back_leads_to_calculated_and_needs_a_reason() -> None:
    back = [m for m in MOVES.values() if ORDER.index(m.after) < ORDER.index(m.before)]
    assert {move.step for move in back} == {Step.WITHDRAW, Step.RETURN, Step.REVERSE}
    assert all(move.after == State.CALCULATED and move.needs_reason for move in back)
    assert not any(move.needs_reason for move in MOVES.values() if move not in back)


def test_nothing_paid_or_closed_comes_back() -> None:
    for state in (State.PAID, State.CLOSED):
        assert all(ORDER.index(m.after) > ORDER.index(m.before) for m in moves_from(state))


def test_each_separated_step_asks_for_those_before_it() -> None:
    assert earlier_steps(Step.SUBMIT) == ()
    assert [move.step for move in earlier_steps(Step.APPROVE)] == [Step.SUBMIT]
    assert [move.step for move in earlier_steps(Step.PAY)] == [Step.SUBMIT, Step.APPROVE]
    assert earlier_steps(Step.CLOSE) == ()


def test_who_takes_which_step() -> None:
    taken = {move.step: set(move.roles) for move in MOVES.values()}
    assert taken[Step.SUBMIT] == {Role.SUPERVISOR, Role.CLERK}
    assert taken[Step.APPROVE] == taken[Step.RETURN] == taken[Step.REVERSE]
    assert taken[Step.APPROVE] == {Role.GENERAL_MANAGER}
    assert taken[Step.PAY] == {Role.FINANCE}


def test_frozen_is_submitted_and_all_after_it() -> None:
    assert ORDER[2:] == FROZEN
    assert ORDER[3:] == APPROVED
    assert moves_from(State.SUBMITTED)[0].step is Step.APPROVE
