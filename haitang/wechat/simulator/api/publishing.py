"""Publication (发布能力): submitted first, finished later, told by an event or on asking."""

from __future__ import annotations

import html
import secrets
from typing import Any

from haitang.wechat.simulator.api.drafts import chosen, held, news_items
from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.routing import JSON, Reply, Request, route
from haitang.wechat.simulator.world import Publication, World

OK: JSON = {"errcode": 0, "errmsg": "ok"}
HELPER = "mphelper"  # the FromUserName of results (事件推送发布结果)
PUBLISHED, PUBLISHING, ORIGINAL_FAILED, DELETED = 0, 1, 2, 5


@route("POST", "/cgi-bin/freepublish/submit")
def submit(world: World, request: Request) -> JSON:
    """发布草稿 freepublish_submit: errcode 0 says accepted, not published."""
    draft = held(world, request.json().get("media_id"))
    status, world.next_status = world.next_status, PUBLISHED
    if status < 0:
        raise ApiError(53503)
    made = Publication(
        publish_id=str(100_000_000 + world.number()),
        article_id=secrets.token_urlsafe(32),
        msg_data_id=2_247_480_000 + world.number(),
        articles=draft.articles,
        done_at=world.now() + world.job_delay,
        status=status,
    )
    world.publications[made.publish_id] = made
    if status == PUBLISHED:
        del world.drafts[draft.media_id]
    world.later(HELPER, {"Event": "PUBLISHJOBFINISH", "PublishEventInfo": _event(world, made)})
    return dict(OK) | {"publish_id": made.publish_id, "msg_data_id": made.msg_data_id}


@route("POST", "/cgi-bin/freepublish/get")
def result(world: World, request: Request) -> JSON:
    """发布状态查询 freepublish_get: 1 while it goes on."""
    made = world.publications.get(str(request.json().get("publish_id")))
    if made is None:
        raise ApiError(53600)
    status = state(world, made)
    answer: JSON = {"publish_id": made.publish_id, "publish_status": status}
    if status == PUBLISHED:
        answer |= {"article_id": made.article_id, "article_detail": _detail(world, made)}
    return answer | {"fail_idx": _failed(made) if status == ORIGINAL_FAILED else []}


@route("POST", "/cgi-bin/freepublish/delete")
def delete(world: World, request: Request) -> JSON:
    """删除发布文章 freepublishDelete: the whole publication with ``index`` 0."""
    _published(world, request.json().get("article_id")).deleted = True
    return dict(OK)


@route("POST", "/cgi-bin/freepublish/getarticle")
def article(world: World, request: Request) -> JSON:
    """获取已发布图文信息 freepublishGetarticle."""
    made = _published(world, request.json().get("article_id"))
    return {"news_item": news_items(world, made.articles, urls=urls(world, made))}


@route("POST", "/cgi-bin/freepublish/batchget")
def page(world: World, request: Request) -> JSON:
    """获取已发布的消息列表 freepublish_batchget: newest first."""
    asked = request.json()
    found = [each for each in world.publications.values() if state(world, each) == PUBLISHED][::-1]
    items = [
        {
            "article_id": each.article_id,
            "content": {"news_item": news_items(world, each.articles, asked, urls(world, each))},
            "update_time": int(each.done_at),
        }
        for each in chosen(found, asked)
    ]
    return {"total_count": len(found), "item_count": len(items), "item": items}


@route("GET", "/s", token=False)
def read(world: World, request: Request) -> Reply:
    """The article as readers open it; nothing in it may run."""
    index = request.query.get("idx", "1")
    articles = _readable(world, request.query.get("id", ""))
    place = int(index) - 1 if index.isdigit() else -1
    if not 0 <= place < len(articles):
        return Reply("该内容已被发布者删除或不存在".encode(), status=404)
    title = html.escape(str(articles[place]["title"]))
    page = (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><article>{articles[place]['content']}</article></html>"
    )
    policy = "default-src 'none'; img-src *; style-src 'unsafe-inline'"
    headers = {"Content-Security-Policy": policy}
    return Reply(page.encode(), "text/html; charset=utf-8", headers=headers)


def _readable(world: World, key: str) -> list[JSON]:
    """The articles of a publication (by article_id) or of a mass send (by msg_id)."""
    for made in world.publications.values():
        if made.article_id == key and state(world, made) == PUBLISHED:
            return made.articles
    for mass in world.masses:
        if str(mass.msg_id) == key and not mass.deleted:
            return mass.articles
    return []


def state(world: World, made: Publication) -> int:
    """The publish_status now."""
    if world.now() < made.done_at:
        return PUBLISHING
    return DELETED if made.deleted and made.status == PUBLISHED else made.status


def urls(world: World, made: Publication) -> list[str]:
    """Where each article of a publication is read."""
    base = f"{world.base_url}/s?id={made.article_id}"
    return [f"{base}&idx={place}" for place in range(1, len(made.articles) + 1)]


def _published(world: World, article_id: Any) -> Publication:
    for made in world.publications.values():
        if made.article_id == article_id and state(world, made) == PUBLISHED:
            return made
    raise ApiError(53600)


def _detail(world: World, made: Publication) -> JSON:
    items = [{"idx": n, "article_url": url} for n, url in enumerate(urls(world, made), start=1)]
    return {"count": len(items), "item": items}


def _event(world: World, made: Publication) -> JSON:
    fields: JSON = {"publish_id": int(made.publish_id), "publish_status": made.status}
    if made.status == PUBLISHED:
        return fields | {"article_id": made.article_id, "article_detail": _detail(world, made)}
    return fields | ({"fail_idx": _failed(made)} if made.status == ORIGINAL_FAILED else {})


def _failed(made: Publication) -> list[int]:
    return list(range(1, len(made.articles) + 1))
