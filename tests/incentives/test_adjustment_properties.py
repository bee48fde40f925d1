"""Adjustments whatever happens (Hypothesis): the sums, never below zero, a change withdrawn."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from haitang.kernel.clock import Month
from incentives.calculation.adjustments import (
    Adjustment,
    Known,
    Line,
    Origin,
    adjustments,
    amounts,
    payouts,
    totals,
)
from incentives.calculation.kpi import Event
from incentives.calculation.settlement import share_out
from tests.factories.rules import make_policy

OCTOBER = Month(2026, 10)
POLICY = make_policy()
HELD: dict[str, dict[str, Fraction]] = {
    role: {"liu": Fraction(1, 3), role: Fraction(2, 3)} for role in POLICY.team
}
states = st.tuples(
    st.lists(st.integers(-500_000, 2_000_000), max_size=2),
    st.lists(
        st.builds(
            Event,
            month=st.just(OCTOBER),
            rule=st.sampled_from(["it.complaint", "planner.assessment", "copy.no_executable_plan"]),
            quantity=st.integers(0, 3).map(Fraction),
        ),
        max_size=3,
    ),
)
State = tuple[list[int], list[Event]]


def _split(state: State) -> dict[Line, int]:
    figures = share_out(
        OCTOBER, policy=POLICY, margins=state[0], events=state[1], articles=[], held_by=HELD
    )
    return amounts(figures.roles, POLICY)


def _delta(first: State, settled: list[Adjustment], now: State) -> tuple[Adjustment, ...]:
    origin = Origin(
        OCTOBER, _split(first), totals(settled).get(OCTOBER, {}), _split(now), Known(), Known()
    )
    return adjustments([origin])


@settings(deadline=None, max_examples=60)
@given(history=st.lists(states, min_size=2, max_size=6), own=st.lists(states, max_size=6))
def test_deltas_and_approval_sum_to_the_recomputed_and_nobody_is_below_zero(
    history: list[State], own: list[State]
) -> None:
    """Every later month changes October once more, settles what that brings and carries on."""
    first = history[0]
    approved = _split(first)
    settled: list[Adjustment] = []
    carried: dict[str, int] = {}
    paid: dict[str, int] = {}
    due: dict[str, int] = {}
    for number, state in enumerate(history[1:]):
        found = _delta(first, settled, state)
        assert _delta(first, settled, state) == found
        earned = _split(own[number]) if number < len(own) else {}
        figures = payouts(earned, found, carried)
        settled += found
        for each in figures:
            assert min(each.payable, each.carried_out) >= 0
            assert each.payable == 0 or each.carried_out == 0
            assert each.earned + each.adjusted - each.carried_in == each.payable - each.carried_out
            paid[each.username] = paid.get(each.username, 0) + each.payable
            due[each.username] = due.get(each.username, 0) + each.earned + each.adjusted
        carried = {each.username: each.carried_out for each in figures if each.carried_out}
        sums = totals(settled).get(OCTOBER, {})
        now = _split(state)
        for line in {*approved, *now}:
            assert approved.get(line, 0) + sums.get(line, 0) == now.get(line, 0)
    for username, amount in due.items():
        assert paid[username] - carried.get(username, 0) == amount


@settings(deadline=None, max_examples=40)
@given(first=states, late=states)
def test_change_and_its_withdrawal_cancel_out(first: State, late: State) -> None:
    there = _delta(first, [], late)
    back = _delta(first, list(there), first)
    assert [(-each.delta, each.role, each.username) for each in back] == [
        (each.delta, each.role, each.username) for each in there
    ]
    assert _delta(first, [*there, *back], first) == ()
