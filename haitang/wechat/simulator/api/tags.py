"""Tags (用户标签管理): at most 100, names of 30 bytes, 50 openids a call, 20 tags a follower."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.people import Follower
from haitang.wechat.simulator.routing import JSON, Request, route
from haitang.wechat.simulator.world import World

OK: JSON = {"errcode": 0, "errmsg": "ok"}
MOST_TAGS = 100
LONGEST_NAME = 30  # bytes
MOST_OPENIDS = 50
MOST_OF_ONE = 20
FIRST_OWN = 100  # 0, 1 and 2 are WeChat's own


@route("POST", "/cgi-bin/tags/create")
def create(world: World, request: Request) -> JSON:
    """创建标签 createTag."""
    name = _name(world, request.json().get("tag"))
    if len(world.tags) >= MOST_TAGS:
        raise ApiError(45056)
    number = max([FIRST_OWN - 1, *world.tags]) + 1
    world.tags[number] = name
    return {"tag": {"id": number, "name": name}}


@route("GET", "/cgi-bin/tags/get")
def listed(world: World, request: Request) -> JSON:
    """获取公众号已创建的标签 getTags."""
    count = dict.fromkeys(world.tags, 0)
    for follower in world.subscribers():
        for number in follower.tags:
            count[number] = count.get(number, 0) + 1
    tags = [
        {"id": number, "name": name, "count": count[number]} for number, name in world.tags.items()
    ]
    return {"tags": tags}


@route("POST", "/cgi-bin/tags/update")
def update(world: World, request: Request) -> JSON:
    """编辑标签 updateTag."""
    tag = request.json().get("tag")
    number = _own(world, tag)
    world.tags[number] = _name(world, tag, but=number)
    return dict(OK)


@route("POST", "/cgi-bin/tags/delete")
def delete(world: World, request: Request) -> JSON:
    """删除标签 deleteTag: its followers lose it."""
    number = _own(world, request.json().get("tag"))
    del world.tags[number]
    for follower in world.followers.values():
        follower.tags = [each for each in follower.tags if each != number]
    return dict(OK)


@route("POST", "/cgi-bin/user/tag/get")
def members(world: World, request: Request) -> JSON:
    """获取标签下粉丝列表 getTagFans: 10,000 a page."""
    asked = request.json()
    number = asked.get("tagid")
    if number not in world.tags:
        raise ApiError(45159)
    openids = [each.openid for each in world.subscribers() if number in each.tags]
    after = str(asked.get("next_openid") or "")
    start = openids.index(after) + 1 if after in openids else 0
    found = openids[start : start + world.page_size]
    answer: JSON = {"count": len(found)}
    if found:
        answer |= {"data": {"openid": found}}
    return answer | {"next_openid": found[-1] if found else ""}


@route("POST", "/cgi-bin/tags/members/batchtagging")
def tag(world: World, request: Request) -> JSON:
    """批量为用户打标签 batchTagging: all or none."""
    number, chosen = _batch(world, request.json())
    if any(number not in each.tags and len(each.tags) >= MOST_OF_ONE for each in chosen):
        raise ApiError(45059)
    return _each(chosen, lambda follower: _added(follower, number))


@route("POST", "/cgi-bin/tags/members/batchuntagging")
def untag(world: World, request: Request) -> JSON:
    """批量为用户取消标签 batchUntagging."""
    number, chosen = _batch(world, request.json())
    return _each(chosen, lambda follower: [each for each in follower.tags if each != number])


@route("POST", "/cgi-bin/tags/getidlist")
def of_one(world: World, request: Request) -> JSON:
    """获取用户身上的标签列表 getTagidList."""
    return {"tagid_list": list(world.person(request.json().get("openid")).tags)}


def _added(follower: Follower, number: int) -> list[int]:
    return follower.tags if number in follower.tags else [*follower.tags, number]


def _each(chosen: list[Follower], tags: Callable[[Follower], list[int]]) -> JSON:
    for follower in chosen:
        follower.tags = tags(follower)
    return dict(OK)


def _batch(world: World, asked: JSON) -> tuple[int, list[Follower]]:
    openids = asked.get("openid_list")
    if not isinstance(openids, list) or not 1 <= len(openids) <= MOST_OPENIDS:
        raise ApiError(40032)
    number = asked.get("tagid")
    if not isinstance(number, int) or number not in world.tags:
        raise ApiError(45159)
    chosen = [world.person(openid) for openid in openids]
    if not all(each.subscribed for each in chosen):
        raise ApiError(40003)
    return number, chosen


def _own(world: World, tag: Any) -> int:
    number = tag.get("id") if isinstance(tag, dict) else None
    if number in (0, 1, 2):
        raise ApiError(45058)
    if not isinstance(number, int) or number not in world.tags:
        raise ApiError(45159)
    return number


def _name(world: World, tag: Any, *, but: int | None = None) -> str:
    name = str(tag.get("name", "")).strip() if isinstance(tag, dict) else ""
    others = {each for number, each in world.tags.items() if number != but}
    if not name or name in others:
        raise ApiError(45157)
    if len(name.encode()) > LONGEST_NAME:
        raise ApiError(45158)
    return name
