"""Parametric QR codes: 生成带参数二维码 createQRCode, showqrcode."""

from __future__ import annotations

import base64
import io
import secrets
from typing import Any

import segno

from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.routing import JSON, Reply, Request, route
from haitang.wechat.simulator.world import Scene, World

LONGEST_LIFE = 2_592_000
DEFAULT_LIFE = 60
MOST_PERMANENT = 100_000
TEMPORARY = ("QR_SCENE", "QR_STR_SCENE")
PERMANENT = ("QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE")


@route("POST", "/cgi-bin/qrcode/create")
def create(world: World, request: Request) -> JSON:
    """createQRCode: a ticket, the address inside the code, and the life of a temporary one."""
    if world.kind != "service":
        raise ApiError(48001)
    asked = request.json()
    action = asked.get("action_name")
    if action not in TEMPORARY + PERMANENT:
        raise ApiError(40053)
    scene_id, scene_str = _scene(asked, str(action))
    seconds = _seconds(asked) if action in TEMPORARY else None
    permanent = sum(each.expires is None for each in world.scenes.values())
    if seconds is None and permanent >= MOST_PERMANENT:
        raise ApiError(45029)
    made = Scene(
        ticket=base64.urlsafe_b64encode(b"gQ" + secrets.token_bytes(70)).decode(),
        url=f"http://weixin.qq.com/q/{secrets.token_urlsafe(18)}",
        scene_id=scene_id,
        scene_str=scene_str,
        expires=None if seconds is None else world.now() + seconds,
    )
    world.scenes[made.ticket] = made
    answer: JSON = {"ticket": made.ticket, "url": made.url}
    return answer if seconds is None else answer | {"expire_seconds": seconds}


@route("GET", "/cgi-bin/showqrcode", token=False)
def show(world: World, request: Request) -> Reply:
    """showqrcode: the picture of a ticket; 404 for none, as WeChat answers."""
    scene = world.scenes.get(request.query.get("ticket", ""))
    if scene is None:
        return Reply(b"", status=404)
    return Reply(png(scene.url), "image/png")


def png(text: str) -> bytes:
    """A QR code as a picture of about 430 pixels."""
    code = segno.make(text, error="m", micro=False)
    out = io.BytesIO()
    code.save(out, kind="png", scale=max(4, 430 // code.symbol_size()[0]))
    return out.getvalue()


def _scene(asked: JSON, action: str) -> tuple[int, str]:
    info: Any = asked.get("action_info")
    scene = info.get("scene") if isinstance(info, dict) else None
    if not isinstance(scene, dict):
        raise ApiError(40053)
    if "STR" in action:
        text = str(scene.get("scene_str", ""))
        if not 1 <= len(text) <= 64:
            raise ApiError(40053)
        return 0, text
    number = scene.get("scene_id")
    highest = 100_000 if action in PERMANENT else 2**32 - 1
    if not isinstance(number, int) or not 1 <= number <= highest:
        raise ApiError(40053)
    return number, ""


def _seconds(asked: JSON) -> int:
    seconds = asked.get("expire_seconds", DEFAULT_LIFE)
    if not isinstance(seconds, int) or seconds < 1:
        raise ApiError(40035)
    return min(seconds, LONGEST_LIFE)
