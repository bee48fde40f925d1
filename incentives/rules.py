"""Who may do what with settlements: the house's predicates under this app's names."""

from __future__ import annotations

from accounts.rules import may_calculate, may_override, may_see_months

__all__ = ["may_calculate", "may_override", "may_see_months"]
