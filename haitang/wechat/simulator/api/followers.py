"""Followers: 获取关注用户列表, 获取用户基本信息, 批量获取, 设置用户备注名."""

from __future__ import annotations

from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.people import Follower
from haitang.wechat.simulator.routing import JSON, Request, route
from haitang.wechat.simulator.world import World

OK: JSON = {"errcode": 0, "errmsg": "ok"}
PAGE = 10_000
BATCH = 100
LONGEST_REMARK = 30


@route("GET", "/cgi-bin/user/get")
def page(world: World, request: Request) -> JSON:
    """getFans: the openids after ``next_openid``, 10,000 a page at most, oldest first.

    ``next_openid`` of the answer is the last of the page, empty when the page is.
    """
    openids = [each.openid for each in world.subscribers()]
    after = request.query.get("next_openid", "")
    start = 0
    if after:
        if after not in world.followers:
            raise ApiError(40003)
        start = _place_after(world, openids, after)
    found = openids[start : start + world.page_size]
    answer: JSON = {"total": len(openids), "count": len(found)}
    if found:
        answer["data"] = {"openid": found}
    return answer | {"next_openid": found[-1] if found else ""}


def _place_after(world: World, openids: list[str], after: str) -> int:
    """Where to go on, also when the named one has left meanwhile."""
    order = {openid: place for place, openid in enumerate(world.followers)}
    return sum(order[openid] <= order[after] for openid in openids)


@route("GET", "/cgi-bin/user/info")
def info(world: World, request: Request) -> JSON:
    """userInfo: no nickname, avatar, sex or region since 2021-12-27."""
    return described(world.person(request.query.get("openid")))


@route("POST", "/cgi-bin/user/info/batchget")
def infos(world: World, request: Request) -> JSON:
    """batchGetUserInfo: 100 at most."""
    asked = request.json().get("user_list")
    if not isinstance(asked, list) or not 1 <= len(asked) <= BATCH:
        raise ApiError(40032)
    return {"user_info_list": [described(world.person(each.get("openid"))) for each in asked]}


@route("POST", "/cgi-bin/user/info/updateremark")
def remark(world: World, request: Request) -> JSON:
    """updateRemark: 30 characters at most."""
    asked = request.json()
    follower = world.person(asked.get("openid"))
    text = str(asked.get("remark", ""))
    if len(text) > LONGEST_REMARK:
        raise ApiError(40035)
    follower.remark = text
    return dict(OK)


def described(follower: Follower) -> JSON:
    """A follower as 获取用户基本信息 shows it; of one who left only that."""
    if not follower.subscribed:
        return {"subscribe": 0, "openid": follower.openid, "unionid": follower.unionid}
    return {
        "subscribe": 1,
        "openid": follower.openid,
        "language": "zh_CN",
        "subscribe_time": follower.subscribe_time,
        "unionid": follower.unionid,
        "remark": follower.remark,
        "groupid": follower.tags[0] if follower.tags else 0,
        "tagid_list": list(follower.tags),
        "subscribe_scene": follower.subscribe_scene,
        "qr_scene": follower.qr_scene,
        "qr_scene_str": follower.qr_scene_str,
    }
