"""Reads of followers: the list, and what one did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from haitang.wechat.models import SyncCursor
from membership.models import Follower, FollowerChange, FollowerTag, SceneCode

# WeChat's subscribe_scene in the words of its documents.
CAME_BY = {
    "ADD_SCENE_SEARCH": "公众号搜索",
    "ADD_SCENE_ACCOUNT_MIGRATION": "公众号迁移",
    "ADD_SCENE_PROFILE_CARD": "名片分享",
    "ADD_SCENE_QR_CODE": "扫描二维码",
    "ADD_SCENE_PROFILE_LINK": "图文页内名称点击",
    "ADD_SCENE_PROFILE_ITEM": "图文页右上角菜单",
    "ADD_SCENE_PAID": "支付后关注",
    "ADD_SCENE_WECHAT_ADVERTISEMENT": "微信广告",
    "ADD_SCENE_REPRINT": "他人转载",
    "ADD_SCENE_LIVESTREAM": "视频号直播",
    "ADD_SCENE_CHANNELS": "视频号",
    "ADD_SCENE_WXA": "小程序关注",
    "ADD_SCENE_OTHERS": "其他",
}


@dataclass(frozen=True)
class Search:
    """What the list of followers is narrowed to; an empty value narrows nothing."""

    text: str = ""
    state: str = ""
    tag: FollowerTag | None = None
    scene: SceneCode | None = None


def followers(search: Search) -> QuerySet[Follower]:
    """Followers that fit, those who came last first."""
    found = Follower.objects.select_related("scene", "member__card").prefetch_related("tags")
    if search.text:
        found = found.filter(_named(search.text))
    if search.state:
        found = found.filter(state=search.state)
    if search.tag:
        found = found.filter(tags=search.tag)
    if search.scene:
        found = found.filter(scene=search.scene)
    return found.order_by(F("followed_at").desc(nulls_last=True), "-pk")


def came_by(follower: Follower) -> str:
    """How the follower came, in words."""
    if follower.scene is not None:
        return f"二维码“{follower.scene.name}”"
    return CAME_BY.get(follower.subscribe_scene, follower.subscribe_scene)


def history(follower: Follower) -> list[FollowerChange]:
    """What the follower did, newest first."""
    return list(follower.changes.select_related("scene")[:100])


def last_comparison() -> datetime | None:
    """When followers and tags were last compared with WeChat's to the end. One query."""
    finished = SyncCursor.objects.filter(name="followers").order_by("-finished_at")
    return finished.values_list("finished_at", flat=True).first()


def _named(text: str) -> Q:
    found = Q(remark__icontains=text)
    digits = text.removeprefix("粉丝").strip()
    if digits.isascii() and digits.isdigit() and len(digits) < 10:
        found |= Q(pk=int(digits))
    return found
