"""KPI, settlements, the ledger, payments."""

from incentives.models.funds import ArticleFee, OpeningBalance, ReserveExpense
from incentives.models.kpi import KpiDecision, KpiEvent, Objection
from incentives.models.ledger import Entry, Journal, LedgerAccount, LedgerHead
from incentives.models.life import (
    Adjustment,
    BankLayout,
    Payment,
    Payout,
    Settlement,
    SettlementStep,
)
from incentives.models.payees import PayeeAccount
from incentives.models.runs import ProblemOverride, SettlementRun

__all__ = [
    "Adjustment",
    "ArticleFee",
    "BankLayout",
    "Entry",
    "Journal",
    "KpiDecision",
    "KpiEvent",
    "LedgerAccount",
    "LedgerHead",
    "Objection",
    "OpeningBalance",
    "PayeeAccount",
    "Payment",
    "Payout",
    "ProblemOverride",
    "ReserveExpense",
    "Settlement",
    "SettlementRun",
    "SettlementStep",
]
