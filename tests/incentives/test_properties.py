"""What holds of every month, whatever is in it (Hypothesis)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from haitang.kernel.clock import Month
from haitang.kernel.money import round_half_up
from haitang.policy.document import RESERVE, Policy
from haitang.policy.options import OPTIONS
from haitang.policy.rulebook import RULES
from incentives.calculation.document import document
from incentives.calculation.kpi import Event
from incentives.calculation.reads import ArticleFigure
from incentives.calculation.services import Calculation
from incentives.calculation.settlement import Inputs, settle
from incentives.calculation.split import Holding
from tests.factories.rules import make_inputs, make_policy, make_uplift

OCTOBER = Month(2026, 10)
NAMES = ["liu", "li", "zhu", "zhang", "song"]


def fractions(least: str, most: int, max_denominator: int) -> st.SearchStrategy[Fraction]:
    """All there are, to choose from: ``st.fractions`` draws the same in ten times the time."""
    every = (
        Fraction(numerator, denominator)
        for denominator in range(1, max_denominator + 1)
        for numerator in range(most * denominator + 1)
    )
    return st.sampled_from(sorted({each for each in every if each >= Fraction(least)}))


policies = st.builds(
    make_policy,
    st.fixed_dictionaries({key: st.sampled_from(list(o.meanings)) for key, o in OPTIONS.items()}),
    pool_rate=st.sampled_from(["0.2", "0.175", "1/3", "1"]),
    reads=st.just({"base_year": 2026}),
)
events = st.builds(
    Event,
    month=st.sampled_from([OCTOBER, Month(2025, 12)]),
    rule=st.sampled_from(sorted(RULES)),
    quantity=fractions("0", 6, 10),
)
articles = st.builds(
    ArticleFigure,
    code=st.uuids().map(str),
    category=st.sampled_from(["campaign", "welfare"]),
    figure=st.none() | st.integers(0, 4000),
)


# Nobody to three people of a role, some for a part of the month only, with any shares.
tenures = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.integers(1, 31),
        st.none() | st.integers(0, 30),
        fractions("1/10", 1, 12),
    ),
    max_size=3,
)
# Made here and not where they are drawn: Hypothesis looks at each strategy once.
some_margins = st.lists(st.integers(-5_000_000, 5_000_000), max_size=4)
some_events, some_articles = st.lists(events, max_size=8), st.lists(articles, max_size=4)


def holding(role: str, name: str, first: int, more_days: int | None, share: Fraction) -> Holding:
    last = None if more_days is None else date(2026, 10, min(31, first + more_days))
    return Holding(role, name, date(2026, 10, first), last, share)


@st.composite
def months(draw: st.DrawFn) -> Inputs:
    policy: Policy = draw(policies)
    return make_inputs(
        policy,
        campaigns=[make_uplift(f"C{n}", fen) for n, fen in enumerate(draw(some_margins))],
        events=draw(some_events),
        articles=draw(some_articles),
        holdings=[holding(role, *row) for role in policy.team for row in draw(tenures)],
    )


def digest(inputs: Inputs) -> str:
    return Calculation(settle(inputs), (), ()).digest


@given(inputs=months())
def test_parts_sum_to_the_pool_and_nobody_is_below_zero(inputs: Inputs) -> None:
    result = settle(inputs)
    assert sum(role.gross for role in result.roles) == result.pool
    assert sum(role.payable + role.withheld for role in result.roles) == result.pool
    for role in result.roles:
        assert min(role.gross, role.payable, role.withheld) >= 0
        assert all(payee.amount >= 0 for payee in role.payees)
        if role.role != RESERVE:
            assert sum(payee.amount for payee in role.payees) == role.payable


@given(inputs=months())
def test_each_share_is_within_a_fen_of_the_exact_one(inputs: Inputs) -> None:
    result = settle(inputs)
    for role in result.roles:
        assert abs(role.gross - result.pool * role.coefficient) < 1
    assert abs(result.pool - inputs.policy.pool_rate * max(0, result.margin_uplift)) <= Fraction(
        1, 2
    )


@given(inputs=months(), more=events)
def test_more_deduction_never_means_more_money(inputs: Inputs, more: Event) -> None:
    before = settle(inputs)
    after = settle(replace(inputs, events=[*inputs.events, more]))
    for less, role in zip(after.roles, before.roles, strict=True):
        assert less.payable <= role.payable
    assert after.pool == before.pool


@given(inputs=months(), lost=st.integers(0, 1000))
def test_fewer_reads_never_mean_more_money(inputs: Inputs, lost: int) -> None:
    fewer = [
        replace(each, figure=None if each.figure is None else max(0, each.figure - lost))
        for each in inputs.articles
    ]
    before, after = settle(inputs), settle(replace(inputs, articles=fewer))
    for less, role in zip(after.roles, before.roles, strict=True):
        assert less.payable <= role.payable


@given(inputs=months())
def test_calculating_twice_gives_the_same(inputs: Inputs) -> None:
    assert document(settle(inputs)) == document(settle(inputs))
    assert digest(inputs) == digest(inputs)


@given(inputs=months(), shuffle=st.randoms())
def test_order_of_rows_is_irrelevant_to_figures_and_digest(inputs: Inputs, shuffle: Any) -> None:
    mixed: dict[str, Any] = {}
    for name in ("events", "articles", "holdings"):
        rows = list(getattr(inputs, name))
        shuffle.shuffle(rows)
        mixed[name] = rows
    other = replace(inputs, **mixed)
    assert document(settle(other)) == document(settle(inputs))
    assert digest(other) == digest(inputs)


@given(margins=st.lists(st.fractions(-(10**6), 10**6, max_denominator=7), max_size=5))
def test_floored_campaigns_never_make_less_than_the_months_sum(margins: list[Fraction]) -> None:
    campaigns = [make_uplift(f"C{n}", fen) for n, fen in enumerate(margins)]  # type: ignore[arg-type]
    summed = settle(make_inputs(make_policy(), campaigns=campaigns))
    floored = settle(make_inputs(make_policy({"floor": "campaign"}), campaigns=campaigns))
    assert floored.margin_uplift >= max(0, summed.margin_uplift)
    assert summed.margin_uplift == sum(round_half_up(each) for each in margins)
