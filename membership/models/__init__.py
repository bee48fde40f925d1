"""Followers, members, conversations, replies, complaints and the codes that bring followers."""

from membership.models.complaints import Complaint
from membership.models.followers import Follower, FollowerChange, FollowerTag
from membership.models.inbox import (
    Conversation,
    ConversationTag,
    InboxSettings,
    Message,
    Note,
    QuickReply,
    Wait,
)
from membership.models.members import Member, MemberCursor
from membership.models.notices import FollowerNotice, Subscription
from membership.models.participants import ArchiveSettings, Participant
from membership.models.replies import ReplyRule
from membership.models.scenes import SceneCode

__all__ = [
    "ArchiveSettings",
    "Complaint",
    "Conversation",
    "ConversationTag",
    "Follower",
    "FollowerChange",
    "FollowerNotice",
    "FollowerTag",
    "InboxSettings",
    "Member",
    "MemberCursor",
    "Message",
    "Note",
    "Participant",
    "QuickReply",
    "ReplyRule",
    "SceneCode",
    "Subscription",
    "Wait",
]
