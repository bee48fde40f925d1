"""The account: addresses of WeChat's servers, quotas (查询、重置 API 调用额度), callback check."""

from __future__ import annotations

from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.routing import JSON, ROUTES, Request, route
from haitang.wechat.simulator.world import World

OK: JSON = {"errcode": 0, "errmsg": "ok"}
CLEARS_A_MONTH = 10


@route("GET", "/cgi-bin/get_api_domain_ip")
def api_addresses(world: World, request: Request) -> JSON:
    """获取微信 API 接口 IP 地址 getApiDomainIp."""
    return {"ip_list": ["127.0.0.1"]}


@route("GET", "/cgi-bin/getcallbackip")
def callback_addresses(world: World, request: Request) -> JSON:
    """获取微信推送服务器 IP 地址 getCallbackIp."""
    return {"ip_list": ["127.0.0.1"]}


@route("POST", "/cgi-bin/callback/check")
def check(world: World, request: Request) -> JSON:
    """网络通信检测 callbackCheck."""
    found = {"ip": "127.0.0.1"}
    dns = [found | {"real_operator": "UNICOM"}]
    ping = [found | {"from_operator": "UNICOM", "package_loss": "0%", "time": "0.512ms"}]
    action = request.json().get("action", "all")
    return {
        "dns": dns if action in ("dns", "all") else [],
        "ping": ping if action in ("ping", "all") else [],
    }


@route("POST", "/cgi-bin/clear_quota")
def clear(world: World, request: Request) -> JSON:
    """重置 API 调用次数 clearQuota: ten times a month, then 48006."""
    if request.json().get("appid") != world.account.app_id:
        raise ApiError(40013)
    month = world.local().strftime("%Y-%m")
    world.clears = [at for at in world.clears if world.local(at).strftime("%Y-%m") == month]
    if len(world.clears) >= CLEARS_A_MONTH:
        raise ApiError(48006)
    world.clears.append(world.now())
    world.used = {}
    return dict(OK)


@route("POST", "/cgi-bin/openapi/quota/get")
def quota(world: World, request: Request) -> JSON:
    """查询 API 调用额度 getApiQuota: of one address, today."""
    path = str(request.json().get("cgi_path", "")).split("?")[0]
    if path not in ROUTES:
        raise ApiError(76021)
    limit, used = world.limit(path), world.used.get(path, 0)
    return dict(OK) | {
        "quota": {"daily_limit": limit, "used": used, "remain": max(0, limit - used)},
        "rate_limit": {"call_count": 0, "refresh_second": 60},
    }
