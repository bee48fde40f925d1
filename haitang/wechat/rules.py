"""Who may do what with the official account and with what WeChat sent."""

from __future__ import annotations

from accounts.roles import Role
from accounts.rules import has_role, is_administrator, is_manager

may_see_events = has_role(Role.IT, Role.SUPERVISOR, Role.CS) | is_administrator
may_replay_events = has_role(Role.IT) | is_administrator
# The account itself: keys, abilities, menu, publishing, sending to all.
may_manage_wechat = has_role(Role.IT, Role.SUPERVISOR) | is_administrator
may_see_publications = may_manage_wechat | has_role(Role.PLANNER, Role.COPY, Role.ART) | is_manager
may_see_figures = may_see_publications
# Who publishes by hand in WeChat's back office puts it on record here.
may_record_publications = may_manage_wechat | has_role(Role.PLANNER, Role.COPY)
