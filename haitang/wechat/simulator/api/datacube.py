"""Statistics (数据统计): followers, messages, articles in the former and the present family.

Figures of acts in the simulator are exact; with ``world.history`` an invented past lies beneath.
Yesterday's are ready at 08:00. Reads grow over an article's days by one curve for both families.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.figures import (
    Article,
    articles,
    cumulated,
    follower_days,
    message_days,
    reads,
    shares,
)
from haitang.wechat.simulator.routing import JSON, Request, route
from haitang.wechat.simulator.world import World

READY_HOUR = 8
SOURCES = {"公众号消息": 45, "聊天会话": 20, "朋友圈": 20, "搜一搜": 5, "其它": 10}  # percent
Days = list[date]


def _statistic(
    name: str, days: int, *, tells_delay: bool
) -> Callable[[Callable[[World, Days], list[JSON]]], None]:
    """Register a datacube address: ``days`` is the longest span, 1 meaning one day."""

    def register(rows: Callable[[World, Days], list[JSON]]) -> None:
        def handler(world: World, request: Request) -> JSON:
            asked = _days(world, request.json(), days)
            ready = [day for day in asked if day <= _last_ready(world)]
            answer: JSON = {"list": rows(world, ready)}
            return answer | ({"is_delay": ready != asked} if tells_delay else {})

        handler.__doc__ = rows.__doc__
        route("POST", f"/datacube/{name}")(handler)

    return register


@_statistic("getusersummary", 7, tells_delay=False)
def user_summary(world: World, days: Days) -> list[JSON]:
    """获取用户增减数据 getusersummary: by day and source."""
    return [
        {"ref_date": day.isoformat(), "user_source": source, "new_user": new, "cancel_user": gone}
        for day in days
        for source, (new, gone) in sorted(follower_days(world, day).items())
    ]


@_statistic("getusercumulate", 7, tells_delay=False)
def user_cumulate(world: World, days: Days) -> list[JSON]:
    """获取累计用户数据 getusercumulate."""
    return [
        {"ref_date": day.isoformat(), "user_source": 0, "cumulate_user": cumulated(world, day)}
        for day in days
    ]


@_statistic("getupstreammsg", 7, tells_delay=False)
def upstream(world: World, days: Days) -> list[JSON]:
    """获取消息发送概况数据 getupstreammsg: msg_type 1 text, 2 picture, 3 voice, 4 video."""
    return [
        {"ref_date": day.isoformat(), "msg_type": kind, "msg_user": users, "msg_count": count}
        for day in days
        for kind, (users, count) in sorted(message_days(world, day).items())
    ]


@_statistic("getarticlesummary", 1, tells_delay=False)
def article_summary(world: World, days: Days) -> list[JSON]:
    """获取图文群发每日数据 getarticlesummary (no longer maintained): what was read that day."""
    return [
        {"ref_date": day.isoformat(), "user_source": 0, "msgid": each.msgid, "title": each.title}
        | _former(_gained(each, day, reads), _gained(each, day, shares))
        for day in days
        for each in articles(world)
        if _gained(each, day, reads)
    ]


@_statistic("getarticletotal", 1, tells_delay=False)
def article_total(world: World, days: Days) -> list[JSON]:
    """获取图文群发总数据 getarticletotal (no longer maintained): sums over the first 7 days."""
    return [
        {
            "ref_date": day.isoformat(),
            "msgid": each.msgid,
            "title": each.title,
            "url": each.url,
            "details": [
                {"stat_date": stat.isoformat(), "target_user": each.audience}
                | _former(reads(each, stat), shares(each, stat))
                for stat in _life(world, day, 7)
            ],
        }
        for day in days
        for each in articles(world)
        if each.day == day
    ]


@_statistic("getarticleread", 1, tells_delay=True)
def article_read(world: World, days: Days) -> list[JSON]:
    """获取发表内容每日阅读数据 getarticleread."""
    return [
        {
            "ref_date": day.isoformat(),
            "msgid": each.msgid,
            "detail": _read(_gained(each, day, reads)),
        }
        for day in days
        for each in articles(world)
        if _gained(each, day, reads)
    ]


@_statistic("getarticleshare", 1, tells_delay=True)
def article_share(world: World, days: Days) -> list[JSON]:
    """获取发表内容每日分享数据 getarticleshare."""
    return [
        {
            "ref_date": day.isoformat(),
            "msgid": each.msgid,
            "detail": {"share_user": _gained(each, day, shares)},
        }
        for day in days
        for each in articles(world)
        if _gained(each, day, shares)
    ]


@_statistic("getbizsummary", 30, tells_delay=True)
def biz_summary(world: World, days: Days) -> list[JSON]:
    """获取发表内容概况总数据 getbizsummary: all articles together, by day."""
    found, known = [], articles(world)
    for day in days:
        read = sum(_gained(each, day, reads) for each in known)
        shared = sum(_gained(each, day, shares) for each in known)
        found.append({"ref_date": day.isoformat(), "detail": _read(read) | _present(read, shared)})
    return found


@_statistic("getarticletotaldetail", 1, tells_delay=True)
def article_total_detail(world: World, days: Days) -> list[JSON]:
    """获取发表内容发表详细数据 getarticletotaldetail: sums from the publication, 30 days."""
    return [
        {
            "ref_date": day.isoformat(),
            "msgid": each.msgid,
            "content_url": each.url,
            "title": each.title,
            "publish_type": each.publish_type,
            "detail_list": [
                {"stat_date": stat.isoformat()}
                | _read(reads(each, stat))
                | _present(reads(each, stat), shares(each, stat))
                | _reading(each, stat)
                for stat in _life(world, day, 30)
            ],
        }
        for day in days
        for each in articles(world)
        if each.day == day
    ]


def _days(world: World, asked: JSON, longest: int) -> Days:
    """The days asked for; ApiError 61500 (format) or 61501 (order, span, not before today)."""
    begin, end = _date(asked.get("begin_date")), _date(asked.get("end_date"))
    if begin > end or (end - begin).days >= longest or end >= world.local().date():
        raise ApiError(61501)
    return [begin + timedelta(n) for n in range((end - begin).days + 1)]


def _date(text: Any) -> date:
    if not isinstance(text, str) or len(text) != len("2026-10-17"):
        raise ApiError(61500)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ApiError(61500) from error


def _last_ready(world: World) -> date:
    local = world.local()
    return local.date() - timedelta(1 if local.hour >= READY_HOUR else 2)


def _life(world: World, published: date, days: int) -> Days:
    last = min(_last_ready(world), published + timedelta(days - 1))
    return [published + timedelta(n) for n in range((last - published).days + 1)]


def _gained(article: Article, day: date, figure: Callable[[Article, date], int]) -> int:
    return figure(article, day) - figure(article, day - timedelta(1))


def _read(count: int) -> JSON:
    split: list[dict[str, Any]] = [{"user_count": count, "scene_desc": "全部"}]
    for name, percent in SOURCES.items():
        split.append({"user_count": count * percent // 100, "scene_desc": name})
    return {"read_user": count, "read_user_source": split}


def _present(read: int, shared: int) -> JSON:
    return {
        "share_user": shared,
        "zaikan_user": read // 60,
        "like_user": read // 25,
        "comment_count": read // 120,
        "collection_user": read // 40,
        "praise_money": 0,
    }


def _reading(article: Article, day: date) -> JSON:
    return {
        "read_subscribe_user": reads(article, day) // 90,
        "read_delivery_rate": round(min(1.0, reads(article, day) / max(1, article.audience)), 4),
        "read_finish_rate": 0.46,
        "read_avg_activetime": 38.5,
        "read_jump_position": [{"position": n, "rate": 10} for n in range(1, 6)],
    }


def _former(read: int, shared: int) -> JSON:
    return {
        "int_page_read_user": read,
        "int_page_read_count": read * 6 // 5,
        "ori_page_read_user": 0,
        "ori_page_read_count": 0,
        "share_user": shared,
        "share_count": shared * 11 // 10,
        "add_to_fav_user": read // 40,
        "add_to_fav_count": read // 40,
    }
