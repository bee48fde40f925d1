"""Kind and unique key of an inbound message: what makes two deliveries the same one."""

from __future__ import annotations

from collections.abc import Mapping

from haitang.kernel.masking import has_long_number
from haitang.kernel.personal import keyed_hash

_KIND_LENGTH = 64
_PART_LENGTH = 64
# What tells the ends of two jobs, or of two notifications, of one second apart.
_JOB_IDS = ("MsgID", "PublishEventInfo.publish_id", "SubscribeMsgSentEvent.List.MsgID")


def kind_of(fields: Mapping[str, str]) -> str:
    """``text``, ``image`` …, or ``event.`` with the Event, in lower case; unknown ones too."""
    kind = fields.get("MsgType", "").strip().lower()
    if kind == "event":
        kind = f"event.{fields.get('Event', '').strip().lower()}"
    return kind[:_KIND_LENGTH]


def key_of(fields: Mapping[str, str], kind: str, body: bytes) -> str:
    """The unique key within the account; at most 255 characters.

    A message is known by MsgId, follower and CreateTime, since a MsgId shared by two followers
    has been reported; an event by follower, CreateTime, Event and EventKey (two events of one
    second have been reported), and by the job where it tells of a job's end. A message without
    any id is known by its content.
    """
    who = f"{fields.get('FromUserName', '')}:{fields.get('CreateTime', '')}"
    if kind.startswith("event."):
        jobs = [fields[name] for name in _JOB_IDS if name in fields]
        what = kind.removeprefix("event."), _part(fields.get("EventKey", ""))
        return ":".join(("e", who, *what, *map(_identity, jobs)))
    identity = fields.get("MsgId") or keyed_hash(body.decode())
    return f"m:{_identity(identity)}:{who}"


def _part(text: str) -> str:
    """As it is, or its hash where it is long or might name a person."""
    if len(text) > _PART_LENGTH or has_long_number(text):
        return keyed_hash(text)[:32]
    return text


def _identity(text: str) -> str:
    return text if len(text) <= _PART_LENGTH else keyed_hash(text)
