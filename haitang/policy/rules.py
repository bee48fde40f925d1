"""Who may read the policy: whoever is paid by it, decides about it or pays it out."""

from __future__ import annotations

from accounts.rules import is_administrator, is_finance, is_manager, is_team

may_see_policy = is_team | is_manager | is_finance | is_administrator

__all__ = ["may_see_policy"]
