"""The figures behind the statistics: what happened here, and an invented past beneath it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import date, timedelta

from haitang.wechat.simulator.world import World

FIRST_DAY = date(2025, 11, 1)  # nothing is kept from before
BASE_FOLLOWERS = 18_600
SOURCES = (0, 1, 17, 30)  # others, search, a shared card, a QR code
SCENE_SOURCE = {"ADD_SCENE_SEARCH": 1, "ADD_SCENE_PROFILE_CARD": 17, "ADD_SCENE_QR_CODE": 30}
MESSAGE_TYPES = {"text": 1, "image": 2, "voice": 3, "video": 4, "shortvideo": 4}


@dataclass(frozen=True)
class Article:
    """One article of a publication or mass send; ``msgid`` is ``msg_data_id_index``."""

    msgid: str
    title: str
    url: str
    day: date
    audience: int
    publish_type: int


def articles(world: World) -> list[Article]:
    """Every article that readers can open, oldest first."""
    audience = cumulated(world, world.local().date())
    given = [
        (each.msg_data_id, each.articles, each.done_at, each.article_id, 1)
        for each in world.publications.values()
        if each.status == 0 and each.done_at <= world.now()
    ]
    given += [
        (each.msg_data_id, each.articles, each.done_at, str(each.msg_id), 0)
        for each in world.masses
        if each.articles and each.done_at <= world.now()
    ]
    return [
        Article(
            msgid=f"{data_id}_{place}",
            title=str(article["title"]),
            url=f"{world.base_url}/s?id={key}&idx={place}",
            day=world.local(at).date(),
            audience=audience,
            publish_type=kind,
        )
        for data_id, listed, at, key, kind in sorted(given, key=lambda each: each[2])
        for place, article in enumerate(listed, start=1)
    ]


def reads(article: Article, day: date) -> int:
    """How many had read it by the end of that day; grows quickly, then slowly, never falls."""
    age = (day - article.day).days
    if age < 0:
        return 0
    final = 600 + _number(article.msgid, 1400)
    return round(final * (1 - math.exp(-(age + 1) / 2.2)))


def shares(article: Article, day: date) -> int:
    """How many had shared it by the end of that day."""
    return reads(article, day) * 6 // 100


def follower_days(world: World, day: date) -> dict[int, tuple[int, int]]:
    """Source → who came and who left on that day."""
    found = dict.fromkeys(SOURCES, (0, 0))
    if world.history and FIRST_DAY <= day < world.local().date():
        for source in SOURCES:
            new = _number(f"new {source} {day}", 8 if source != 30 else 22)
            found[source] = (new, _number(f"gone {source} {day}", 5))
    for at, kind, scene in world.comings:
        if world.local(at).date() == day:
            source = SCENE_SOURCE.get(scene, 0)
            new, gone = found.get(source, (0, 0))
            found[source] = (new + (kind == "in"), gone + (kind == "out"))
    return found


def cumulated(world: World, day: date) -> int:
    """How many follow at the end of that day; agrees with the days' comings and goings."""
    if not world.history:
        moved = [
            1 if kind == "in" else -1 for at, kind, _ in world.comings if _after(world, at, day)
        ]
        return len(world.subscribers()) - sum(moved)
    total, each = BASE_FOLLOWERS, FIRST_DAY
    while each <= day:
        total += sum(new - gone for new, gone in follower_days(world, each).values())
        each += timedelta(1)
    return total


def message_days(world: World, day: date) -> dict[int, tuple[int, int]]:
    """msg_type → how many people wrote and how many messages on that day."""
    found: dict[int, tuple[int, int]] = {}
    if world.history and FIRST_DAY <= day < world.local().date():
        for kind, most in ((1, 60), (2, 14), (3, 8)):
            users = 1 + _number(f"users {kind} {day}", most)
            found[kind] = (users, users * 2 + _number(f"count {kind} {day}", most))
    counted: dict[int, list[str]] = {}
    for at, name, openid in world.messages:
        if world.local(at).date() == day and name in MESSAGE_TYPES:
            counted.setdefault(MESSAGE_TYPES[name], []).append(openid)
    for kind, openids in counted.items():
        users, count = found.get(kind, (0, 0))
        found[kind] = (users + len(set(openids)), count + len(openids))
    return found


def _after(world: World, at: float, day: date) -> bool:
    return world.local(at).date() > day


def _number(seed: str, below: int) -> int:
    """A number from 0 to below ``below`` that is the same each time."""
    return int(hashlib.sha256(seed.encode()).hexdigest()[:8], 16) % below
