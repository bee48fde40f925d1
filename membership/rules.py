"""Who may do what with followers, conversations, replies, codes, complaints and customer files."""

from __future__ import annotations

from accounts.roles import Role
from accounts.rules import (
    has_role,
    is_administrator,
    is_manager,
    is_store_manager,
    is_team,
    may_see_campaigns,
    visible_stores,
)
from campaigns.rules import may_reveal_cards

# Customer service answers; the administrator keeps the thing going.
may_answer = has_role(Role.CS) | is_administrator
# Whoever supervises the work reads along; nobody else reads what followers write.
may_read_inbox = may_answer | is_manager | has_role(Role.SUPERVISOR)
# A follower's words in full, with the numbers in them: for who answers, with a reason.
may_reveal_messages = may_answer
may_edit_replies = may_answer
may_see_replies = may_read_inbox | has_role(Role.OPS)
# Who is measured does not set the measure.
may_set_targets = is_administrator | has_role(Role.SUPERVISOR)
may_see_followers = may_read_inbox | has_role(Role.OPS, Role.IT)
may_sync_followers = may_answer | has_role(Role.OPS, Role.IT)
may_tag_followers = may_sync_followers
# A store manager sees the codes of the own store.
may_see_scenes = may_see_campaigns
may_make_scenes = has_role(Role.OPS, Role.PLANNER, Role.SUPERVISOR, Role.CS) | is_administrator
# Departments complain too (docs/rules.md §5); each sees what it complained of.
may_file_complaints = (
    is_team | is_manager | is_store_manager | has_role(Role.LIAISON) | is_administrator
)
may_see_complaints = may_read_inbox
may_handle_complaints = may_answer | has_role(Role.SUPERVISOR)
# The files of participants: whoever plans, supervises or is assessed by them reads them masked.
may_keep_participants = may_answer
may_see_participants = may_read_inbox | has_role(Role.PLANNER)
# The planner assesses (docs/rules.md §5); who is measured does not set the measure.
may_set_required = may_set_targets | has_role(Role.PLANNER)

__all__ = [
    "may_answer",
    "may_edit_replies",
    "may_file_complaints",
    "may_handle_complaints",
    "may_keep_participants",
    "may_make_scenes",
    "may_read_inbox",
    "may_reveal_cards",
    "may_reveal_messages",
    "may_see_complaints",
    "may_see_followers",
    "may_see_participants",
    "may_see_replies",
    "may_see_scenes",
    "may_set_required",
    "may_set_targets",
    "may_sync_followers",
    "may_tag_followers",
    "visible_stores",
]
