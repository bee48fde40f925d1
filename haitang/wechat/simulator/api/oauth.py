"""Web authorisation (网页授权): the page with «同意», the code, the openid behind it."""

from __future__ import annotations

import html
import secrets
from urllib.parse import urlencode, urlsplit, urlunsplit

from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.routing import JSON, Reply, Request, route
from haitang.wechat.simulator.world import World

SCOPES = ("snsapi_base", "snsapi_userinfo")
CODE_SECONDS = 300
PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<title>微信授权（模拟）</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/_page/page.css"></head><body class="consent"><main>
<h1>海棠药堂（模拟公众号）申请</h1><p>{what}</p>
<form method="post" action="/connect/oauth2/agree">{hidden}
<label for="openid">以谁的身份打开</label><select id="openid" name="openid">{people}</select>
<button type="submit" name="agree" value="1">同意</button>
<button type="submit" name="agree" value="0" class="quiet">拒绝</button></form></main></body></html>
"""


@route("GET", "/connect/oauth2/authorize", token=False)
def authorize(world: World, request: Request) -> Reply:
    """网页授权第一步. WeChat agrees silently to snsapi_base; here one chooses who one is."""
    query = request.query
    if query.get("appid") != world.account.app_id:
        return _page_error("Oops! Something went wrong: AppID 不对（10013）")
    if query.get("response_type") != "code" or query.get("scope") not in SCOPES:
        return _page_error("Scope 参数错误或没有 Scope 权限（10005）")
    if not allowed_redirect(world, query.get("redirect_uri", "")):
        return _page_error("redirect_uri 域名与后台配置不一致（10003）")
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(query.get(name, ""))}">'
        for name in ("redirect_uri", "state", "scope")
    )
    people = "".join(
        f'<option value="{each.openid}">{html.escape(each.name)}</option>'
        for each in world.followers.values()
    )
    what = "获得你的 OpenID" if query["scope"] == "snsapi_base" else "获得你的昵称、头像"
    page = PAGE.format(what=what, hidden=hidden, people=people)
    return Reply(page.encode(), "text/html; charset=utf-8")


@route("POST", "/connect/oauth2/agree", token=False)
def agree(world: World, request: Request) -> Reply:
    """The button of the page: back to the product with code and state, or with state only."""
    form = request.form()
    target = form.get("redirect_uri", "")
    if not allowed_redirect(world, target):
        return _page_error("redirect_uri 域名与后台配置不一致（10003）")
    given = {"state": form.get("state", "")}
    if form.get("agree") == "1":
        follower = world.person(form.get("openid"))
        given = {"code": new_code(world, follower.openid, form.get("scope", "")), **given}
    return Reply(b"", status=302, headers={"Location": _with_query(target, given)})


def new_code(world: World, openid: str, scope: str) -> str:
    """A code that serves once, for five minutes."""
    code = secrets.token_hex(16)
    world.codes[code] = (openid, scope, world.now() + CODE_SECONDS)
    return code


@route("GET", "/sns/oauth2/access_token", token=False)
def exchange(world: World, request: Request) -> JSON:
    """通过 code 换取网页授权 access_token: 40029 unknown or old, 40163 already used."""
    query = request.query
    if query.get("appid") != world.account.app_id:
        raise ApiError(40013)
    if query.get("secret") != world.account.secret:
        raise ApiError(40125)
    if query.get("grant_type") != "authorization_code":
        raise ApiError(40002)
    code = query.get("code", "")
    if not code:
        raise ApiError(41008)
    openid, scope, expires = world.codes.get(code, ("", "", 0.0))
    if openid == "used":
        raise ApiError(40163)
    if not openid or expires < world.now():
        raise ApiError(40029)
    world.codes[code] = ("used", "", expires)
    return {
        "access_token": secrets.token_urlsafe(64),
        "expires_in": 7200,
        "refresh_token": secrets.token_urlsafe(64),
        "openid": openid,
        "scope": scope,
        "is_snapshotuser": 0,
        "unionid": world.person(openid).unionid,
    }


def allowed_redirect(world: World, target: str) -> bool:
    """网页授权域名: this machine, and the host of the webhook."""
    parts = urlsplit(target)
    hosts = {"127.0.0.1", "localhost", "::1", "testserver", world.product_host}
    return parts.scheme in ("http", "https") and parts.hostname in hosts


def _with_query(target: str, given: dict[str, str]) -> str:
    parts = urlsplit(target)
    query = "&".join(filter(None, [parts.query, urlencode(given)]))
    return urlunsplit(parts._replace(query=query))


def _page_error(sentence: str) -> Reply:
    return Reply(sentence.encode(), status=400)
