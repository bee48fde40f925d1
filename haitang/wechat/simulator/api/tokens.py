"""Access tokens: 获取接口调用凭据 getAccessToken, 获取稳定版接口调用凭据 getStableAccessToken."""

from __future__ import annotations

import secrets

from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.routing import JSON, Request, route
from haitang.wechat.simulator.world import Token, World

LIFE = 7200
EARLY = 300  # a stable token is renewed that long before its end, an old one lives on as long
FORCED_A_DAY = 20
FORCED_APART = 30


@route("GET", "/cgi-bin/token", token=False)
def token(world: World, request: Request) -> JSON:
    """getAccessToken: each call makes a new token; the one before serves five minutes more."""
    _check(world, request.query)
    return _answer(world, _renewed(world, "plain"))


@route("POST", "/cgi-bin/stable_token", token=False)
def stable_token(world: World, request: Request) -> JSON:
    """getStableAccessToken: the same token until five minutes before its end.

    ``force_refresh`` makes a new one at once and ends the old: 20 a day, and nothing new within
    30 seconds of the last.
    """
    asked = request.json()
    _check(world, {key: str(value) for key, value in asked.items()})
    held = world.tokens.get("stable", [])
    if asked.get("force_refresh") is True:
        return _forced(world)
    if held and held[-1].expires - EARLY > world.now():
        return _answer(world, held[-1])
    return _answer(world, _renewed(world, "stable"))


def _forced(world: World) -> JSON:
    now = world.now()
    world.forced = [at for at in world.forced if at > now - 86400]
    held = world.tokens.get("stable", [])
    if held and world.forced and now - world.forced[-1] < FORCED_APART:
        return _answer(world, held[-1])
    if len(world.forced) >= FORCED_A_DAY:
        raise ApiError(45009)
    world.forced.append(now)
    world.tokens["stable"] = []
    return _answer(world, _renewed(world, "stable"))


def _check(world: World, given: object) -> None:
    values: dict[str, str] = dict(given)  # type: ignore[call-overload]
    if values.get("grant_type") not in ("client_credential", "client_credentials"):
        raise ApiError(40002)
    if not values.get("appid"):
        raise ApiError(41002)
    if values["appid"] != world.account.app_id:
        raise ApiError(40013)
    if not values.get("secret"):
        raise ApiError(41004)
    if values["secret"] != world.account.secret:
        raise ApiError(40125)


def _renewed(world: World, kind: str) -> Token:
    now = world.now()
    held = [each for each in world.tokens.get(kind, []) if each.expires > now][-1:]
    for old in held:
        old.expires = min(old.expires, now + EARLY)
    fresh = Token(f"{world.number()}_{secrets.token_urlsafe(96)}", now + LIFE)
    world.tokens[kind] = [*held, fresh]
    return fresh


def _answer(world: World, token: Token) -> JSON:
    return {"access_token": token.value, "expires_in": int(token.expires - world.now())}


def check_token(world: World, value: str) -> None:
    """ApiError 41001, 42001 or 40001 unless the token serves now."""
    if not value:
        raise ApiError(41001)
    for each in (each for held in world.tokens.values() for each in held):
        if secrets.compare_digest(each.value, value):
            if each.expires <= world.now():
                raise ApiError(42001)
            return
    raise ApiError(40001)
