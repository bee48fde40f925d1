"""Customer messages: 发送客服消息 sendCustomMessage, 客服输入状态 typing."""

from __future__ import annotations

from typing import Any

from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.people import TYPING_SECONDS, Follower
from haitang.wechat.simulator.routing import JSON, Request, route
from haitang.wechat.simulator.world import World

OK: JSON = {"errcode": 0, "errmsg": "ok"}
LONGEST_TEXT = 2048  # bytes
# msgtype → the field in it that must be given
NEEDED = {
    "text": "content",
    "image": "media_id",
    "voice": "media_id",
    "video": "media_id",
    "music": "musicurl",
    "news": "articles",
    "mpnews": "media_id",
    "mpnewsarticle": "article_id",
    "msgmenu": "list",
    "wxcard": "card_id",
    "miniprogrampage": "appid",
}


@route("POST", "/cgi-bin/message/custom/send")
def send(world: World, request: Request) -> JSON:
    """sendCustomMessage: within the window and the count of what the follower did last."""
    asked = request.json()
    follower = world.person(asked.get("touser"))
    kind = str(asked.get("msgtype", ""))
    body = _body(world, kind, asked.get(kind))
    _check_window(world, follower)
    follower.sends = [*follower.sends[-50:], world.now()]
    follower.typing_until = 0
    world.show(follower, by="account", kind=kind, body=body)
    return dict(OK)


@route("POST", "/cgi-bin/message/custom/typing")
def typing(world: World, request: Request) -> JSON:
    """typing: 45080 unless the follower was heard within 30 seconds, 45081 when already set."""
    asked = request.json()
    follower = world.person(asked.get("touser"))
    now = world.now()
    if asked.get("command") == "CancelTyping":
        follower.typing_until = 0
        return dict(OK)
    if asked.get("command") != "Typing":
        raise ApiError(45072)
    if not any(now - contact.at <= TYPING_SECONDS for contact in follower.contacts):
        raise ApiError(45080)
    if follower.typing_until > now:
        raise ApiError(45081)
    follower.typing_until = now + 15
    return dict(OK)


def _check_window(world: World, follower: Follower) -> None:
    now = world.now()
    if not follower.subscribed or not follower.open_until(now):
        raise ApiError(45015)
    if not follower.remaining(now):
        raise ApiError(45047)


def _body(world: World, kind: str, given: Any) -> JSON:
    if kind not in NEEDED or not isinstance(given, dict):
        raise ApiError(40008)
    needed = given.get(NEEDED[kind])
    if not needed:
        raise ApiError(44004 if kind == "text" else 40007 if "media" in NEEDED[kind] else 40035)
    if kind == "text" and len(str(needed).encode()) > LONGEST_TEXT:
        raise ApiError(45002)
    if kind == "news" and len(needed) != 1:
        raise ApiError(45008, "article count out of limit")
    if kind in ("image", "voice", "video") and needed not in world.media:
        raise ApiError(40007)
    return dict(given)
