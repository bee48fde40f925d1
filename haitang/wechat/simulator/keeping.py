"""The state in a JSON file, so that a restart of the demonstration forgets nothing."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from haitang.wechat.simulator.people import Contact, Follower, Line
from haitang.wechat.simulator.world import Draft, Job, Mass, Media, Publication, Scene, World

KEPT = ("tags", "menu", "numbers", "comings", "messages")
TABLES: dict[str, Any] = {"scenes": Scene, "drafts": Draft, "publications": Publication}


def save(world: World, path: Path) -> None:
    """Write the state; the file appears whole, readable for its owner only."""
    with world.lock:
        text = json.dumps(_state(world), ensure_ascii=False)
    draft = path.with_suffix(".part")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def restore(world: World, path: Path) -> bool:
    """Read the state of the same account back; False when there is none."""
    if not path.exists():
        return False
    state = json.loads(path.read_text())
    if state["app_id"] != world.account.app_id:
        return False
    with world.lock:
        _take(world, state)
    return True


def _state(world: World) -> dict[str, Any]:
    tables = ("followers", "media", *TABLES)
    state: dict[str, Any] = {"app_id": world.account.app_id}
    state |= {name: getattr(world, name) for name in KEPT}
    for name in tables:
        state[name] = [dataclasses.asdict(each) for each in getattr(world, name).values()]
    for media in state["media"]:
        media["content"] = base64.b64encode(media["content"]).decode()
    state["masses"] = [dataclasses.asdict(each) for each in world.masses]
    state["jobs"] = [dataclasses.asdict(each) for each in world.jobs]
    return state


def _take(world: World, state: dict[str, Any]) -> None:
    for name in KEPT:
        setattr(world, name, state[name])
    world.tags = {int(number): name for number, name in state["tags"].items()}
    world.comings = [(at, kind, how) for at, kind, how in state["comings"]]
    world.messages = [(at, kind, openid) for at, kind, openid in state["messages"]]
    for name, kind in TABLES.items():
        rows = [kind(**row) for row in state[name]]
        key = dataclasses.fields(kind)[0].name
        setattr(world, name, {getattr(row, key): row for row in rows})
    for row in state["media"]:
        media = Media(**row | {"content": base64.b64decode(row["content"])})
        world.media[media.media_id] = media
    for row in state["followers"]:
        follower = Follower(**row)
        follower.contacts = [Contact(**each) for each in row["contacts"]]
        follower.chat = [Line(**each) for each in row["chat"]]
        world.followers[follower.openid] = follower
    world.masses = [Mass(**row) for row in state["masses"]]
    world.jobs = [Job(**row) for row in state["jobs"]]
