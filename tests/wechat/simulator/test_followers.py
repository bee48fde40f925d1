"""Followers in pages, tags with their limits, QR codes with their scenes."""

from __future__ import annotations

import io
from typing import Any

import pytest

from haitang.wechat.simulator.acts import NotPossible
from haitang.wechat.simulator.routing import Reply, Request
from haitang.wechat.simulator.server import Simulator
from tests.wechat.simulator.conftest import Call

pytestmark = pytest.mark.once


def test_pages_reach_every_follower_once(wechat: Simulator, call: Call) -> None:
    wechat.world.page_size = 2
    people = [wechat.follower(f"顾客{n}") for n in range(5)]
    wechat.unfollow(people[1])
    seen: list[str] = []
    after = ""
    while True:
        page = call("GET", "/cgi-bin/user/get", next_openid=after)
        assert page["total"] == 4
        if not page["count"]:
            assert "data" not in page
            break
        seen += page["data"]["openid"]
        after = page["next_openid"]
        assert after == seen[-1]
    assert seen == [each.openid for each in people if each is not people[1]]


def test_page_goes_on_after_one_who_left_meanwhile(wechat: Simulator, call: Call) -> None:
    people = [wechat.follower(f"顾客{n}") for n in range(3)]
    wechat.unfollow(people[0])
    page = call("GET", "/cgi-bin/user/get", next_openid=people[0].openid)
    assert page["data"]["openid"] == [people[1].openid, people[2].openid]


def test_info_tells_no_name_and_of_one_who_left_nothing(wechat: Simulator, call: Call) -> None:
    wechat.follow("孙阿姨", scene="store-001")
    sun = wechat.follower("孙阿姨")
    found = call("GET", "/cgi-bin/user/info", openid=sun.openid)
    assert not {"nickname", "headimgurl", "sex", "city"} & set(found)
    assert (found["subscribe_scene"], found["qr_scene_str"]) == ("ADD_SCENE_QR_CODE", "store-001")
    wechat.unfollow(sun)
    gone = call("GET", "/cgi-bin/user/info", openid=sun.openid)
    assert set(gone) == {"subscribe", "openid", "unionid"}
    assert call("GET", "/cgi-bin/user/info", openid="o-nobody")["errcode"] == 40003


def test_infos_of_a_hundred_at_most(wechat: Simulator, call: Call) -> None:
    ling = wechat.follower("林女士")
    path = "/cgi-bin/user/info/batchget"
    some = call("POST", path, {"user_list": [{"openid": ling.openid}] * 100})
    assert len(some["user_info_list"]) == 100
    many = call("POST", path, {"user_list": [{"openid": ling.openid}] * 101})
    assert many["errcode"] == 40032


def test_remark_is_kept(wechat: Simulator, call: Call) -> None:
    ling = wechat.follower("林女士")
    path = "/cgi-bin/user/info/updateremark"
    assert call("POST", path, {"openid": ling.openid, "remark": "高血压"})["errcode"] == 0
    assert call("GET", "/cgi-bin/user/info", openid=ling.openid)["remark"] == "高血压"
    assert call("POST", path, {"openid": ling.openid, "remark": "字" * 31})["errcode"] == 40035


