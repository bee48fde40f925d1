"""Whose part of a month somebody sees: everybody's, or the own one. Pure (docs/permissions.md).

The rules publish the coefficients and the pool, so what a role is due before deductions is no
secret. What the deductions leave of it is the holders' own, as on their payslip; of a role shared
by several people, each sees the role and the own share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from haitang.policy.document import RESERVE

Document = Mapping[str, Any]
# What of a role is its holders' own; the rest follows from policy and pool.
OWN = ("annual", "monthly", "payable", "withheld")


@dataclass(frozen=True)
class Sight:
    """Who looks, and whether at everybody's part (``rules.may_see_amounts``)."""

    username: str
    everything: bool = False

    def sees(self, role: Mapping[str, Any]) -> bool:
        """Whether the part of that role (a row of the document) may be shown."""
        return (
            self.everything
            or role["role"] == RESERVE
            or any(each["username"] == self.username for each in role["payees"])
        )


def visible(document: Document, sight: Sight) -> dict[str, Any]:
    """The settlement document as far as it may be shown; None stands for what may not.

    The same keys in the same order: of other roles ``deductions`` and ``payees`` are empty, of
    the adjustments the own ones and the reserve's remain.
    """
    shown = dict(document)
    if sight.everything:
        return shown
    shown["roles"] = [_role(role, sight) for role in document["roles"]]
    if "adjustments" in document:
        shown["adjustments"] = [
            row
            for row in document["adjustments"]
            if row["role"] == RESERVE or row["username"] == sight.username
        ]
    return shown


def _role(role: Mapping[str, Any], sight: Sight) -> dict[str, Any]:
    if not sight.sees(role):
        return {**role, **dict.fromkeys(OWN), "deductions": [], "payees": []}
    own = [each for each in role["payees"] if each["username"] == sight.username]
    return {**role, "payees": own}
