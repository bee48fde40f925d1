"""Who may do what with campaigns, sales and imports."""

from __future__ import annotations

from accounts.rules import (
    may_calculate,
    may_import,
    may_see_campaigns,
    may_see_imports,
    may_see_months,
    may_see_sales,
    may_see_store,
    visible_stores,
)

# Whoever may calculate a month may have a campaign's uplift computed anew.
may_compute_uplift = may_calculate

__all__ = [
    "may_compute_uplift",
    "may_import",
    "may_see_campaigns",
    "may_see_imports",
    "may_see_months",
    "may_see_sales",
    "may_see_store",
    "visible_stores",
]
