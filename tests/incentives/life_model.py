"""What the random months of ``test_life_machine`` remember of an approval that stands."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from haitang.kernel.money import fen
from incentives.models import Payment


@dataclass(frozen=True)
class Approved:
    """Its document and payouts as they were approved, and all that was frozen, as one text."""

    document: dict[str, Any]
    payouts: list[dict[str, Any]]
    frozen: str

    def add_to(self, sums: dict[str, int]) -> None:
        """What the approval adds to the balances of the ledger."""
        document = self.document
        sums["withheld"] += fen(document["pool"]) - sum(row["earned"] for row in self.payouts)
        sums["withheld"] += sum(
            fen(row["delta"])
            for row in document.get("adjustments", ())
            if row["role"] == "withheld"
        )
        for row in self.payouts:
            if row["username"] != "reserve":
                sums[f"payable:{row['username']}"] += row["payable"]
        sums["bank"] += fen(document["fund"]["annual_fee"])
        for row in document["reserve"]["expenses"]:
            sums["bank"] += fen(row["amount"]) if row["paid"] else 0
        for row in document["fund"]["fees"]:
            sums["outstanding"] -= fen(row["from_fund"]) + fen(row["from_reserve"])

    def to_be_paid(self) -> dict[str, int]:
        """What each account is to be paid by the approval, in fen."""
        found = {
            f"payable:{row['username']}": row["payable"]
            for row in self.payouts
            if row["username"] != "reserve"
        }
        for row in self.document["fund"]["fees"]:
            found[f"fee:{row['manuscript']}"] = fen(row["from_fund"]) + fen(row["from_reserve"])
        return {account: amount for account, amount in found.items() if amount}


def standing_payments() -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """The last payment of each account by month, and what of them is not through, by account.

    An account has one such payment a month that is not through or paid: earlier ones failed or
    came back, or are void.
    """
    rows = Payment.objects.exclude(state="void").order_by("attempt", "pk")
    last: dict[tuple[str, str], tuple[str, int]] = {}
    for month, account, state, amount in rows.values_list(
        "settlement__month", "account_id", "state", "amount_fen"
    ):
        earlier = last.get((month, account))
        assert earlier is None or earlier[0] in ("failed", "returned")
        last[month, account] = (state, amount)
    months: dict[str, dict[str, int]] = defaultdict(dict)
    owed: dict[str, int] = defaultdict(int)
    for (month, account), (state, amount) in last.items():
        months[month][account] = amount
        owed[account] += amount if state != "paid" else 0
    return dict(months), {account: amount for account, amount in owed.items() if amount}
