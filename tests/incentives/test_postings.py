"""The postings of a month out of its document and trace, without a database (docs/accounting.md).

The figures are invented; what must hold is that each journal balances and stands on its accounts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from haitang.kernel.clock import Month
from incentives.ledger.postings import Frozen, Posting, postings

OCTOBER = Month(2026, 10)


def payout(username: str, **fields: int) -> dict[str, Any]:
    """A payee's row; payable and carried_out follow from the rest."""
    row = {"earned": 0, "adjusted": 0, "carried_in": 0, **fields}
    left = row["earned"] + row["adjusted"] - row["carried_in"]
    return {
        "username": username,
        "name": username.upper(),
        **row,
        "payable": max(0, left),
        "carried_out": max(0, -left),
    }


def make_frozen(**fields: Any) -> Frozen:
    """Pool 100.00: liu 60.00, the reserve 20.00, withheld 20.00; the fund gets 2000.00."""
    document = {
        "pool": "100.00",
        "fund": {
            "opening": "0.00",
            "credited": "2000.00",
            "annual_fee": "0.00",
            "fees": [],
            "closing": "2000.00",
            **fields.pop("fund", {}),
        },
        "reserve": {
            "opening": "0.00",
            "expenses": [],
            "closing": "20.00",
            **fields.pop("reserve", {}),
        },
        "adjustments": fields.pop("adjustments", []),
    }
    trace = {
        "payouts": fields.pop(
            "payouts", [payout("liu", earned=6_000), payout("reserve", earned=2_000)]
        ),
        "expenses": fields.pop("expenses", []),
    }
    values: dict[str, Any] = {"maintenance": 0, "is_first": True, **fields}
    return Frozen(OCTOBER, document, trace, **values)


def shown(frozen: Frozen) -> dict[str, dict[str, int]]:
    """Each posting's lines by account, debit positive; every one of them balances."""
    found: dict[str, dict[str, int]] = {}
    for each in postings(frozen):
        assert sum(line.amount_fen for line in each.lines) == 0, each
        found[each.key] = {
            line.account.code: line.amount_fen for line in each.lines if line.amount_fen
        }
    return found


def by_key(frozen: Frozen, key: str) -> Posting:
    return next(each for each in postings(frozen) if each.key == key)


def delta(origin: str, payee: str, amount: str, *, role: str = "planner") -> dict[str, str]:
    return {"origin": origin, "role": role, "username": payee, "delta": amount}


def test_plain_month() -> None:
    assert shown(make_frozen()) == {
        "funding": {"company": 200_000, "maintenance": -200_000},
        "pool": {"company": 10_000, "pool": -10_000},
        "distribution": {
            "pool": 10_000,
            "payable:liu": -6_000,
            "reserve": -2_000,
            "withheld": -2_000,
        },
    }


def test_first_month_brings_its_opening_balances_in() -> None:
    found = shown(make_frozen(fund={"opening": "35.50"}, reserve={"opening": "120.00"}))
    assert found["opening"] == {"company": 15_550, "maintenance": -3_550, "reserve": -12_000}


def test_later_month_brings_no_opening_in() -> None:
    later = make_frozen(fund={"opening": "35.50"}, is_first=False, maintenance=3_550)
    assert "opening" not in shown(later)
    assert "lapse" not in shown(later)


def test_fund_that_does_not_carry_lapses_before_the_new_credit() -> None:
    later = make_frozen(is_first=False, maintenance=3_550, fund_carries=False)
    assert shown(later)["lapse"] == {"maintenance": 3_550, "company": -3_550}
    assert [each.key for each in postings(later)][:2] == ["lapse", "funding"]
    assert "lapse" not in shown(replace(later, fund_carries=True))


def test_annual_fee_and_paid_expenses_leave_through_the_bank_on_their_days() -> None:
    rows = [
        {"date": "2026-10-09", "kind": "team", "amount": "80.00", "paid": True},
        {"date": "2026-10-12", "kind": "team", "amount": "50.00", "paid": False},
    ]
    frozen = make_frozen(
        fund={"annual_fee": "200.00"},
        reserve={"opening": "100.00", "expenses": rows},
        expenses=[7, 8],
    )
    found = shown(frozen)
    assert found["annual-fee"] == {"maintenance": 20_000, "bank": -20_000}
    assert found["expense-7"] == {"reserve": 8_000, "bank": -8_000}
    assert "expense-8" not in found
    assert by_key(frozen, "expense-7").effective_on.isoformat() == "2026-10-09"


def test_fee_takes_its_money_from_fund_and_reserve() -> None:
    fee = {"manuscript": "M1", "from_fund": "60.00", "from_reserve": "30.00"}
    owed = {"manuscript": "M2", "from_fund": "0.00", "from_reserve": "0.00"}
    found = shown(make_frozen(fund={"fees": [fee, owed]}))
    assert found["fee-M1"] == {"maintenance": 6_000, "reserve": 3_000, "outstanding": -9_000}
    assert "fee-M2" not in found


def test_adjustment_up_is_credited_and_down_is_carried() -> None:
    """September: liu +5.00, li −7.00, reserve +1.00, withheld +3.00; in all +2.00 of the company.

    li's 7.00 are set off against the 10.00 earned now: 3.00 are left to pay.
    """
    found = shown(
        make_frozen(
            adjustments=[
                delta("2026-09", "liu", "5.00"),
                delta("2026-09", "li", "-7.00"),
                delta("2026-09", "", "1.00", role="reserve"),
                delta("2026-09", "", "3.00", role="withheld"),
            ],
            payouts=[
                payout("liu", earned=6_000, adjusted=500),
                payout("li", earned=1_000, adjusted=-700),
                payout("reserve", earned=2_000, adjusted=100),
            ],
        )
    )
    assert found["adjustment-2026-09"] == {
        "payable:liu": -500,
        "carried:li": 700,
        "reserve": -100,
        "withheld": -300,
        "company": 200,
    }
    assert found["set-off-li"] == {"payable:li": 700, "carried:li": -700}
    assert "set-off-liu" not in found


def test_what_is_too_much_to_set_off_stays_carried() -> None:
    """li earned 10.00, owes 8.00 from before and 7.00 now: nothing to pay, 5.00 carried on."""
    li = payout("li", earned=1_000, adjusted=-700, carried_in=800)
    assert (li["payable"], li["carried_out"]) == (0, 500)
    found = shown(make_frozen(adjustments=[delta("2026-09", "li", "-7.00")], payouts=[li]))
    assert found["set-off-li"] == {"payable:li": 1_000, "carried:li": -1_000}


def test_reserve_is_set_off_like_a_person() -> None:
    reserve = payout("reserve", earned=2_000, adjusted=-500)
    down = [delta("2026-09", "", "-5.00", role="reserve")]
    found = shown(make_frozen(adjustments=down, payouts=[reserve]))
    assert found["adjustment-2026-09"] == {"carried:reserve": 500, "company": -500}
    assert found["set-off-reserve"] == {"reserve": 500, "carried:reserve": -500}


def test_deltas_of_one_person_in_two_roles_are_one_line_a_month() -> None:
    both = [delta("2026-09", "liu", "5.00"), delta("2026-09", "liu", "-2.00", role="copy")]
    found = shown(make_frozen(adjustments=both, payouts=[payout("liu", adjusted=300)]))
    assert found["adjustment-2026-09"] == {"payable:liu": -300, "company": 300}
