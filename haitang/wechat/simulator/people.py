"""Followers as WeChat knows them, and what their phones show."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

# What an account may send after what a follower did: how many, for how long (seconds).
# 客服消息「下发条数限制」. Counts do not add up: each act renews its own count.
ALLOWANCES = {"message": (5, 48 * 3600), "click": (3, 60), "follow": (3, 60), "scan": (3, 60)}
TYPING_SECONDS = 30


@dataclass
class Contact:
    """Something a follower did that lets the account write: a key of ALLOWANCES, when."""

    kind: str
    at: float


@dataclass
class Line:
    """A line on the phone. ``by`` is follower, account or system; ``body`` holds what it shows."""

    number: int
    at: float
    by: str
    kind: str
    body: dict[str, Any]


@dataclass
class Follower:
    """One person; ``name`` is the simulator's own, WeChat gives none away (since 2021-12-27)."""

    openid: str
    name: str
    subscribed: bool = False
    subscribe_time: int = 0
    subscribe_scene: str = "ADD_SCENE_SEARCH"
    qr_scene: int = 0
    qr_scene_str: str = ""
    remark: str = ""
    tags: list[int] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    sends: list[float] = field(default_factory=list)
    credits: dict[str, int] = field(default_factory=dict)
    typing_until: float = 0
    chat: list[Line] = field(default_factory=list)

    @property
    def unionid(self) -> str:
        """The same for one person over all accounts of an owner."""
        return "o6_" + hashlib.sha256(self.openid.encode()).hexdigest()[:25]

    def open_until(self, now: float) -> float:
        """Until when the account may write, 0 when it may not."""
        return max((at + ALLOWANCES[kind][1] for kind, at in self._open(now)), default=0)

    def remaining(self, now: float) -> int:
        """How many messages the account may still send now; 0 also when no window is open."""
        return max(
            (
                max(0, ALLOWANCES[kind][0] - sum(sent >= at for sent in self.sends))
                for kind, at in self._open(now)
            ),
            default=0,
        )

    def _open(self, now: float) -> list[tuple[str, float]]:
        return [
            (contact.kind, contact.at)
            for contact in self.contacts
            if contact.at + ALLOWANCES[contact.kind][1] > now
        ]
