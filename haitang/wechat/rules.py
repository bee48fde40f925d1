"""Who may do what with the official account and with what WeChat sent."""

from __future__ import annotations

from accounts.rights import name_rights
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
# Who writes for the account writes into its draft box; what goes out is the managers' act.
may_write_drafts = may_record_publications

name_rights(
    ("看收到的微信消息", may_see_events),
    ("重新处理微信消息", may_replay_events),
    ("管理公众号，发布、群发、改菜单", may_manage_wechat),
    ("看公众号的统计和发布", may_see_publications),
    ("登记手工发布", may_record_publications),
    ("写公众号草稿", may_write_drafts),
)
