"""Menu, notifications, web authorisation: what is left of the account."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from haitang.wechat.simulator.api.notify import TEMPLATES
from haitang.wechat.simulator.routing import Request
from haitang.wechat.simulator.server import Simulator
from tests.wechat.simulator.conftest import Call, Webhook, opened

pytestmark = pytest.mark.once
MENU = {
    "button": [
        {"type": "click", "name": "营业时间", "key": "HOURS"},
        {"name": "更多", "sub_button": [{"type": "view", "name": "官网", "url": "http://x/"}]},
    ]
}


def test_menu_is_kept_shown_and_deleted(call: Call) -> None:
    assert call("GET", "/cgi-bin/menu/get")["errcode"] == 46003
    assert call("POST", "/cgi-bin/menu/create", MENU) == {"errcode": 0, "errmsg": "ok"}
    found = call("GET", "/cgi-bin/menu/get")["menu"]["button"]
    assert found[0] == {"type": "click", "name": "营业时间", "key": "HOURS", "sub_button": []}
    current = call("GET", "/cgi-bin/get_current_selfmenu_info")
    assert current["selfmenu_info"]["button"][1]["sub_button"]["list"][0]["name"] == "官网"
    assert call("GET", "/cgi-bin/menu/delete")["errcode"] == 0
    assert call("GET", "/cgi-bin/get_current_selfmenu_info")["is_menu_open"] == 0


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 40016),
        ([{"type": "click", "name": "一", "key": "K"}] * 4, 40016),
        ([{"type": "click", "name": "字" * 6, "key": "K"}], 40018),
        ([{"type": "click", "name": "一"}], 40035),
        ([{"type": "dance", "name": "一"}], 40015),
        ([{"name": "一", "sub_button": [{"type": "click", "name": "二", "key": "K"}] * 6}], 40016),
    ],
)
def test_menus_that_wechat_refuses(call: Call, buttons: list[Any], code: int) -> None:
    assert call("POST", "/cgi-bin/menu/create", {"button": buttons})["errcode"] == code


def test_notification_uses_up_one_subscription(
    wechat: Simulator, call: Call, webhook: Webhook
) -> None:
    ling, template = wechat.follower("林女士"), TEMPLATES[0]["priTmplId"]
    data = {"thing1": {"value": "会员日"}, "time2": {"value": "九点"}, "thing3": {"value": "全部"}}
    asked = {"touser": ling.openid, "template_id": template, "data": data}
    path = "/cgi-bin/message/subscribe/bizsend"
    assert call("POST", path, asked)["errcode"] == 43101
    wechat.subscribe_template(ling, template)
    assert call("POST", path, {**asked, "data": {}})["errcode"] == 47003
    assert call("POST", path, asked)["errcode"] == 0
    assert call("POST", path, asked)["errcode"] == 43101
    assert call("POST", path, {**asked, "template_id": "x"})["errcode"] == 40037
    wechat.run_due()
    names = [opened(wechat, each)["Event"] for each in webhook.envelopes]
    assert names == ["subscribe_msg_popup_event", "subscribe_msg_sent_event"]


def _agreed(wechat: Simulator, **more: str) -> dict[str, list[str]]:
    ling = wechat.follower("林女士")
    form = {
        "redirect_uri": "http://127.0.0.1:8000/h5/?a=1",
        "state": "s1",
        "scope": "snsapi_base",
        "openid": ling.openid,
        "agree": "1",
        **more,
    }
    body = "&".join(f"{key}={value}" for key, value in form.items()).encode()
    reply = wechat.answer(Request("POST", "/connect/oauth2/agree", {}, body))
    assert reply is not None
    assert reply.status == 302
    return parse_qs(urlsplit(reply.headers["Location"]).query)


def _exchanged(call: Call, wechat: Simulator, code: str) -> dict[str, Any]:
    account = wechat.account
    given = {"appid": account.app_id, "secret": account.secret, "code": code}
    return call("GET", "/sns/oauth2/access_token", grant_type="authorization_code", **given)


def test_authorisation_gives_a_code_that_serves_once(wechat: Simulator, call: Call) -> None:
    back = _agreed(wechat, redirect_uri="http://127.0.0.1:8000/h5/?a=1".replace("&", "%26"))
    assert (back["a"], back["state"]) == (["1"], ["s1"])
    found = _exchanged(call, wechat, back["code"][0])
    assert (found["openid"], found["scope"]) == (wechat.follower().openid, "snsapi_base")
    assert _exchanged(call, wechat, back["code"][0])["errcode"] == 40163
    assert _exchanged(call, wechat, "never-given")["errcode"] == 40029


def test_code_is_old_after_five_minutes(wechat: Simulator, call: Call) -> None:
    code = _agreed(wechat)["code"][0]
    wechat.advance(301)
    assert _exchanged(call, wechat, code)["errcode"] == 40029


def test_who_refuses_comes_back_without_a_code(wechat: Simulator) -> None:
    assert _agreed(wechat, agree="0") == {"a": ["1"], "state": ["s1"]}


def _page(wechat: Simulator, **more: str) -> tuple[int, str]:
    query = {
        "appid": wechat.account.app_id,
        "redirect_uri": "http://127.0.0.1:8000/h5/",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": '"><script>',
        **more,
    }
    reply = wechat.answer(Request("GET", "/connect/oauth2/authorize", query))
    assert reply is not None
    return reply.status, reply.body.decode()


def test_page_of_authorisation_asks_for_consent(wechat: Simulator) -> None:
    wechat.follower("林女士")
    status, page = _page(wechat)
    assert status == 200
    assert "同意" in page
    assert "林女士" in page
    assert "<script>" not in page


def test_page_refuses_foreign_addresses(wechat: Simulator) -> None:
    assert _page(wechat, redirect_uri="https://evil.example/")[0] == 400
    assert _page(wechat, redirect_uri="javascript:alert(1)")[0] == 400
    assert _page(wechat, scope="everything")[0] == 400
    assert _page(wechat, appid="wx0")[0] == 400
