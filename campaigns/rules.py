"""Who may do what with campaigns, stores, the calendar, sales and imports."""

from __future__ import annotations

from accounts.rights import name_rights
from accounts.roles import Role
from accounts.rules import (
    has_role,
    is_administrator,
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
# Planner and supervisor plan campaigns and close them; the copy editor says which article is whose.
may_edit_campaigns = has_role(Role.PLANNER, Role.SUPERVISOR) | is_administrator
may_link_articles = may_edit_campaigns | has_role(Role.COPY)
# Plans and summaries are written by the team; plan and detailed rules are put to the vice general
# manager (docs/rules.md §5).
may_write_papers = has_role(Role.PLANNER, Role.SUPERVISOR, Role.COPY, Role.CS)
PAPER_APPROVERS = (Role.VICE_GENERAL_MANAGER,)
may_approve_papers = has_role(*PAPER_APPROVERS)
# A store manager sees the own store only; the views hold everybody to ``visible_stores``.
may_see_stores = may_see_campaigns
may_edit_stores = has_role(Role.OPS) | is_administrator
may_see_calendar = may_see_campaigns
may_edit_calendar = is_administrator
# A card's number is personal data: seen with a reason only, and the act is recorded.
may_reveal_cards = has_role(Role.GENERAL_MANAGER, Role.CS) | is_administrator

name_rights(
    ("登记和修改活动", may_edit_campaigns),
    ("把推文关联到活动", may_link_articles),
    ("提交活动的方案、细则和总结", may_write_papers),
    ("批准活动方案和执行细则", may_approve_papers),
    ("登记和修改门店", may_edit_stores),
    ("改节假日历", may_edit_calendar),
    ("写明理由看会员卡号", may_reveal_cards),
)

__all__ = [
    "PAPER_APPROVERS",
    "may_approve_papers",
    "may_compute_uplift",
    "may_edit_calendar",
    "may_edit_campaigns",
    "may_edit_stores",
    "may_import",
    "may_link_articles",
    "may_reveal_cards",
    "may_see_calendar",
    "may_see_campaigns",
    "may_see_imports",
    "may_see_months",
    "may_see_sales",
    "may_see_store",
    "may_see_stores",
    "may_write_papers",
    "visible_stores",
]
