"""The menu (自定义菜单): three buttons, five below each."""

from __future__ import annotations

from typing import Any

from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.routing import JSON, Request, route
from haitang.wechat.simulator.world import World

OK: JSON = {"errcode": 0, "errmsg": "ok"}
LONGEST_NAME = {"top": 16, "sub": 60}  # bytes
NEEDED = {
    "click": "key",
    "view": "url",
    "scancode_push": "key",
    "scancode_waitmsg": "key",
    "pic_sysphoto": "key",
    "pic_photo_or_album": "key",
    "pic_weixin": "key",
    "location_select": "key",
    "media_id": "media_id",
    "article_id": "article_id",
    "article_view_limited": "article_id",
    "miniprogram": "appid",
}


@route("POST", "/cgi-bin/menu/create")
def create(world: World, request: Request) -> JSON:
    """创建自定义菜单 createCustomMenu."""
    buttons = request.json().get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise ApiError(40016)
    world.menu = {"button": [_button(each, "top") for each in buttons]}
    return dict(OK)


@route("GET", "/cgi-bin/menu/get")
def get(world: World, request: Request) -> JSON:
    """获取自定义菜单配置 getMenu."""
    if world.menu is None:
        raise ApiError(46003)
    return {"menu": world.menu}


@route("GET", "/cgi-bin/menu/delete")
def delete(world: World, request: Request) -> JSON:
    """删除自定义菜单 deleteMenu."""
    world.menu = None
    return dict(OK)


@route("GET", "/cgi-bin/get_current_selfmenu_info")
def current(world: World, request: Request) -> JSON:
    """查询自定义菜单信息 getCurrentSelfmenuInfo: sub-buttons stand in ``sub_button.list`` here."""
    buttons = [
        {key: value for key, value in each.items() if key != "sub_button"}
        | ({"sub_button": {"list": each["sub_button"]}} if each["sub_button"] else {})
        for each in (world.menu or {"button": []})["button"]
    ]
    return {"is_menu_open": int(world.menu is not None), "selfmenu_info": {"button": buttons}}


def _button(given: Any, level: str) -> JSON:
    if not isinstance(given, dict):
        raise ApiError(40016)
    name = str(given.get("name", ""))
    if not name or len(name.encode()) > LONGEST_NAME[level]:
        raise ApiError(40018)
    below = given.get("sub_button") or []
    if below:
        if level != "top" or len(below) > 5:
            raise ApiError(40016)
        return {"name": name, "sub_button": [_button(each, "sub") for each in below]}
    kind = given.get("type")
    if kind not in NEEDED:
        raise ApiError(40015)
    if not given.get(NEEDED[str(kind)]):
        raise ApiError(40035)
    return {**given, "sub_button": []}
