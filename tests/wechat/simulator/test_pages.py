"""The page of the simulator: what it is told, what it may do, and from where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from haitang.wechat.simulator.invented import furnish
from haitang.wechat.simulator.routing import Reply, Request
from haitang.wechat.simulator.server import Simulator
from tests.wechat.simulator.conftest import Call, Webhook, opened

pytestmark = pytest.mark.once
HERE = {"host": "127.0.0.1:8400", "content-type": "application/json"}


def _ask(wechat: Simulator, path: str, body: Any = None, **query: str) -> Any:
    method = "GET" if body is None else "POST"
    content = b"" if body is None else json.dumps(body).encode()
    reply = wechat.pages.answer(Request(method, path, query, content, HERE))
    assert reply is not None
    return json.loads(reply.body)


def _lines(wechat: Simulator, who: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _ask(wechat, "/_sim/state", who=who)["lines"]
    return found


def test_page_and_its_files_carry_a_policy_without_inline_scripts(wechat: Simulator) -> None:
    for path in ("/", "/_page/page.css", "/_page/page.js", "/_page/icon.svg"):
        reply = wechat.pages.answer(Request("GET", path))
        assert isinstance(reply, Reply)
        policy = reply.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
    assert wechat.pages.answer(Request("GET", "/cgi-bin/user/get")) is None


def test_what_one_types_goes_to_the_webhook_and_the_answer_shows(
    wechat: Simulator, webhook: Webhook, call: Call
) -> None:
    ling = wechat.follower("林女士")
    assert _ask(wechat, "/_sim/act", {"act": "text", "who": ling.openid, "text": "在吗？"}) == {
        "problem": ""
    }
    assert opened(wechat, webhook.envelopes[0])["Content"] == "在吗？"
    body = {"touser": ling.openid, "msgtype": "text", "text": {"content": "在的"}}
    call("POST", "/cgi-bin/message/custom/send", body)
    lines = _lines(wechat, ling.openid)
    assert [(each["by"], each["text"]) for each in lines] == [
        ("follower", "在吗？"),
        ("account", "在的"),
    ]
    state = _ask(wechat, "/_sim/state", who=ling.openid, since=str(lines[0]["number"]))
    assert [each["text"] for each in state["lines"]] == ["在的"]
    assert "还能发 4 条" in state["person"]["window"]
    assert "custom/send → errcode 0" in state["calls"][0]["title"]
    assert "林女士 text → 已收到" in state["deliveries"][0]["title"]


def test_state_tells_no_secret(wechat: Simulator) -> None:
    text = json.dumps(_ask(wechat, "/_sim/state"))
    account = wechat.account
    assert not any(each in text for each in (account.secret, account.token, account.aes_key))


def test_what_cannot_be_done_is_said(wechat: Simulator, webhook: Webhook) -> None:
    stranger = wechat.follower("过路人", following=False)
    told = _ask(wechat, "/_sim/act", {"act": "text", "who": stranger.openid, "text": "在吗？"})
    assert told == {"problem": "过路人没有关注公众号，请先关注。"}
    assert _ask(wechat, "/_sim/act", {"act": "text", "who": "nobody"})["problem"]
    assert webhook.envelopes == []


def test_faults_are_switched_on_and_off(wechat: Simulator, call: Call) -> None:
    _ask(wechat, "/_sim/fault", {"kind": "unauthorized", "on": True, "path": "/cgi-bin/user"})
    assert call("GET", "/cgi-bin/user/get")["errcode"] == 48001
    [fault] = [each for each in _ask(wechat, "/_sim/state")["faults"] if each["on"]]
    assert (fault["kind"], fault["path"]) == ("unauthorized", "/cgi-bin/user")
    _ask(wechat, "/_sim/fault", {"kind": "unauthorized", "on": False})
    assert "errcode" not in call("GET", "/cgi-bin/user/get")


def test_next_publication_is_rejected_on_request(wechat: Simulator) -> None:
    _ask(wechat, "/_sim/fault", {"kind": "publication", "on": True})
    assert wechat.world.next_status == 4
    assert _ask(wechat, "/_sim/state")["faults"][-1]["on"]
    _ask(wechat, "/_sim/fault", {"kind": "publication", "on": False})
    assert wechat.world.next_status == 0


def test_new_person_begins_as_a_stranger(wechat: Simulator) -> None:
    made = _ask(wechat, "/_sim/person", {"name": " 孙阿姨 "})
    person = wechat.world.followers[made["openid"]]
    assert (person.name, person.subscribed) == ("孙阿姨", False)
    assert _ask(wechat, "/_sim/person", {"name": " "})["problem"]


def test_kinds_of_lines_have_one_shape(wechat: Simulator, call: Call) -> None:
    ling = wechat.follower("林女士")
    wechat.send_image(ling)
    article = {"title": "会员日", "description": "周六", "url": "http://x/", "picurl": ""}
    menu = {"head_content": "满意吗？", "list": [{"id": "1", "content": "满意"}]}
    for kind, body in (("news", {"articles": [article]}), ("msgmenu", menu)):
        asked = {"touser": ling.openid, "msgtype": kind, kind: body}
        assert call("POST", "/cgi-bin/message/custom/send", asked)["errcode"] == 0
    passive = {"Articles": {"item": {"Title": "被动", "Description": "", "Url": "", "PicUrl": ""}}}
    wechat.world.show(ling, by="account", kind="news", body=passive)
    picture, news, choice, told = _lines(wechat, ling.openid)
    assert picture["picture"].startswith("/mmbiz/picture?id=")
    assert news["news"][0]["title"] == "会员日"
    assert choice["choices"] == menu["list"]
    assert told["news"][0]["title"] == "被动"


@pytest.mark.parametrize(
    "headers",
    [
        {**HERE, "host": "evil.example"},
        {**HERE, "origin": "https://evil.example"},
        {**HERE, "content-type": "text/plain"},
        {},
    ],
)
def test_page_of_somebody_else_can_do_nothing(wechat: Simulator, headers: dict[str, str]) -> None:
    body = json.dumps({"name": "坏人"}).encode()
    reply = wechat.pages.answer(Request("POST", "/_sim/person", {}, body, headers))
    assert reply is not None
    assert reply.status == 403
    assert wechat.world.followers == {}


def test_broken_requests_are_refused(wechat: Simulator) -> None:
    broken = wechat.pages.answer(Request("POST", "/_sim/act", {}, b"{", HERE))
    unknown = wechat.pages.answer(Request("POST", "/_sim/other", {}, b"{}", HERE))
    assert broken is not None
    assert unknown is not None
    assert (broken.status, unknown.status) == (400, 404)


def test_newcomer_finds_people_and_a_past(wechat: Simulator, call: Call) -> None:
    furnish(wechat)
    people = _ask(wechat, "/_sim/state")["people"]
    assert [each["subscribed"] for each in people] == [True] * 4 + [False] * 2
    page = call("POST", "/cgi-bin/freepublish/batchget", {"offset": 0, "count": 20})
    assert page["total_count"] == 3
    furnish(wechat)
    assert len(wechat.world.followers) == 6
