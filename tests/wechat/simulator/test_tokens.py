"""Tokens: one that lasts, limits of refreshing, what a bad one answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from haitang.wechat.simulator.routing import Request
from haitang.wechat.simulator.server import Simulator
from tests.wechat.simulator.conftest import Call, credentials

pytestmark = pytest.mark.once


def _stable(wechat: Simulator, **more: Any) -> dict[str, Any]:
    body = json.dumps(credentials(wechat, **more)).encode()
    return _json(wechat, Request("POST", "/cgi-bin/stable_token", {}, body))


def _plain(wechat: Simulator) -> dict[str, Any]:
    return _json(wechat, Request("GET", "/cgi-bin/token", credentials(wechat)))


def _json(wechat: Simulator, request: Request) -> dict[str, Any]:
    reply = wechat.answer(request)
    assert reply is not None
    found: dict[str, Any] = json.loads(reply.body)
    return found


def _used(wechat: Simulator, token: str) -> int:
    request = Request("GET", "/cgi-bin/get_api_domain_ip", {"access_token": token})
    return int(_json(wechat, request).get("errcode", 0))


def test_stable_token_is_the_same_until_five_minutes_before_its_end(wechat: Simulator) -> None:
    first = _stable(wechat)
    assert first["expires_in"] == 7200
    wechat.advance(6899)
    assert _stable(wechat)["access_token"] == first["access_token"]
    wechat.advance(1)
    second = _stable(wechat)
    assert second["access_token"] != first["access_token"]
    assert _used(wechat, first["access_token"]) == 0
    wechat.advance(300)
    assert _used(wechat, first["access_token"]) == 42001
    assert _used(wechat, second["access_token"]) == 0


def test_forced_refresh_ends_the_old_token_at_once(wechat: Simulator) -> None:
    first = _stable(wechat)["access_token"]
    second = _stable(wechat, force_refresh=True)["access_token"]
    assert second != first
    assert _used(wechat, first) == 40001


def test_forced_refresh_within_thirty_seconds_changes_nothing(wechat: Simulator) -> None:
    first = _stable(wechat, force_refresh=True)["access_token"]
    wechat.advance(29)
    assert _stable(wechat, force_refresh=True)["access_token"] == first
    wechat.advance(1)
    assert _stable(wechat, force_refresh=True)["access_token"] != first


def test_forced_refresh_is_refused_the_twenty_first_time_a_day(wechat: Simulator) -> None:
    for _ in range(20):
        assert "access_token" in _stable(wechat, force_refresh=True)
        wechat.advance(30)
    assert _stable(wechat, force_refresh=True)["errcode"] == 45009
    wechat.advance(86400)
    assert "access_token" in _stable(wechat, force_refresh=True)


def test_plain_token_outlives_a_new_one_by_five_minutes(wechat: Simulator) -> None:
    first, second = _plain(wechat)["access_token"], _plain(wechat)["access_token"]
    assert first != second
    assert _used(wechat, first) == 0
    wechat.advance(301)
    assert _used(wechat, first) == 42001
    assert _used(wechat, second) == 0


def test_stable_and_plain_tokens_leave_each_other_alone(wechat: Simulator) -> None:
    stable = _stable(wechat)["access_token"]
    _plain(wechat)
    _plain(wechat)
    wechat.advance(600)
    assert _used(wechat, stable) == 0


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"grant_type": "password"}, 40002),
        ({"appid": ""}, 41002),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"secret": ""}, 41004),
        ({"secret": "0" * 32}, 40125),
    ],
)
def test_token_request_with_something_wrong(
    wechat: Simulator, wrong: dict[str, str], code: int
) -> None:
    assert _stable(wechat, **wrong)["errcode"] == code


def test_call_without_or_with_a_foreign_token(wechat: Simulator, call: Call) -> None:
    assert _used(wechat, "") == 41001
    assert _used(wechat, "somebody-elses") == 40001


def test_unknown_address_and_wrong_method(call: Call) -> None:
    assert call("POST", "/cgi-bin/no/such/thing", {})["errcode"] == 40066
    assert call("GET", "/cgi-bin/message/custom/send")["errcode"] == 43002
    assert call("POST", "/cgi-bin/user/get", {})["errcode"] == 43001


def test_body_that_is_no_json(wechat: Simulator) -> None:
    assert _json(wechat, Request("POST", "/cgi-bin/stable_token"))["errcode"] == 44002
    assert _json(wechat, Request("POST", "/cgi-bin/stable_token", {}, b"[1"))["errcode"] == 47001
    assert _json(wechat, Request("POST", "/cgi-bin/stable_token", {}, b"[]"))["errcode"] == 47001


def test_daily_quota_is_counted_told_and_cleared_ten_times_a_month(
    wechat: Simulator, call: Call
) -> None:
    wechat.world.limits["/cgi-bin/user/get"] = 2
    path = {"cgi_path": "/cgi-bin/user/get"}
    assert "errcode" not in call("GET", "/cgi-bin/user/get")
    assert call("POST", "/cgi-bin/openapi/quota/get", path)["quota"] == {
        "daily_limit": 2,
        "used": 1,
        "remain": 1,
    }
    call("GET", "/cgi-bin/user/get")
    assert call("GET", "/cgi-bin/user/get")["errcode"] == 45009
    app = {"appid": wechat.account.app_id}
    assert call("POST", "/cgi-bin/clear_quota", app)["errcode"] == 0
    assert "errcode" not in call("GET", "/cgi-bin/user/get")
    codes = [call("POST", "/cgi-bin/clear_quota", app)["errcode"] for _ in range(10)]
    assert codes == [0] * 9 + [48006]
    assert call("POST", "/cgi-bin/openapi/quota/get", {"cgi_path": "/x"})["errcode"] == 76021
