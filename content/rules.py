"""Who may do what with articles."""

from __future__ import annotations

from accounts.rights import name_rights
from accounts.roles import Role
from accounts.rules import has_role, is_administrator, may_see_campaigns

# An article is public anyway; whoever sees campaigns sees which article is whose.
may_see_articles = may_see_campaigns
may_edit_articles = has_role(Role.PLANNER, Role.SUPERVISOR, Role.COPY) | is_administrator
may_enter_reads = may_edit_articles
# Says which article belongs to which campaign; the write itself is in campaigns.
may_link_campaigns = may_edit_articles

name_rights(("登记和修改推文，填阅读量", may_edit_articles))

__all__ = ["may_edit_articles", "may_enter_reads", "may_link_campaigns", "may_see_articles"]
