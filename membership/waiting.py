"""A conversation's clock: since when its follower waits, when the answer is late, what changed.

The callers hold the follower's lock (membership.following.locked).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from membership import sla
from membership.models import (
    Conversation,
    Follower,
    InboxSettings,
    Message,
    ReplyRule,
    Wait,
)

DEFAULTS = InboxSettings()
# A question and its automatic answer are this near to one another.
JUST_BEFORE = timedelta(minutes=5)


def settings_now() -> InboxSettings:
    """The targets in force: the newest row, or the defaults."""
    return InboxSettings.objects.order_by("-pk").first() or DEFAULTS


def target_now() -> sla.Target:
    """The targets as the calculation takes them. One query."""
    kept = settings_now()
    return sla.Target(kept.reply_minutes, kept.opens, kept.closes)


def bump(conversation_id: int, **fields: object) -> None:
    """Something of the conversation changed: whoever looks at it learns of it."""
    Conversation.objects.filter(pk=conversation_id).update(version=F("version") + 1, **fields)


def touch(conversation: Conversation, *, at: datetime) -> None:
    """A message was added at that moment."""
    bump(conversation.pk, last_at=max(conversation.last_at, at))


def begin(conversation: Conversation, *, since: datetime) -> None:
    """The follower waits from then on; one who waits already goes on waiting."""
    if conversation.waiting_since is not None:
        return
    due = sla.due_at(since, target_now())
    conversation.waiting_since, conversation.due_at = since, due
    Wait.objects.create(conversation=conversation, since=since, due_at=due)
    bump(conversation.pk, waiting_since=since, due_at=due)


def given_up(conversation_id: int, *, at: datetime) -> None:
    """The conversation is ended while its follower waits: that is no answer."""
    _open_waits(conversation_id).update(closed_at=at)
    bump(conversation_id, waiting_since=None, due_at=None)


def answered(message: Message, *, now: datetime) -> None:
    """A message of a colleague went out: it answers what came before it was written.

    What came since is not answered by it: its follower goes on waiting, from that message on.
    """
    conversation = message.conversation
    if conversation is None or message.by_id is None:
        return
    waits = _open_waits(conversation.pk).filter(since__lte=message.at)
    if not waits.update(answered_at=now, answered_by_id=message.by_id):
        return
    bump(conversation.pk, waiting_since=None, due_at=None)
    since = conversation.messages.filter(asks=True, pk__gt=message.pk).order_by("pk").first()
    if since is not None:
        conversation.waiting_since = None
        begin(conversation, since=since.at)


def unanswered(message: Message, *, now: datetime) -> None:
    """The automatic answer to a text did not go out: the follower waits for a person.

    A conversation is opened where there is none, with what was written just before.
    """
    rule = message.rule
    if rule is None or rule.trigger != ReplyRule.Trigger.KEYWORD:
        return
    conversation = open_for(message.follower, at=now)
    just_before = Message.objects.filter(
        follower=message.follower_id, conversation=None, at__gte=message.at - JUST_BEFORE
    )
    just_before.filter(direction=Message.Direction.IN).update(asks=True)
    just_before.update(conversation=conversation)
    message.conversation = conversation
    begin(conversation, since=message.at)


def open_for(follower: Follower, *, at: datetime) -> Conversation:
    """The follower's open conversation, or a new one; whoever had the last one has this too."""
    kept = Conversation.objects.filter(follower=follower, state=Conversation.State.OPEN).first()
    if kept is not None:
        return kept
    last = Conversation.objects.filter(follower=follower).order_by("-pk").first()
    return Conversation.objects.create(
        follower=follower, opened_at=at, last_at=at, owner=last.owner if last else None
    )


def _open_waits(conversation_id: int) -> QuerySet[Wait]:
    return Wait.objects.filter(conversation_id=conversation_id, answered_at=None, closed_at=None)
