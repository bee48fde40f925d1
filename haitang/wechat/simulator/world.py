"""The state of the simulated WeChat: everything that it knows, and its clock."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from haitang.kernel.clock import SHANGHAI
from haitang.wechat.simulator.account import SimulatedAccount
from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.people import Contact, Follower, Line

Fields = dict[str, Any]

# 接口调用频次限制, a day.
DAILY_LIMIT = 100_000
DAILY_LIMITS = {
    "/cgi-bin/token": 2_000,
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/user/get": 500,
    "/cgi-bin/user/info": 5_000_000,
    "/cgi-bin/user/info/batchget": 500_000,
    "/cgi-bin/menu/create": 1_000,
    "/cgi-bin/menu/get": 10_000,
    "/cgi-bin/menu/delete": 1_000,
    "/cgi-bin/message/mass/sendall": 100,
    "/cgi-bin/message/mass/send": 100,
}


@dataclass
class Token:
    """An access_token and until when it serves."""

    value: str
    expires: float


@dataclass
class Job:
    """An event that is due later: the result of a publication or a mass send."""

    due: float
    openid: str
    fields: Fields


@dataclass
class Scene:
    """A parametric QR code."""

    ticket: str
    url: str
    scene_id: int
    scene_str: str
    expires: float | None
    scans: int = 0


@dataclass
class Media:
    """An uploaded file; ``permanent`` for 永久素材."""

    media_id: str
    kind: str
    name: str
    content_type: str
    content: bytes
    at: float
    permanent: bool = False


@dataclass
class Draft:
    """A draft of articles, as they were given."""

    media_id: str
    articles: list[dict[str, Any]]
    at: float


@dataclass
class Publication:
    """A submitted draft; ``status`` is what it ends with, from ``done_at`` on."""

    publish_id: str
    article_id: str
    msg_data_id: int
    articles: list[dict[str, Any]]
    done_at: float
    status: int = 0
    deleted: bool = False


@dataclass
class Mass:
    """A mass send."""

    msg_id: int
    msg_data_id: int
    clientmsgid: str
    kind: str
    openids: list[str]
    articles: list[dict[str, Any]]
    at: float
    done_at: float
    deleted: bool = False


@dataclass
class World:
    """The whole state. Whoever reads or changes it holds ``lock``; times are UNIX seconds.

    ``kind`` is service (服务号) or subscription (公众号); ``next_status`` how the next publication
    ends (its publish_status; -1: it is refused at once); ``history`` an invented past in the
    statistics; ``comings`` (when, in or out, how) and ``messages`` (when, kind, openid) what the
    statistics count.
    """

    account: SimulatedAccount
    clock: Callable[[], float] = time.time
    job_delay: float = 2.0
    offset: float = 0
    kind: str = "service"
    base_url: str = "http://127.0.0.1:8400"
    lock: threading.RLock = field(default_factory=threading.RLock)
    followers: dict[str, Follower] = field(default_factory=dict)
    tags: dict[int, str] = field(default_factory=lambda: {2: "星标组"})
    scenes: dict[str, Scene] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    publications: dict[str, Publication] = field(default_factory=dict)
    masses: list[Mass] = field(default_factory=list)
    menu: dict[str, Any] | None = None
    jobs: list[Job] = field(default_factory=list)
    codes: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    tokens: dict[str, list[Token]] = field(default_factory=dict)
    forced: list[float] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)
    used_day: str = ""
    clears: list[float] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)
    numbers: int = 0
    page_size: int = 10_000
    product_host: str = "127.0.0.1"
    next_status: int = 0
    history: bool = False
    comings: list[tuple[float, str, str]] = field(default_factory=list)
    messages: list[tuple[float, str, str]] = field(default_factory=list)

    def now(self) -> float:
        """The simulator's time in seconds; tests move it with ``offset``."""
        return self.clock() + self.offset

    def local(self, at: float | None = None) -> datetime:
        """A moment in Shanghai, WeChat's days."""
        return datetime.fromtimestamp(self.now() if at is None else at, SHANGHAI)

    def number(self) -> int:
        """A number that was not given before."""
        self.numbers += 1
        return self.numbers

    def count(self, path: str) -> None:
        """Count a call against the day's quota of its address; ApiError 45009 beyond it."""
        today = self.local().date().isoformat()
        if self.used_day != today:
            self.used_day, self.used = today, {}
        if self.used.get(path, 0) >= self.limit(path):
            raise ApiError(45009)
        self.used[path] = self.used.get(path, 0) + 1

    def limit(self, path: str) -> int:
        """How many calls a day the address allows."""
        return self.limits.get(path, DAILY_LIMITS.get(path, DAILY_LIMIT))

    def person(self, openid: object) -> Follower:
        """The follower, also one who left; ApiError 40003 for a stranger."""
        found = self.followers.get(str(openid))
        if found is None:
            raise ApiError(40003)
        return found

    def subscribers(self) -> list[Follower]:
        """Who follows now, in the order in which they came."""
        return [each for each in self.followers.values() if each.subscribed]

    def new_follower(self, name: str) -> Follower:
        """A person who does not follow yet, with an openid of the usual form."""
        follower = Follower(openid="o" + secrets.token_urlsafe(20)[:27], name=name)
        self.followers[follower.openid] = follower
        return follower

    def contact(self, follower: Follower, kind: str) -> None:
        """Note what opens a window for customer messages; a repeated act renews its own."""
        follower.contacts = [each for each in follower.contacts if each.kind != kind]
        follower.contacts.append(Contact(kind, self.now()))

    def show(self, follower: Follower, *, by: str, kind: str, body: dict[str, Any]) -> Line:
        """Put a line on the follower's phone."""
        line = Line(self.number(), self.now(), by, kind, body)
        follower.chat.append(line)
        del follower.chat[:-200]
        return line

    def later(self, openid: str, fields: Fields, *, delay: float | None = None) -> None:
        """Have an event delivered to the webhook after ``delay`` seconds (default job_delay)."""
        due = self.now() + (self.job_delay if delay is None else delay)
        self.jobs.append(Job(due, openid, fields))

    def due(self) -> list[Job]:
        """Take the jobs whose time has come."""
        now = self.now()
        ready = sorted((job for job in self.jobs if job.due <= now), key=lambda job: job.due)
        self.jobs = [job for job in self.jobs if job.due > now]
        return ready
