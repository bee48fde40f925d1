"""Followers and their tags. Every call may raise WeChatError."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from haitang.kernel.errors import Invalid
from haitang.wechat.gateway.api.base import Group

PAGE, INFOS, TAGGED, TAGS = 10_000, 100, 50, 100
TAG_BYTES = 30


@dataclass(frozen=True)
class FollowerPage:
    """A page of openids; an empty ``next_openid`` (or no openids) is the end."""

    total: int
    openids: tuple[str, ...]
    next_openid: str


@dataclass(frozen=True)
class FollowerInfo:
    """What WeChat still tells of a follower (no name, face or region since December 2021)."""

    openid: str
    is_following: bool
    followed_at: datetime | None = None
    remark: str = ""
    tag_ids: tuple[int, ...] = ()
    subscribe_scene: str = ""
    qr_scene: str = ""
    qr_scene_str: str = ""
    unionid: str = ""


@dataclass(frozen=True)
class Tag:
    """A tag of the account; ``count`` is how many followers have it."""

    id: int
    name: str
    count: int = 0


class Followers(Group):
    """Who follows, page by page, and what is known of each."""

    def page(self, next_openid: str = "") -> FollowerPage:
        """At most 10,000 openids after ``next_openid``."""
        params = {"next_openid": next_openid} if next_openid else {}
        return _page(self._get("/cgi-bin/user/get", params))

    def infos(self, openids: Sequence[str]) -> list[FollowerInfo]:
        """What is known of at most 100 openids; more raise Invalid."""
        _at_most(openids, INFOS, "查询资料")
        wanted = [{"openid": openid, "lang": "zh_CN"} for openid in openids]
        answer = self._post("/cgi-bin/user/info/batchget", {"user_list": wanted})
        return [_info(each) for each in answer.get("user_info_list", ())]

    def set_remark(self, openid: str, remark: str) -> None:
        """The account's own name for a follower, under 30 characters."""
        self._post("/cgi-bin/user/info/updateremark", {"openid": openid, "remark": remark})


class Tags(Group):
    """The account's tags: at most 100, a name of at most 30 bytes, 20 a follower."""

    def list(self) -> list[Tag]:
        """All of them."""
        return [_tag(each) for each in self._get("/cgi-bin/tags/get").get("tags", ())]

    def create(self, name: str) -> Tag:
        """A new tag; Invalid for a name of more than 30 bytes."""
        return _tag(self._post("/cgi-bin/tags/create", {"tag": {"name": _name(name)}})["tag"])

    def rename(self, tag_id: int, name: str) -> None:
        """Another name; Invalid for one of more than 30 bytes."""
        self._post("/cgi-bin/tags/update", {"tag": {"id": tag_id, "name": _name(name)}})

    def delete(self, tag_id: int) -> None:
        """Delete the tag; WeChat refuses above 100,000 followers."""
        self._post("/cgi-bin/tags/delete", {"tag": {"id": tag_id}})

    def page(self, tag_id: int, next_openid: str = "") -> FollowerPage:
        """At most 10,000 openids with that tag after ``next_openid``."""
        body = {"tagid": tag_id, "next_openid": next_openid}
        return _page(self._post("/cgi-bin/user/tag/get", body))

    def give(self, tag_id: int, openids: Sequence[str]) -> None:
        """Tag at most 50 followers; more raise Invalid."""
        self._many("/cgi-bin/tags/members/batchtagging", tag_id, openids)

    def take(self, tag_id: int, openids: Sequence[str]) -> None:
        """Take the tag from at most 50 followers; more raise Invalid."""
        self._many("/cgi-bin/tags/members/batchuntagging", tag_id, openids)

    def of(self, openid: str) -> tuple[int, ...]:
        """The tags of one follower."""
        answer = self._post("/cgi-bin/tags/getidlist", {"openid": openid})
        return tuple(int(each) for each in answer.get("tagid_list", ()))

    def _many(self, path: str, tag_id: int, openids: Sequence[str]) -> None:
        _at_most(openids, TAGGED, "打标签")
        self._post(path, {"tagid": tag_id, "openid_list": [*openids]})


def _at_most(openids: Sequence[str], most: int, what: str) -> None:
    if len(openids) > most:
        raise Invalid(f"{what}一次最多 {most} 个粉丝，这里有 {len(openids)} 个：请分几次。")


def _name(name: str) -> str:
    name = name.strip()
    if not name or len(name.encode()) > TAG_BYTES:
        raise Invalid(f"标签名要写 1 到 {TAG_BYTES} 个字节（约 10 个汉字）：请改短。")
    return name


def _page(answer: dict[str, Any]) -> FollowerPage:
    openids = tuple((answer.get("data") or {}).get("openid") or ())
    return FollowerPage(
        total=int(answer.get("total", answer.get("count", len(openids)))),
        openids=openids,
        next_openid=str(answer.get("next_openid") or "") if openids else "",
    )


def _tag(each: dict[str, Any]) -> Tag:
    return Tag(int(each["id"]), str(each["name"]), int(each.get("count", 0)))


def _info(each: dict[str, Any]) -> FollowerInfo:
    at = each.get("subscribe_time")
    scene = str(each.get("qr_scene") or "")
    return FollowerInfo(
        openid=str(each["openid"]),
        is_following=bool(each.get("subscribe")),
        followed_at=datetime.fromtimestamp(int(at), UTC) if at else None,
        remark=str(each.get("remark") or ""),
        tag_ids=tuple(int(tag) for tag in each.get("tagid_list") or ()),
        subscribe_scene=str(each.get("subscribe_scene") or ""),
        qr_scene="" if scene == "0" else scene,
        qr_scene_str=str(each.get("qr_scene_str") or ""),
        unionid=str(each.get("unionid") or ""),
    )
