"""The maintenance fund and the team reserve (docs/rules.md §8, §11), worked by hand in fen."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from haitang.kernel.clock import Month
from haitang.policy.document import Policy
from incentives.calculation.funds import Balances, Expense, Funds, Owed, run_funds
from tests.factories.rules import make_policy

OCTOBER, JANUARY = Month(2026, 10), Month(2026, 1)


def fee(code: str, amount: int = 10_000) -> Owed:
    return Owed(code, "employee", amount)


def spend(day: int, amount: int) -> Expense:
    return Expense(date(2026, 10, day), "team", amount)


def ran(
    *adopted: Owed,
    month: Month = OCTOBER,
    opening: Balances | None = None,
    expenses: tuple[Expense, ...] = (),
    reserve_credit: int = 0,
    policy: Policy | None = None,
    **options: Any,
) -> Funds:
    return run_funds(
        month,
        opening=opening or Balances(),
        adopted=adopted,
        expenses=expenses,
        reserve_credit=reserve_credit,
        policy=policy or make_policy(options),
    )


def parts(funds: Funds) -> list[tuple[str, int, int, int]]:
    return [
        (each.owed.manuscript, each.from_fund, each.from_reserve, each.outstanding)
        for each in funds.fees
    ]


def test_month_is_credited_2000_and_pays_its_fees() -> None:
    """0 + 2000 − 100 − 200 = 1700."""
    funds = ran(fee("M1"), fee("M2", 20_000))
    assert (funds.credited, funds.annual_fee, funds.fund_closing) == (200_000, 0, 170_000)
    assert parts(funds) == [("M1", 10_000, 0, 0), ("M2", 20_000, 0, 0)]


def test_annual_fee_is_booked_in_january_first_of_all() -> None:
    """0 + 2000 − 200 = 1800 for two fees of 1000: the second gets 800 and waits for 200."""
    funds = ran(fee("M1", 100_000), fee("M2", 100_000), month=JANUARY)
    assert funds.annual_fee == 20_000
    assert parts(funds) == [("M1", 100_000, 0, 0), ("M2", 80_000, 0, 20_000)]
    assert funds.fund_closing == 0


def test_annual_fees_month_is_the_policys() -> None:
    policy = make_policy(fund={"annual_fee_month": 10})
    assert ran(policy=policy).annual_fee == 20_000
    assert ran(month=JANUARY, policy=policy).annual_fee == 0


def test_unspent_money_carries_over_or_lapses_by_option() -> None:
    """500 left: 2500, or 2000."""
    assert ran(opening=Balances(fund=50_000)).fund_closing == 250_000
    lapsed = ran(opening=Balances(fund=50_000, reserve=7), fund_carries=False)
    assert (lapsed.opening.fund, lapsed.fund_closing, lapsed.closing.reserve) == (0, 200_000, 7)


def test_debts_are_carried_also_where_money_lapses() -> None:
    owing = Balances(fund=50_000, outstanding=(fee("M0", 5_000),))
    assert parts(ran(opening=owing, fund_carries=False)) == [("M0", 5_000, 0, 0)]


def test_fee_beyond_the_fund_is_paid_by_the_reserve_and_the_rest_owed() -> None:
    """Fund 2000 for 2 × 1100, reserve 150: the second gets 900 + 150, 50 owed; the third none."""
    funds = ran(
        fee("M1", 110_000),
        fee("M2", 110_000),
        fee("M3", 10_000),
        opening=Balances(reserve=15_000),
        reserve_credit=70_000,
    )
    assert parts(funds) == [
        ("M1", 110_000, 0, 0),
        ("M2", 90_000, 15_000, 5_000),
        ("M3", 0, 0, 10_000),
    ]
    assert funds.reserve_spent == 15_000
    assert funds.closing == Balances(0, 70_000, (fee("M2", 5_000), fee("M3")))


def test_months_pool_is_credited_to_the_reserve_after_the_fees() -> None:
    """Nothing in the reserve at the opening: the fee waits although 700 are coming."""
    funds = ran(fee("M1", 210_000), reserve_credit=70_000)
    assert parts(funds) == [("M1", 200_000, 0, 10_000)]
    assert funds.closing.reserve == 70_000


def test_outstanding_fees_are_paid_first_oldest_first() -> None:
    """2000: old debts 500 and 700 first, then 800 of the new 900."""
    owing = Balances(outstanding=(fee("M8", 50_000), fee("M9", 70_000)))
    funds = ran(fee("M1", 90_000), opening=owing)
    assert parts(funds) == [
        ("M8", 50_000, 0, 0),
        ("M9", 70_000, 0, 0),
        ("M1", 80_000, 0, 10_000),
    ]


def test_fee_still_unpaid_is_listed_month_after_month_with_what_was_still_owed() -> None:
    """5500 owed at 2000 a month: 3500, then 1500 owed, then paid."""
    opening = Balances(outstanding=(fee("M1", 550_000),))
    owed = []
    for number in (10, 11, 12):
        funds = ran(month=Month(2026, number), opening=opening)
        owed.append([(each.owed.amount, each.from_fund, each.outstanding) for each in funds.fees])
        opening = funds.closing
    assert owed == [
        [(550_000, 200_000, 350_000)],
        [(350_000, 200_000, 150_000)],
        [(150_000, 150_000, 0)],
    ]
    assert opening == Balances(fund=50_000)


def test_expense_beyond_the_balance_is_refused_and_a_later_smaller_one_paid() -> None:
    """Reserve 100: 80 paid, 30 refused, 20 paid, 1 refused though refused 30 is not tried again."""
    funds = ran(
        opening=Balances(reserve=10_000),
        expenses=(spend(1, 8_000), spend(2, 3_000), spend(3, 2_000), spend(4, 100)),
    )
    assert [each.paid for each in funds.expenses] == [True, False, True, False]
    assert (funds.reserve_spent, funds.closing.reserve) == (10_000, 0)


def test_expense_of_the_whole_balance_is_paid() -> None:
    funds = ran(opening=Balances(reserve=8_000), expenses=(spend(9, 8_000),))
    assert funds.expenses[0].paid


def test_expenses_are_taken_in_date_order_equal_dates_as_entered() -> None:
    """100: on the 2nd 60, then (entered first) 50 on the 5th refused, 40 on the 5th paid."""
    funds = ran(
        opening=Balances(reserve=10_000),
        expenses=(spend(5, 5_000), spend(2, 6_000), spend(5, 4_000)),
    )
    assert [(each.expense.amount, each.paid) for each in funds.expenses] == [
        (6_000, True),
        (5_000, False),
        (4_000, True),
    ]


def test_expenses_come_before_the_fees_older_debts_included() -> None:
    """Reserve 100, an expense of 90 on the last day: only 10 are left for the old debt."""
    owing = Balances(reserve=10_000, outstanding=(fee("M0", 205_000),))
    funds = ran(opening=owing, expenses=(spend(31, 9_000),))
    assert funds.expenses[0].paid
    assert parts(funds) == [("M0", 200_000, 1_000, 4_000)]
    assert funds.reserve_spent == 10_000


def test_months_own_pool_cannot_pay_its_expenses() -> None:
    funds = ran(expenses=(spend(31, 100),), reserve_credit=40_000)
    assert not funds.expenses[0].paid


amounts = st.integers(0, 300_000)


@given(
    adopted=st.lists(amounts, max_size=6),
    owing=st.lists(st.integers(1, 300_000), max_size=4),
    expenses=st.lists(st.tuples(st.integers(1, 31), st.integers(1, 200_000)), max_size=6),
    fund=amounts,
    reserve=amounts,
    credit=amounts,
    january=st.booleans(),
    carries=st.booleans(),
)
def test_money_is_conserved_in_both_funds(
    adopted: list[int],
    owing: list[int],
    expenses: list[tuple[int, int]],
    fund: int,
    reserve: int,
    credit: int,
    january: bool,
    carries: bool,
) -> None:
    """Opening + credited − annual fee − paid = closing; each fee's parts sum to what was owed."""
    opening = Balances(fund, reserve, tuple(fee(f"D{n}", owed) for n, owed in enumerate(owing)))
    funds = ran(
        *(fee(f"M{n}", amount) for n, amount in enumerate(adopted)),
        month=JANUARY if january else OCTOBER,
        opening=opening,
        expenses=tuple(spend(day, amount) for day, amount in expenses),
        reserve_credit=credit,
        fund_carries=carries,
    )
    from_fund = sum(each.from_fund for each in funds.fees)
    from_reserve = sum(each.from_reserve for each in funds.fees)
    paid = sum(each.expense.amount for each in funds.expenses if each.paid)
    assert funds.opening.fund == (fund if carries else 0)
    assert funds.opening.fund + funds.credited - funds.annual_fee - from_fund == funds.fund_closing
    assert funds.reserve_spent == from_reserve + paid
    assert reserve + credit - funds.reserve_spent == funds.closing.reserve
    for each in funds.fees:
        assert min(each.from_fund, each.from_reserve, each.outstanding) >= 0
        assert each.from_fund + each.from_reserve + each.outstanding == each.owed.amount
    assert sum(owed.amount for owed in funds.closing.outstanding) == sum(
        each.outstanding for each in funds.fees
    )
    assert min(funds.fund_closing, reserve - funds.reserve_spent) >= 0
    if any(each.outstanding for each in funds.fees):
        assert funds.fund_closing == 0
        assert reserve == funds.reserve_spent
