"""Subscription notifications: 发送订阅通知 bizsend, 获取私有模板列表."""

from __future__ import annotations

from typing import Any

from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.routing import JSON, Request, route
from haitang.wechat.simulator.world import World

OK: JSON = {"errcode": 0, "errmsg": "ok"}
# The invented private templates of the account; ``{{thing1.DATA}}`` as in the sample.
TEMPLATES: list[dict[str, Any]] = [
    {
        "priTmplId": "hT9-activity_reminder_template_0000000001",
        "title": "活动开始提醒",
        "content": "活动名称:{{thing1.DATA}}\n开始时间:{{time2.DATA}}\n门店:{{thing3.DATA}}\n",
        "example": "活动名称:会员日\n开始时间:2026年10月17日 09:00\n门店:中山路店\n",
        "type": 2,
    },
    {
        "priTmplId": "hT9-refill_reminder_template_000000000002",
        "title": "购药到期提醒",
        "content": "药品名称:{{thing1.DATA}}\n到期时间:{{time2.DATA}}\n",
        "example": "药品名称:阿司匹林肠溶片\n到期时间:2026年10月20日\n",
        "type": 2,
    },
]


@route("GET", "/wxaapi/newtmpl/gettemplate")
def templates(world: World, request: Request) -> JSON:
    """获取私有模板列表 getTemplateList."""
    return dict(OK) | {"data": TEMPLATES}


@route("POST", "/cgi-bin/message/subscribe/bizsend")
def send(world: World, request: Request) -> JSON:
    """bizsend: uses up one subscription of the follower to the template; 43101 without one."""
    asked = request.json()
    template = str(asked.get("template_id", ""))
    known = {each["priTmplId"]: each for each in TEMPLATES}
    if template not in known:
        raise ApiError(40037)
    follower = world.person(asked.get("touser"))
    data = asked.get("data")
    if not isinstance(data, dict) or not all(isinstance(each, dict) for each in data.values()):
        raise ApiError(47003, "argument invalid! data")
    missing = [name for name in _names(known[template]["content"]) if name not in data]
    if missing:
        raise ApiError(47003, f"argument invalid! data.{missing[0]}.value is empty")
    if follower.credits.get(template, 0) < 1:
        raise ApiError(43101)
    follower.credits[template] -= 1
    body = {"title": known[template]["title"], "page": asked.get("page", "")}
    body["data"] = {name: str(each.get("value", "")) for name, each in data.items()}
    world.show(follower, by="account", kind="notification", body=body)
    world.later(follower.openid, _sent_event(template, world.number()), delay=0)
    return dict(OK)


def _names(content: str) -> list[str]:
    return [part.split(".DATA")[0] for part in content.split("{{")[1:]]


def _sent_event(template: str, number: int) -> JSON:
    """subscribe_msg_sent_event, as 订阅通知 describes it."""
    entry = {
        "TemplateId": template,
        "MsgID": str(number),
        "ErrorCode": 0,
        "ErrorStatus": "success",
    }
    return {"Event": "subscribe_msg_sent_event", "SubscribeMsgSentEvent": {"List": entry}}
