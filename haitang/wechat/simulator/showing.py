"""What a phone shows of a line: one shape for passive replies, customer messages and acts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haitang.wechat.simulator.people import ALLOWANCES, Follower, Line
from haitang.wechat.simulator.world import World

Shown = dict[str, Any]
WORDS = {"voice": "［语音］", "video": "［视频］", "shortvideo": "［小视频］", "music": "［音乐］"}


def shown(world: World, line: Line) -> Shown:
    """Number, who, time, and text, picture, news or choices: what there is of them."""
    found: Shown = {
        "number": line.number,
        "by": line.by,
        "time": world.local(line.at).strftime("%H:%M:%S"),
        "failed": line.kind == "notice",
    }
    return found | _content(line.kind, line.body)


def window(world: World, follower: Follower) -> str:
    """A sentence: whether the account may write, how often and until when."""
    if not follower.subscribed:
        return "未关注：公众号发不出消息"
    now = world.now()
    until = follower.open_until(now)
    if not until:
        return "已关注：公众号现在不能主动发消息（没有打开的窗口）"
    typing = "，对方正在输入…" if follower.typing_until > now else ""
    end = world.local(until).strftime("%m-%d %H:%M:%S")
    most = max(ALLOWANCES[each.kind][0] for each in follower.contacts)
    return f"已关注：公众号还能发 {min(follower.remaining(now), most)} 条，到 {end} 为止{typing}"


def _content(kind: str, body: Mapping[str, Any]) -> Shown:
    if kind in ("text", "act", "notice"):
        return {"text": str(_first(body, "content", "Content", "text"))}
    if kind == "image":
        return {"picture": _picture(_media_id(body, "Image"))}
    if kind in ("news", "mpnews"):
        return {"news": _news(body), "text": "" if _news(body) else "［图文］"}
    if kind == "msgmenu":
        return {
            "text": f"{body.get('head_content', '')}\n{body.get('tail_content', '')}".strip(),
            "choices": list(body.get("list", [])),
        }
    if kind == "notification":
        lines = [str(body["title"]), *(str(value) for value in body["data"].values())]
        return {"text": "［订阅通知］\n" + "\n".join(lines)}
    if kind == "location":
        return {"text": f"［位置］{body.get('label', '')}"}
    if kind == "link":
        return {"text": f"［链接］{body.get('title', '')}\n{body.get('url', '')}"}
    if kind == "transfer_customer_service":
        return {"text": "［公众号把会话转给了客服系统］"}
    return {"text": WORDS.get(kind, f"［{kind}］")}


def _first(body: Mapping[str, Any], *names: str) -> Any:
    return next((body[name] for name in names if body.get(name)), "")


def _media_id(body: Mapping[str, Any], group: str) -> str:
    inner = body.get(group)
    return str(inner.get("MediaId") if isinstance(inner, Mapping) else body.get("media_id", ""))


def _picture(media_id: str) -> str:
    return f"/mmbiz/picture?id={media_id}"


def _news(body: Mapping[str, Any]) -> list[Shown]:
    articles = body.get("articles") or body.get("Articles") or []
    if isinstance(articles, Mapping):
        articles = articles.get("item", [])
    if isinstance(articles, Mapping):
        articles = [articles]
    return [
        {
            "title": _first(each, "title", "Title"),
            "description": _first(each, "description", "Description"),
            "url": _first(each, "url", "Url"),
            "picture": _first(each, "picurl", "PicUrl"),
        }
        for each in articles
    ]
