"""Drafts (草稿箱): new, read, change, list, delete."""

from __future__ import annotations

import re
import secrets
from typing import Any

from haitang.wechat.simulator.api.media import picture_address
from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.routing import JSON, Request, route
from haitang.wechat.simulator.world import Draft, World

OK: JSON = {"errcode": 0, "errmsg": "ok"}
MOST_ARTICLES = 8
MOST_LISTED = 20
LONGEST = {"title": (32, 45003), "author": (16, 45110), "digest": (128, 45004)}
LONGEST_CONTENT = 20_000  # characters
LARGEST_CONTENT = 1 << 20  # bytes
IMAGE = re.compile(r"<img\b[^>]*\bsrc\s*=\s*[\"']([^\"']*)[\"'][^>]*>", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.IGNORECASE | re.DOTALL)


@route("POST", "/cgi-bin/draft/add")
def add(world: World, request: Request) -> JSON:
    """新增草稿 draft_add."""
    articles = request.json().get("articles")
    if not isinstance(articles, list) or not 1 <= len(articles) <= MOST_ARTICLES:
        raise ApiError(45008)
    kept = [_article(world, each) for each in articles]
    draft = Draft(secrets.token_urlsafe(48), kept, world.now())
    world.drafts[draft.media_id] = draft
    return {"media_id": draft.media_id, "item": []}


@route("POST", "/cgi-bin/draft/update")
def update(world: World, request: Request) -> JSON:
    """更新草稿 draft_update: one article, ``index`` from 0."""
    asked = request.json()
    draft = held(world, asked.get("media_id"))
    index = asked.get("index")
    if not isinstance(index, int) or not 0 <= index < len(draft.articles):
        raise ApiError(40114)
    draft.articles[index] = _article(world, asked.get("articles"))
    draft.at = world.now()
    return dict(OK)


@route("POST", "/cgi-bin/draft/get")
def get(world: World, request: Request) -> JSON:
    """获取草稿 getDraft."""
    draft = held(world, request.json().get("media_id"))
    return {
        "news_item": news_items(world, draft.articles),
        "create_time": int(draft.at),
        "update_time": int(draft.at),
    }


@route("POST", "/cgi-bin/draft/batchget")
def page(world: World, request: Request) -> JSON:
    """获取草稿列表 draft_batchget: newest first."""
    asked = request.json()
    found = sorted(world.drafts.values(), key=lambda each: -each.at)
    items = [
        {
            "media_id": each.media_id,
            "content": {"news_item": news_items(world, each.articles, asked)},
            "update_time": int(each.at),
        }
        for each in chosen(found, asked)
    ]
    return {"total_count": len(found), "item_count": len(items), "item": items}


@route("GET", "/cgi-bin/draft/count")
def count(world: World, request: Request) -> JSON:
    """获取草稿总数 draft_count."""
    return {"total_count": len(world.drafts)}


@route("POST", "/cgi-bin/draft/delete")
def delete(world: World, request: Request) -> JSON:
    """删除草稿 draft_delete."""
    del world.drafts[held(world, request.json().get("media_id")).media_id]
    return dict(OK)


@route("POST", "/cgi-bin/draft/switch")
def switch(world: World, request: Request) -> JSON:
    """草稿箱开关设置 draft_switch: it is open."""
    return dict(OK) | {"is_open": 1}


def held(world: World, media_id: Any) -> Draft:
    """The draft; ApiError 40007 when there is none."""
    draft = world.drafts.get(str(media_id))
    if draft is None:
        raise ApiError(40007)
    return draft


def chosen(found: list[Any], asked: JSON) -> list[Any]:
    """The page that ``offset`` and ``count`` (20 at most) name."""
    offset, size = asked.get("offset", 0), asked.get("count", MOST_LISTED)
    if not isinstance(offset, int) or not isinstance(size, int) or not 1 <= size <= MOST_LISTED:
        raise ApiError(40035)
    return found[offset : offset + size]


def news_items(
    world: World, articles: list[JSON], asked: JSON | None = None, urls: list[str] | None = None
) -> list[JSON]:
    """Articles as they are shown; without ``content`` when ``no_content`` was asked for."""
    shown = []
    for place, article in enumerate(articles):
        item = dict(article)
        if asked and asked.get("no_content"):
            item.pop("content", None)
        item["url"] = urls[place] if urls else f"{world.base_url}/s?draft={place}"
        item["thumb_url"] = picture_address(world, str(article.get("thumb_media_id")))
        item["is_deleted"] = False
        shown.append(item)
    return shown


def _article(world: World, given: Any) -> JSON:
    if not isinstance(given, dict):
        raise ApiError(47001)
    if not given.get("title") or not given.get("content"):
        raise ApiError(44004)
    for name, (longest, code) in LONGEST.items():
        if len(str(given.get(name) or "")) > longest:
            raise ApiError(code)
    content = str(given["content"])
    if len(content) >= LONGEST_CONTENT or len(content.encode()) >= LARGEST_CONTENT:
        raise ApiError(45002)
    thumb = world.media.get(str(given.get("thumb_media_id")))
    if thumb is None or not thumb.permanent:
        raise ApiError(40007)
    article = {
        "article_type": "news",
        "author": "",
        "digest": "",
        "content_source_url": "",
        "show_cover_pic": 0,
        "need_open_comment": 0,
        "only_fans_can_comment": 0,
    }
    return article | given | {"content": _filtered(world, content)}


def _filtered(world: World, content: str) -> str:
    """Without scripts and without pictures from elsewhere, as 新增草稿 says of ``content``."""
    own = f"{world.base_url}/mmbiz/"

    def kept(match: re.Match[str]) -> str:
        return match[0] if match[1].startswith(own) or "mmbiz.qpic.cn" in match[1] else ""

    return IMAGE.sub(kept, SCRIPT.sub("", content))
