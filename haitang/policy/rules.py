"""Who may read the policy, prepare a change of it, try one, and publish it."""

from __future__ import annotations

from accounts.rights import name_rights
from accounts.roles import Role
from accounts.rules import has_role, is_administrator, is_clerk, is_finance, is_manager, is_team

may_see_policy = is_team | is_manager | is_finance | is_clerk | is_administrator
may_edit_drafts = has_role(Role.PLANNER, Role.SUPERVISOR) | is_administrator
may_see_drafts = may_edit_drafts | is_manager | is_finance
may_try_policies = has_role(Role.PLANNER, Role.SUPERVISOR) | is_manager | is_finance
may_publish_policy = has_role(Role.GENERAL_MANAGER)

name_rights(
    ("看制度", may_see_policy),
    ("起草和修改制度草稿", may_edit_drafts),
    ("看制度草稿和修改历史", may_see_drafts),
    ("试算别的制度", may_try_policies),
    ("发布和撤回制度", may_publish_policy),
)

__all__ = [
    "may_edit_drafts",
    "may_publish_policy",
    "may_see_drafts",
    "may_see_policy",
    "may_try_policies",
]
