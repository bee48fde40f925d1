"""Files: 新增临时素材, 获取临时素材, 上传图文消息内的图片, 永久素材."""

from __future__ import annotations

import secrets
from typing import Any

from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.routing import JSON, Reply, Request, Upload, route
from haitang.wechat.simulator.world import Media, World

OK: JSON = {"errcode": 0, "errmsg": "ok"}
LARGEST = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "thumb": 64 << 10}
LARGEST_INSIDE = 1 << 20
TEMPORARY_SECONDS = 3 * 86400
MOST_LISTED = 20


@route("POST", "/cgi-bin/media/upload")
def upload(world: World, request: Request) -> JSON:
    """新增临时素材 uploadTempMedia: kept three days."""
    kind = request.query.get("type", "")
    media = _stored(world, kind, _file(request, kind), permanent=False)
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, name: media.media_id, "created_at": int(media.at)}


@route("GET", "/cgi-bin/media/get")
def get(world: World, request: Request) -> Reply:
    """获取临时素材 getMedia: the file itself; 40007 when unknown or older than three days."""
    media = world.media.get(request.query.get("media_id", ""))
    if media is None or (not media.permanent and media.at + TEMPORARY_SECONDS < world.now()):
        raise ApiError(40007)
    return _as_file(media)


@route("POST", "/cgi-bin/media/uploadimg")
def upload_inside(world: World, request: Request) -> JSON:
    """上传图文消息内的图片 uploadImage: JPG or PNG below 1 MB; an address, no media_id."""
    given = _file(request, "image")
    if len(given.content) > LARGEST_INSIDE:
        raise ApiError(40009)
    media = _stored(world, "inside", given, permanent=True)
    return {"url": picture_address(world, media.media_id)}


@route("POST", "/cgi-bin/material/add_material")
def add(world: World, request: Request) -> JSON:
    """新增永久素材 addMaterial: for pictures with the address under which they show."""
    kind = request.query.get("type", "")
    media = _stored(world, kind, _file(request, kind), permanent=True)
    answer: JSON = {"media_id": media.media_id}
    if kind in ("image", "thumb"):
        answer["url"] = picture_address(world, media.media_id)
    return answer


@route("POST", "/cgi-bin/material/get_material")
def get_permanent(world: World, request: Request) -> Reply:
    """获取永久素材 getMaterial."""
    return _as_file(_permanent(world, request.json().get("media_id")))


@route("POST", "/cgi-bin/material/del_material")
def delete(world: World, request: Request) -> JSON:
    """删除永久素材 delMaterial."""
    del world.media[_permanent(world, request.json().get("media_id")).media_id]
    return dict(OK)


@route("GET", "/cgi-bin/material/get_materialcount")
def count(world: World, request: Request) -> JSON:
    """获取永久素材总数 getMaterialCount."""
    kinds = [each.kind for each in world.media.values() if each.permanent]
    found = {f"{kind}_count": kinds.count(kind) for kind in ("voice", "video", "image")}
    return found | {"news_count": len(world.drafts)}


@route("POST", "/cgi-bin/material/batchget_material")
def page(world: World, request: Request) -> JSON:
    """获取永久素材列表 batchGetMaterial: 20 a page, newest first."""
    asked = request.json()
    kind, offset, size = asked.get("type"), asked.get("offset", 0), asked.get("count", MOST_LISTED)
    if kind not in ("image", "voice", "video") or not 1 <= size <= MOST_LISTED:
        raise ApiError(40004 if kind not in ("image", "voice", "video") else 40035)
    found = [each for each in world.media.values() if each.permanent and each.kind == kind][::-1]
    chosen = found[offset : offset + size]
    items = [
        {
            "media_id": each.media_id,
            "name": each.name,
            "update_time": int(each.at),
            "url": picture_address(world, each.media_id),
        }
        for each in chosen
    ]
    return {"total_count": len(found), "item_count": len(items), "item": items}


@route("GET", "/mmbiz/picture", token=False)
def picture(world: World, request: Request) -> Reply:
    """The address under which a picture shows (mmbiz.qpic.cn of the real one)."""
    media = world.media.get(request.query.get("id", ""))
    return Reply(b"", status=404) if media is None else _as_file(media)


def picture_address(world: World, media_id: str) -> str:
    """Where a picture shows."""
    return f"{world.base_url}/mmbiz/picture?id={media_id}"


def keep(world: World, kind: str, name: str, content_type: str, content: bytes) -> Media:
    """A temporary file, such as a picture that a follower sends."""
    return _stored(world, kind, Upload("media", name, content_type, content), permanent=False)


def _stored(world: World, kind: str, given: Upload, *, permanent: bool) -> Media:
    media = Media(
        media_id=secrets.token_urlsafe(32),
        kind=kind,
        name=given.filename,
        content_type=given.content_type,
        content=given.content,
        at=world.now(),
        permanent=permanent,
    )
    world.media[media.media_id] = media
    return media


def _file(request: Request, kind: str) -> Upload:
    if kind not in LARGEST:
        raise ApiError(40004)
    files = [each for each in request.uploads() if each.filename]
    if not files:
        raise ApiError(41005, "media data missing")
    if len(files[0].content) > LARGEST[kind]:
        raise ApiError(40006, "invalid media size")
    if kind in ("image", "thumb") and not files[0].content_type.startswith("image/"):
        raise ApiError(40005, "invalid file type")
    return files[0]


def _permanent(world: World, media_id: Any) -> Media:
    media = world.media.get(str(media_id))
    if media is None or not media.permanent:
        raise ApiError(40007)
    return media


def _as_file(media: Media) -> Reply:
    name = media.media_id[:16]
    disposition = f'attachment; filename="{name}"'
    return Reply(media.content, media.content_type, headers={"Content-disposition": disposition})
