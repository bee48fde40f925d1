"""Menus and abilities: checked here, asked there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from haitang.kernel import leases
from haitang.kernel.errors import Conflict, Invalid
from haitang.wechat import capabilities, menu_form, menus
from haitang.wechat.gateway import WeChatError
from haitang.wechat.gateway.client import WeChatClient
from haitang.wechat.models import Account, MenuVersion
from tests.factories.people import make_user
from tests.wechat.gateway.far_end import FarEnd

VIEW = {"type": "view", "name": "门店", "url": "https://example.com/stores"}
CLICK = {"type": "click", "name": "义诊", "key": "CLINIC"}


@pytest.mark.once
@pytest.mark.parametrize(
    ("buttons", "words"),
    [
        ([], "菜单是空的"),
        ([VIEW] * 4, "最多 3 个"),
        ([{**VIEW, "name": "六个汉字超了"}], "名称太长：最多 16 个字节"),
        ([{**VIEW, "name": ""}], "没有名称"),
        ([{**VIEW, "url": "example.com"}], "以 https:// 开头"),
        ([{"name": "门店", "type": ""}], "没有选做什么"),
        ([{**CLICK, "key": ""}], "没有填内容"),
        ([{"name": "更多", "sub_button": [VIEW] * 6}], "下面最多 5 个"),
        ([{"name": "更多", "sub_button": [{**CLICK, "key": "k" * 129}]}], "第 1 个的内容太长"),
    ],
)
def test_menu_that_wechat_would_refuse_says_why(buttons: list[Any], words: str) -> None:
    assert any(words in fault for fault in menus.faults_of(buttons))


@pytest.mark.once
def test_fields_of_the_page_and_the_menu_are_the_same() -> None:
    buttons: list[Any] = [{"name": "更多", "sub_button": [VIEW, CLICK]}, VIEW]
    assert menus.faults_of(buttons) == []
    columns = menu_form.columns_of(buttons)
    assert menu_form.buttons_of(columns) == buttons
    data = {
        f"{slot.prefix}_{part}": getattr(slot, part)
        for column in columns
        for slot in (column.top, *column.below)
        for part in ("name", "kind", "value")
    }
    assert menu_form.columns_typed(data) == columns
    assert menus.lines_of(buttons)[1] == (2, "门店", "打开网页", "https://example.com/stores")


@pytest.mark.django_db
def test_pushed_menu_is_the_live_one(
    client_of_wechat: WeChatClient, far_end: FarEnd, now: datetime
) -> None:
    by = make_user()
    first, second = (menus.save_menu(buttons=[each], by=by, now=now) for each in (VIEW, CLICK))
    menus.push_menu(version=first, client=client_of_wechat, by=by, now=now)
    assert far_end.calls("/cgi-bin/menu/create")[0].json == {"button": [VIEW]}
    far_end.answers["/cgi-bin/menu/create"] = [{"errcode": 40054, "errmsg": "x"}, {"errcode": 0}]
    with pytest.raises(WeChatError):
        menus.push_menu(version=second, client=client_of_wechat, by=by, now=now)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_live, second.is_live, "网址不对" in second.error) == (True, False, True)
    menus.push_menu(version=second, client=client_of_wechat, by=by, now=now)
    assert list(MenuVersion.objects.filter(is_live=True)) == [second]
    with pytest.raises(Invalid):
        menus.save_menu(buttons=[], by=by, now=now)


@pytest.mark.django_db
def test_live_menu_made_by_hand_is_read(client_of_wechat: WeChatClient, far_end: FarEnd) -> None:
    # The shape of 查询自定义菜单·获取自定义菜单配置接口.
    far_end.answers["/cgi-bin/get_current_selfmenu_info"] = {
        "is_menu_open": 1,
        "selfmenu_info": {
            "button": [
                {"name": "更多", "sub_button": {"list": [{**VIEW}]}},
                {"type": "text", "name": "问候", "value": "您好"},
            ]
        },
    }
    lines = menus.lines_of(menus.live_buttons(client_of_wechat))
    assert [line[1:] for line in lines] == [
        ("更多", "", ""),
        ("门店", "打开网页", "https://example.com/stores"),
        ("问候", "text", "您好"),
    ]


@pytest.mark.django_db
def test_abilities_are_what_the_answers_say(
    client_of_wechat: WeChatClient, account: Account, far_end: FarEnd, now: datetime
) -> None:
    no = {"errcode": 48001, "errmsg": "api unauthorized"}
    far_end.answers.update(
        {
            "/cgi-bin/user/get": {"total": 0, "count": 0},
            "/cgi-bin/message/custom/typing": {"errcode": 40003, "errmsg": "invalid openid"},
            "/cgi-bin/qrcode/create": no,
            "/cgi-bin/freepublish/batchget": no,
            "/cgi-bin/draft/count": {"total_count": 3},
            "/cgi-bin/tags/get": {"errcode": -1, "errmsg": "system error"},
            "/sns/oauth2/access_token": {"errcode": 40029, "errmsg": "invalid code"},
        }
    )
    found = capabilities.find_out(client=client_of_wechat, now=now).capabilities
    assert (found["followers"], found["custom"], found["draft"], found["oauth"]) == (True,) * 4
    assert (found["qr"], found["publish"]) == (False, False)
    assert "tags" not in found


@pytest.mark.django_db
def test_account_that_cannot_be_asked_keeps_what_is_known(
    client_of_wechat: WeChatClient, account: Account, far_end: FarEnd, now: datetime
) -> None:
    far_end.answers["/cgi-bin/stable_token"] = {"errcode": 40164, "errmsg": "invalid ip 1.2.3.4 x"}
    with pytest.raises(WeChatError, match=r"1\.2\.3\.4"):
        capabilities.find_out(client=client_of_wechat, now=now)
    account.refresh_from_db()
    assert account.capabilities_checked_at is None


@pytest.mark.django_db
def test_only_one_menu_is_pushed_at_a_time(
    client_of_wechat: WeChatClient, far_end: FarEnd, now: datetime
) -> None:
    by = make_user()
    version = menus.save_menu(buttons=[VIEW], by=by, now=now)
    with (
        leases.hold(f"wechat-menu:{version.account_id}"),
        pytest.raises(Conflict, match="正有人在推送"),
    ):
        menus.push_menu(version=version, client=client_of_wechat, by=by, now=now)
    assert far_end.calls("/cgi-bin/menu/create") == []
