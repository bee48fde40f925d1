"""Which functions process the events of a kind.

An app registers its handlers in ``<app>/wechat_events.py``, imported by its ``AppConfig.ready``::

    @on_event("text", "image")
    def continue_conversation(event: Event, now: datetime) -> None: ...

All handlers of an event run in one transaction, which also marks the event as done: what they
write happens exactly once. They must not talk to the network: a handler writes a row that says
what is to be sent, and wakes its sender by ``transaction.on_commit``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

ANY = "*"


@dataclass(frozen=True)
class Event:
    """A message or an event as WeChat sent it.

    ``kind`` is the MsgType (``text``, ``image`` …) or ``event.`` with the Event in lower case
    (``event.subscribe``). ``fields`` maps the XML's leaves to their text, nested ones joined with
    a dot, further ones of the same name with their number: ``ScanCodeInfo.ScanType``,
    ``List.item.Id``, ``List.item[2].Id``. ``occurred_at`` is WeChat's CreateTime.
    """

    id: int
    key: str
    account_id: int
    kind: str
    openid: str
    occurred_at: datetime
    received_at: datetime
    fields: Mapping[str, str]


Handler = Callable[[Event, datetime], None]
_handlers: dict[str, list[Handler]] = {}


def on_event(*kinds: str) -> Callable[[Handler], Handler]:
    """Register the decorated function for events of these kinds; ``*`` for what nobody takes.

    Several functions may take a kind: they are called in the order of their registration, within
    one transaction. Registering the same function again changes nothing.
    """

    def register(handler: Handler) -> Handler:
        for kind in kinds:
            known = _handlers.setdefault(kind, [])
            if all(_name(each) != _name(handler) for each in known):
                known.append(handler)
        return handler

    return register


def handlers_of(kind: str) -> tuple[Handler, ...]:
    """The functions for that kind, else those for ``*``; possibly none."""
    return tuple(_handlers.get(kind) or _handlers.get(ANY) or [])


def _name(handler: Handler) -> tuple[str, str]:
    return handler.__module__, handler.__qualname__