def test_tags_are_made_given_and_taken(wechat: Simulator, call: Call) -> None:
    ling = wechat.follower("林女士")
    tag = call("POST", "/cgi-bin/tags/create", {"tag": {"name": "慢病"}})["tag"]
    assert tag == {"id": 100, "name": "慢病"}
    batch = {"openid_list": [ling.openid], "tagid": 100}
    assert call("POST", "/cgi-bin/tags/members/batchtagging", batch)["errcode"] == 0
    assert {"id": 100, "name": "慢病", "count": 1} in call("GET", "/cgi-bin/tags/get")["tags"]
    members = call("POST", "/cgi-bin/user/tag/get", {"tagid": 100, "next_openid": ""})
    assert members["data"] == {"openid": [ling.openid]}
    of_one = call("POST", "/cgi-bin/tags/getidlist", {"openid": ling.openid})
    assert of_one == {"tagid_list": [100]}
    call("POST", "/cgi-bin/tags/update", {"tag": {"id": 100, "name": "慢病会员"}})
    call("POST", "/cgi-bin/tags/members/batchuntagging", batch)
    call("POST", "/cgi-bin/tags/delete", {"tag": {"id": 100}})
    assert ling.tags == []
    assert 100 not in wechat.world.tags


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("create", {"tag": {"name": "字" * 11}}, 45158),
        ("create", {"tag": {"name": "星标组"}}, 45157),
        ("create", {"tag": {}}, 45157),
        ("delete", {"tag": {"id": 2}}, 45058),
        ("delete", {"tag": {"id": 999}}, 45159),
        ("members/batchtagging", {"openid_list": [], "tagid": 2}, 40032),
        ("members/batchtagging", {"openid_list": ["o"] * 51, "tagid": 2}, 40032),
        ("members/batchtagging", {"openid_list": ["o"], "tagid": 999}, 45159),
        ("members/batchtagging", {"openid_list": ["o"], "tagid": 2}, 40003),
    ],
)
def test_tags_that_wechat_refuses(call: Call, path: str, body: dict[str, Any], code: int) -> None:
    assert call("POST", f"/cgi-bin/tags/{path}", body)["errcode"] == code


def test_hundred_tags_and_twenty_of_one_are_the_most(wechat: Simulator, call: Call) -> None:
    ling = wechat.follower("林女士")
    codes = [
        call("POST", "/cgi-bin/tags/create", {"tag": {"name": f"标签{n}"}}).get("errcode")
        for n in range(100)
    ]
    assert codes == [None] * 99 + [45056]
    ling.tags = list(range(100, 120))
    batch = {"openid_list": [ling.openid], "tagid": 150}
    assert call("POST", "/cgi-bin/tags/members/batchtagging", batch)["errcode"] == 45059


def _qr(call: Call, action: str, scene: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"action_name": action, "action_info": {"scene": scene}, **more}
    return call("POST", "/cgi-bin/qrcode/create", body)


def test_qr_code_is_a_picture_that_a_follower_scans(wechat: Simulator, call: Call) -> None:
    made = _qr(call, "QR_LIMIT_STR_SCENE", {"scene_str": "store-001"})
    assert "expire_seconds" not in made
    reply = wechat.answer(Request("GET", "/cgi-bin/showqrcode", {"ticket": made["ticket"]}))
    assert isinstance(reply, Reply)
    assert reply.content_type == "image/png"
    assert reply.body.startswith(b"\x89PNG")
    assert len(io.BytesIO(reply.body).getvalue()) > 300
    wechat.follow("孙阿姨", scene="store-001")
    assert wechat.world.scenes[made["ticket"]].scans == 1
    nothing = wechat.answer(Request("GET", "/cgi-bin/showqrcode", {"ticket": "no"}))
    assert nothing is not None
    assert nothing.status == 404


def test_temporary_code_ends(wechat: Simulator, call: Call) -> None:
    assert _qr(call, "QR_SCENE", {"scene_id": 7})["expire_seconds"] == 60
    made = _qr(call, "QR_STR_SCENE", {"scene_str": "sale"}, expire_seconds=9_000_000)
    assert made["expire_seconds"] == 2_592_000
    wechat.advance(61)
    with pytest.raises(NotPossible, match="过期"):
        wechat.scan("孙阿姨", "7")
    wechat.scan("孙阿姨", "sale")


@pytest.mark.parametrize(
    ("action", "scene"),
    [
        ("QR_LIMIT_SCENE", {"scene_id": 100_001}),
        ("QR_LIMIT_SCENE", {"scene_id": 0}),
        ("QR_LIMIT_STR_SCENE", {"scene_str": ""}),
        ("QR_LIMIT_STR_SCENE", {"scene_str": "x" * 65}),
        ("QR_DANCE", {"scene_id": 1}),
    ],
)
def test_codes_that_wechat_refuses(call: Call, action: str, scene: dict[str, Any]) -> None:
    assert _qr(call, action, scene)["errcode"] == 40053


def test_subscription_account_has_no_codes(wechat: Simulator, call: Call) -> None:
    wechat.world.kind = "subscription"
    assert _qr(call, "QR_SCENE", {"scene_id": 1})["errcode"] == 48001
