"""What comes in: follows, scans, clicks and messages, each within the event's own transaction.

Keyword rules, welcomes and menu rules answer by themselves; everything else opens or continues a
conversation, in which somebody waits for an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from haitang.wechat.handlers import Event
from membership import following, media, outbound, replies, waiting
from membership.models import Conversation, Follower, Message, ReplyRule, SceneCode
from membership.replies import Rule, Schedule

Kind = Message.Kind
_KINDS = {"shortvideo": Kind.VIDEO}


def active_rules() -> list[Rule]:
    """The rules that are switched on, as the matcher takes them. One query."""
    return [as_rule(each) for each in ReplyRule.objects.filter(is_active=True)]


def as_rule(row: ReplyRule) -> Rule:
    """A row as the matcher takes it."""
    return Rule(
        pk=row.pk,
        trigger=row.trigger,
        match=row.match,
        words=tuple(line.strip() for line in row.words.splitlines() if line.strip()),
        scene=row.scene_id,
        priority=row.priority,
        schedule=Schedule(row.first_day, row.last_day, row.from_time, row.to_time),
    )


def receive_message(event: Event, now: datetime) -> None:
    """A text, picture, voice, video, place or link: answered by a rule, else by a person."""
    follower = _follower(event, now)
    following.heard_from(follower, event.occurred_at)
    rules = active_rules()
    text = event.fields.get("Content", "") if event.kind == "text" else ""
    rule = replies.rule_for_text(rules, text, at=event.occurred_at) if text else None
    conversation = open_conversation(follower)
    if rule is not None:
        kept = _keep(event, follower, conversation, now)
        said = _answer(rule, follower, conversation, now)
        if said.state == Message.State.REFUSED:
            conversation = waiting.open_for(follower, at=event.occurred_at)
            Message.objects.filter(pk=kept.pk).update(asks=True)
            Message.objects.filter(pk__in=[kept.pk, said.pk]).update(conversation=conversation)
            waiting.begin(conversation, since=event.occurred_at)
        return
    is_new = conversation is None
    conversation = waiting.open_for(follower, at=event.occurred_at)
    _keep(event, follower, conversation, now, asks=True)
    waiting.begin(conversation, since=event.occurred_at)
    rest = replies.rule_for_rest(rules, at=event.occurred_at) if is_new else None
    if rest is not None:
        _answer(rest, follower, conversation, now)


def receive_follow(event: Event, now: datetime) -> None:
    """Somebody follows, maybe by a code: welcomed."""
    follower, scene, text = _arrival(event, now)
    following.follow(
        follower=follower, at=event.occurred_at, scene=scene, scene_text=text, event=event.id
    )
    _welcome(replies.FOLLOW, follower, scene, event, now)


def receive_scan(event: Event, now: datetime) -> None:
    """Somebody who follows scans a code."""
    follower, scene, text = _arrival(event, now)
    following.scan(
        follower=follower, at=event.occurred_at, scene=scene, scene_text=text, event=event.id
    )
    _welcome(replies.SCAN, follower, scene, event, now)


def receive_leave(event: Event, now: datetime) -> None:
    """Somebody does not follow any more."""
    following.leave(follower=_follower(event, now), at=event.occurred_at, event=event.id)


def receive_click(event: Event, now: datetime) -> None:
    """A click on the menu: it opens the short window, and a menu rule may answer it."""
    follower = _follower(event, now)
    following.touch(follower, event.occurred_at)
    key = event.fields.get("EventKey", "")
    conversation = open_conversation(follower)
    _keep(event, follower, conversation, now)
    rule = replies.rule_for_menu(active_rules(), key, at=event.occurred_at)
    if rule is not None:
        _answer(rule, follower, conversation, now)


def receive_touch(event: Event, now: datetime) -> None:
    """A menu's scan: it opens the short window."""
    following.touch(_follower(event, now), event.occurred_at)


def open_conversation(follower: Follower) -> Conversation | None:
    """The follower's open conversation; at most one is."""
    return Conversation.objects.filter(follower=follower, state=Conversation.State.OPEN).first()


def _follower(event: Event, now: datetime) -> Follower:
    return following.follower_of(account_id=event.account_id, openid=event.openid, now=now)


def _arrival(event: Event, now: datetime) -> tuple[Follower, SceneCode | None, str]:
    scene, text = following.scene_of(
        account_id=event.account_id, key=event.fields.get("EventKey", "")
    )
    return _follower(event, now), scene, text


def _welcome(
    trigger: str, follower: Follower, scene: SceneCode | None, event: Event, now: datetime
) -> None:
    rule = replies.rule_for_arrival(
        active_rules(), trigger=trigger, scene=scene.pk if scene else None, at=event.occurred_at
    )
    if rule is not None:
        _answer(rule, follower, open_conversation(follower), now)


def _answer(
    rule: Rule, follower: Follower, conversation: Conversation | None, now: datetime
) -> Message:
    said = outbound.send_automatically(
        follower=follower,
        rule=ReplyRule.objects.get(pk=rule.pk),
        conversation=conversation,
        now=now,
    )
    if conversation is not None:
        waiting.touch(conversation, at=now)
    return said


def _keep(
    event: Event,
    follower: Follower,
    conversation: Conversation | None,
    now: datetime,
    *,
    asks: bool = False,
) -> Message:
    kind, text, media_id = content_of(event)
    message = Message.objects.create(
        follower=follower,
        conversation=conversation,
        direction=Message.Direction.IN,
        kind=kind,
        text=text,
        media_id=media_id[:128],
        asks=asks,
        event=event.id,
        at=event.occurred_at,
        state=Message.State.RECEIVED,
    )
    media.fetch_later(message, now=now)
    if conversation is not None:
        waiting.touch(conversation, at=event.occurred_at)
    return message


def content_of(event: Event) -> tuple[str, str, str]:
    """(kind, text, media id) of what came in; the text is what a colleague reads."""
    given = event.fields
    if event.kind.startswith("event."):
        return Kind.EVENT, f"点了菜单：{given.get('EventKey', '')}", ""
    kind = _KINDS.get(event.kind, event.kind)
    if kind == Kind.LOCATION:
        place = [given.get("Location_X", ""), given.get("Location_Y", "")]
        return kind, _joined([given.get("Label", ""), "，".join(place)]), ""
    if kind == Kind.LINK:
        parts = [given.get(name, "") for name in ("Title", "Description", "Url")]
        return kind, _joined(parts), ""
    text = given.get("Content", "") or given.get("Recognition", "")
    return kind, text, given.get("MediaId", "")


def _joined(parts: Sequence[str]) -> str:
    return "\n".join(part for part in parts if part)
