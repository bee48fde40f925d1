"""Mass sends (群发): to all, to a tag, to openids; ``clientmsgid`` against doubles."""

from __future__ import annotations

from typing import Any

from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.people import Follower
from haitang.wechat.simulator.routing import JSON, Request, route
from haitang.wechat.simulator.world import Mass, World

OK: JSON = {"errcode": 0, "errmsg": "ok"}
HELPER = "mphelper"
LONGEST_CLIENTMSGID = 64
CLIENTMSGID_SECONDS = 86400
A_DAY_SUBSCRIPTION = 1  # 公众号: one a day
A_MONTH_SERVICE = 4  # 服务号: four a follower a calendar month; more are filtered out
MOST_OPENIDS = 10_000
NEEDED = {
    "mpnews": "media_id",
    "text": "content",
    "image": "media_ids",
    "voice": "media_id",
    "mpvideo": "media_id",
}


@route("POST", "/cgi-bin/message/mass/sendall")
def to_all(world: World, request: Request) -> JSON:
    """根据标签群发消息 sendAll: ``filter`` names a tag or everybody."""
    asked = request.json()
    chosen: Any = asked.get("filter")
    if not isinstance(chosen, dict):
        raise ApiError(40035)
    people = world.subscribers()
    if not chosen.get("is_to_all"):
        if chosen.get("tag_id") not in world.tags:
            raise ApiError(40050)
        people = [each for each in people if chosen["tag_id"] in each.tags]
    return _send(world, asked, people)


@route("POST", "/cgi-bin/message/mass/send")
def to_some(world: World, request: Request) -> JSON:
    """根据 OpenID 群发消息 massSend: two openids at least."""
    asked = request.json()
    openids = asked.get("touser")
    if not isinstance(openids, list) or not 2 <= len(openids) <= MOST_OPENIDS:
        raise ApiError(40130)
    return _send(world, asked, [world.person(openid) for openid in openids])


@route("POST", "/cgi-bin/message/mass/preview")
def preview(world: World, request: Request) -> JSON:
    """预览消息 preview: to one openid, outside the quota."""
    asked = request.json()
    follower = world.person(asked.get("touser"))
    kind, articles = _content(world, asked)
    world.show(follower, by="account", kind=kind, body=_shown(asked, kind, articles))
    return {"errcode": 0, "errmsg": "preview success"}


@route("POST", "/cgi-bin/message/mass/get")
def status(world: World, request: Request) -> JSON:
    """查询群发消息发送状态 massMsgGet."""
    mass = _known(world, request.json().get("msg_id"))
    word = "DELETE" if mass.deleted else "SENDING" if world.now() < mass.done_at else "SEND_SUCCESS"
    return {"msg_id": mass.msg_id, "msg_status": word}


@route("POST", "/cgi-bin/message/mass/delete")
def delete(world: World, request: Request) -> JSON:
    """删除群发消息 deleteMassMsg."""
    _known(world, request.json().get("msg_id")).deleted = True
    return dict(OK)


@route("POST", "/cgi-bin/message/mass/speed/get")
def speed(world: World, request: Request) -> JSON:
    """获取群发速度 getSpeed."""
    return {"speed": 3, "realspeed": 15}


def _send(world: World, asked: JSON, people: list[Follower]) -> JSON:
    kind, articles = _content(world, asked)
    clientmsgid = str(asked.get("clientmsgid", ""))
    _refuse_double(world, clientmsgid)
    reached = _within_quota(world, people)
    mass = Mass(
        msg_id=3_000_000_000 + world.number(),
        msg_data_id=2_247_480_000 + world.number(),
        clientmsgid=clientmsgid,
        kind=kind,
        openids=[each.openid for each in reached],
        articles=articles,
        at=world.now(),
        done_at=world.now() + world.job_delay,
    )
    world.masses.append(mass)
    if kind == "mpnews":
        world.drafts.pop(str(asked["mpnews"]["media_id"]), None)
    for follower in reached:
        world.show(follower, by="account", kind=kind, body=_shown(asked, kind, articles))
    world.later(HELPER, _event(world, mass, len(people)))
    answer: JSON = {"errcode": 0, "errmsg": "send job submission success", "msg_id": mass.msg_id}
    return answer | ({"msg_data_id": mass.msg_data_id} if kind == "mpnews" else {})


def _refuse_double(world: World, clientmsgid: str) -> None:
    if len(clientmsgid.encode()) > LONGEST_CLIENTMSGID:
        raise ApiError(45067)
    since = world.now() - CLIENTMSGID_SECONDS
    for mass in world.masses:
        if clientmsgid and mass.clientmsgid == clientmsgid and mass.at > since:
            raise ApiError(45065, extra={"msg_id": mass.msg_id})


def _within_quota(world: World, people: list[Follower]) -> list[Follower]:
    """Who gets it; ApiError 45028 when a subscription account has sent today."""
    today, month = world.local().date(), world.local().strftime("%Y-%m")
    if world.kind != "service":
        if sum(world.local(each.at).date() == today for each in world.masses) >= A_DAY_SUBSCRIPTION:
            raise ApiError(45028)
        return people
    sent = [
        openid
        for each in world.masses
        if world.local(each.at).strftime("%Y-%m") == month
        for openid in each.openids
    ]
    return [each for each in people if sent.count(each.openid) < A_MONTH_SERVICE]


def _content(world: World, asked: JSON) -> tuple[str, list[JSON]]:
    kind = str(asked.get("msgtype", ""))
    given = asked.get(kind) or (asked.get("images") if kind == "image" else None)
    if kind not in NEEDED or not isinstance(given, dict):
        raise ApiError(40008)
    if not given.get(NEEDED[kind]) and not given.get("media_id"):
        raise ApiError(44004 if kind == "text" else 40007)
    if kind != "mpnews":
        return kind, []
    draft = world.drafts.get(str(given["media_id"]))
    if draft is None:
        raise ApiError(40007)
    return kind, draft.articles


def _shown(asked: JSON, kind: str, articles: list[JSON]) -> JSON:
    if kind != "mpnews":
        return dict(asked.get(kind) or asked.get("images") or {})
    titles = [{"title": each["title"], "description": each.get("digest", "")} for each in articles]
    return {"articles": titles}


def _event(world: World, mass: Mass, total: int) -> JSON:
    """事件推送群发结果 MASSSENDJOBFINISH: ``MsgID``, not ``MsgId``."""
    items = [
        {"ArticleIdx": n, "ArticleUrl": f"{world.base_url}/s?id={mass.msg_id}&idx={n}"}
        for n, _ in enumerate(mass.articles, start=1)
    ]
    return {
        "Event": "MASSSENDJOBFINISH",
        "MsgID": mass.msg_id,
        "Status": "send success",
        "TotalCount": total,
        "FilterCount": len(mass.openids),
        "SentCount": len(mass.openids),
        "ErrorCount": 0,
        "CopyrightCheckResult": {"Count": 0, "ResultList": "", "CheckState": 2},
        "ArticleUrlResult": {"Count": len(items), "ResultList": {"item": items} if items else ""},
    }


def _known(world: World, msg_id: Any) -> Mass:
    for mass in world.masses:
        if str(mass.msg_id) == str(msg_id):
            return mass
    raise ApiError(40035)
