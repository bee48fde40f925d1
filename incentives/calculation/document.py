"""The settlement document: a month's figures as text (docs/datapack.md). Pure."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from campaigns.document import shown_campaign
from haitang.kernel.money import fixed, plain, shortest
from incentives.calculation.funds import Funds
from incentives.calculation.reads import TeamReads
from incentives.calculation.settlement import MonthFigures
from incentives.calculation.split import RoleShare

RATIO_PLACES = 6


def document(settlement: MonthFigures) -> dict[str, Any]:
    """The whole document; money with 2 decimals, ratios with 6."""
    inputs = settlement.inputs
    shown: dict[str, Any] = {
        "month": str(inputs.month),
        "policy": inputs.policy.code,
        "margin_uplift": plain(settlement.margin_uplift),
        "pool": plain(settlement.pool),
        "campaigns": [shown_campaign(each) for each in inputs.campaigns],
        "team": _team(settlement.team),
        "roles": [_role(role) for role in settlement.roles],
        "fund": _fund(settlement.funds),
        "reserve": _reserve(settlement.funds),
        "problems": [problem.shown() for problem in settlement.problems],
    }
    if inputs.adjustments:
        shown["adjustments"] = [each.shown() for each in inputs.adjustments]
    return shown


def ratio(value: Fraction) -> str:
    return fixed(value, RATIO_PLACES)


def _team(team: TeamReads) -> dict[str, Any]:
    return {
        "shortfall": ratio(team.shortfall),
        "reads": [
            {
                "category": each.category,
                "target": each.target,
                "mean": fixed(each.mean, 2),
                "shortfall": ratio(each.shortfall),
            }
            for each in team.categories
        ],
    }


def _role(share: RoleShare) -> dict[str, Any]:
    return {
        "role": share.role,
        "coefficient": shortest(share.coefficient, least=2),
        "gross": plain(share.gross),
        "annual": ratio(share.deductions.annual),
        "monthly": ratio(share.deductions.monthly),
        "deductions": [
            {
                "rule": line.rule,
                "quantity": shortest(line.quantity),
                "rate": shortest(line.rate),
            }
            for line in share.deductions.lines
        ],
        "payable": plain(share.payable),
        "withheld": plain(share.withheld),
        "payees": [
            {"username": payee.username, "amount": plain(payee.amount)} for payee in share.payees
        ],
    }


def _fund(funds: Funds) -> dict[str, Any]:
    return {
        "opening": plain(funds.opening.fund),
        "credited": plain(funds.credited),
        "annual_fee": plain(funds.annual_fee),
        "fees": [
            {
                "manuscript": fee.owed.manuscript,
                "kind": fee.owed.kind,
                "fee": plain(fee.owed.amount),
                "from_fund": plain(fee.from_fund),
                "from_reserve": plain(fee.from_reserve),
                "outstanding": plain(fee.outstanding),
            }
            for fee in funds.fees
        ],
        "closing": plain(funds.fund_closing),
    }


def _reserve(funds: Funds) -> dict[str, Any]:
    return {
        "opening": plain(funds.opening.reserve),
        "credited": plain(funds.reserve_credited),
        "expenses": [
            {
                "date": each.expense.date.isoformat(),
                "kind": each.expense.kind,
                "amount": plain(each.expense.amount),
                "paid": each.paid,
            }
            for each in funds.expenses
        ],
        "spent": plain(funds.reserve_spent),
        "closing": plain(funds.closing.reserve),
    }
