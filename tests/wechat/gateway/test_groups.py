"""The groups of calls: what is asked, and that documented answers are understood.

Answers have the shapes of developers.weixin.qq.com: doc/offiaccount/User_Management, Draft_Box,
Publish, Message_Management, Custom_Menus, Account_Management and doc/service/api/wedata.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from haitang.kernel.errors import Invalid
from haitang.wechat.gateway import WeChatError
from haitang.wechat.gateway.api.custom import News
from haitang.wechat.gateway.api.datacube import ArticleDay, UpstreamDay
from haitang.wechat.gateway.api.drafts import DraftArticle, faults_of
from haitang.wechat.gateway.api.followers import FollowerPage, Tag
from haitang.wechat.gateway.client import WeChatClient
from haitang.wechat.gateway.paging import PageWalk
from haitang.wechat.models import Account, SyncCursor
from tests.wechat.gateway.conftest import SECRET, Hands
from tests.wechat.gateway.far_end import Asked, FarEnd

pytestmark = pytest.mark.django_db
ARTICLE = DraftArticle(title="秋燥", content="<p>润肺</p>", thumb_media_id="COVER")


def test_linked_article_goes_out_as_one_news(
    client_of_wechat: WeChatClient, far_end: FarEnd
) -> None:
    client_of_wechat.custom.send_news("oA", News("活动", "本周六", "https://example.com/a"))
    body = far_end.calls("/cgi-bin/message/custom/send")[0].json
    assert body["news"]["articles"] == [
        {"title": "活动", "description": "本周六", "url": "https://example.com/a", "picurl": ""}
    ]


def test_followers_come_in_pages_and_with_what_is_still_told(
    client_of_wechat: WeChatClient, far_end: FarEnd
) -> None:
    far_end.answers["/cgi-bin/user/get"] = {
        "total": 23000,
        "count": 2,
        "data": {"openid": ["oA", "oB"]},
        "next_openid": "oB",
    }
    assert client_of_wechat.followers.page() == FollowerPage(23000, ("oA", "oB"), "oB")
    far_end.answers["/cgi-bin/user/info/batchget"] = {
        "user_info_list": [
            {
                "subscribe": 1,
                "openid": "oA",
                "subscribe_time": 1382694957,
                "remark": "王女士",
                "tagid_list": [128, 2],
                "subscribe_scene": "ADD_SCENE_QR_CODE",
                "qr_scene": 0,
                "qr_scene_str": "store-1",
            },
            {"subscribe": 0, "openid": "oB"},
        ]
    }
    first, second = client_of_wechat.followers.infos(["oA", "oB"])
    assert (first.tag_ids, first.qr_scene, first.qr_scene_str) == ((128, 2), "", "store-1")
    assert first.followed_at == datetime.fromtimestamp(1382694957, UTC)
    assert (second.is_following, second.followed_at) == (False, None)


def test_too_many_openids_are_refused_before_asking(
    client_of_wechat: WeChatClient, far_end: FarEnd
) -> None:
    with pytest.raises(Invalid, match="最多 100 个"):
        client_of_wechat.followers.infos(["o"] * 101)
    with pytest.raises(Invalid, match="最多 50 个"):
        client_of_wechat.tags.give(1, ["o"] * 51)
    with pytest.raises(Invalid, match="约 10 个汉字"):
        client_of_wechat.tags.create("一二三四五六七八九十一")
    assert not far_end.asked


def test_tags_are_made_and_told(client_of_wechat: WeChatClient, far_end: FarEnd) -> None:
    far_end.answers["/cgi-bin/tags/create"] = {"tag": {"id": 134, "name": "广东"}}
    far_end.answers["/cgi-bin/tags/get"] = {"tags": [{"id": 2, "name": "星标组", "count": 3}]}
    assert client_of_wechat.tags.create("广东") == Tag(134, "广东")
    assert client_of_wechat.tags.list() == [Tag(2, "星标组", 3)]


@pytest.mark.parametrize(
    ("scene", "name", "inner"),
    [
        ("store-1", "QR_STR_SCENE", {"scene_str": "store-1"}),
        (100_000, "QR_SCENE", {"scene_id": 100_000}),
    ],
)
def test_temporary_code_says_its_scene(
    client_of_wechat: WeChatClient, far_end: FarEnd, scene: str | int, name: str, inner: object
) -> None:
    far_end.answers["/cgi-bin/qrcode/create"] = {
        "ticket": "gQH4",
        "expire_seconds": 600,
        "url": "http://weixin.qq.com/q/k",
    }
    ticket = client_of_wechat.qr.temporary(scene, 600)
    body = far_end.calls("/cgi-bin/qrcode/create")[0].json
    assert (body["action_name"], body["action_info"]) == (name, {"scene": inner})
    assert (ticket.ticket, ticket.seconds) == ("gQH4", 600)
    far_end.answers["/cgi-bin/showqrcode"] = b"\x89PNG..."
    assert client_of_wechat.qr.png("a/b==") == b"\x89PNG..."
    assert far_end.calls("/cgi-bin/showqrcode")[0].query == {"ticket": "a/b=="}


def test_answer_without_its_part_is_an_error(
    client_of_wechat: WeChatClient, far_end: FarEnd
) -> None:
    far_end.answers["/cgi-bin/qrcode/create"] = {"errcode": 0, "errmsg": "ok"}
    with pytest.raises(WeChatError, match="微信的回答看不懂"):
        client_of_wechat.qr.permanent("store-1")


@pytest.mark.parametrize(("scene", "seconds"), [("", 600), ("s" * 65, 600), (0, 600), ("s", 59)])
def test_scene_that_cannot_be_is_refused(
    client_of_wechat: WeChatClient, far_end: FarEnd, scene: str | int, seconds: int
) -> None:
    with pytest.raises(Invalid):
        client_of_wechat.qr.temporary(scene, seconds)
    assert not far_end.asked


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": "标" * 33}, "标题有 33 个字，最多 32 个"),
        ({"author": "作" * 17}, "作者"),
        ({"digest": "摘" * 129}, "摘要"),
        ({"content": "x" * 20_000}, "少于 20000"),
        ({"thumb_media_id": ""}, "没有封面"),
        ({"title": " "}, "没有标题"),
        ({"content": ""}, "没有正文"),
    ],
)
def test_draft_beyond_the_limits_says_which(changes: dict[str, str], words: str) -> None:
    assert faults_of(ARTICLE) == []
    [fault] = faults_of(DraftArticle(**{**ARTICLE.__dict__, **changes}))
    assert words in fault


def test_bad_draft_is_not_sent(client_of_wechat: WeChatClient, far_end: FarEnd) -> None:
    with pytest.raises(Invalid) as caught:
        client_of_wechat.drafts.add([ARTICLE, DraftArticle("", "x", "C")])
    assert caught.value.details == ("第 2 篇：没有标题：请写标题。",)
    assert not far_end.asked


def test_upload_is_a_file_in_a_form(client_of_wechat: WeChatClient, far_end: FarEnd) -> None:
    far_end.answers["/cgi-bin/material/add_material"] = {"media_id": "M1", "url": "http://u"}
    assert client_of_wechat.media.upload_permanent("image", b"PNG", "a.png").media_id == "M1"
    asked = far_end.calls("/cgi-bin/material/add_material")[0]
    assert asked.query["type"] == "image"
    assert b'filename="a.png"' in asked.body


def test_error_in_place_of_a_picture_is_an_error(
    client_of_wechat: WeChatClient, far_end: FarEnd
) -> None:
    far_end.answers["/cgi-bin/media/get"] = {"errcode": 40007, "errmsg": "invalid media_id"}
    with pytest.raises(WeChatError, match="素材已经不在"):
        client_of_wechat.media.download("M/1")


def test_menu_that_is_not_there_is_empty(client_of_wechat: WeChatClient, far_end: FarEnd) -> None:
    far_end.answers["/cgi-bin/menu/get"] = {"errcode": 46003, "errmsg": "menu no exist"}
    assert client_of_wechat.menu.get() == []


def test_authorisation_leads_out_and_back(client_of_wechat: WeChatClient, far_end: FarEnd) -> None:
    address = client_of_wechat.oauth.url("https://shop.example/wechat/back/", "STATE")
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    assert parts.fragment == "wechat_redirect"
    assert query["scope"] == ["snsapi_base"]
    assert query["redirect_uri"] == ["https://shop.example/wechat/back/"]
    far_end.answers["/sns/oauth2/access_token"] = {"access_token": "A", "openid": "oA"}
    assert client_of_wechat.oauth.exchange("CODE") == "oA"
    asked = far_end.calls("/sns/oauth2/access_token")[0].query
    assert (asked["code"], asked["secret"]) == ("CODE", SECRET)
    assert "access_token" not in asked


def test_both_families_of_article_figures_are_understood(
    client_of_wechat: WeChatClient, far_end: FarEnd
) -> None:
    day = date(2026, 8, 2)
    far_end.answers["/datacube/getarticletotaldetail"] = {
        "list": [
            {
                "ref_date": "2026-08-02",
                "msgid": "2247_1",
                "content_url": "https://mp.weixin.qq.com/s/x",
                "title": "秋燥",
                "publish_type": 1,
                "detail_list": [{"stat_date": "2026-08-03", "read_user": 12, "share_user": 4}],
            }
        ],
        "is_delay": True,
    }
    new = client_of_wechat.datacube.articles(day, family="new")
    assert new.is_delayed
    [figure] = new.articles
    assert (figure.msgid, figure.day, figure.readers, figure.reads) == (
        "2247_1",
        date(2026, 8, 3),
        12,
        None,
    )
    far_end.answers["/datacube/getarticletotal"] = {
        "list": [
            {
                "ref_date": "2026-08-02",
                "msgid": "2247_1",
                "title": "秋燥",
                "details": [
                    {
                        "stat_date": "2026-08-08",
                        "target_user": 261917,
                        "int_page_read_user": 23676,
                        "int_page_read_count": 25615,
                        "share_user": 122,
                    }
                ],
            }
        ]
    }
    assert client_of_wechat.datacube.articles(day, family="old").articles == (
        ArticleDay("2247_1", "秋燥", day, date(2026, 8, 8), 23676, 122, 25615),
    )


def test_span_that_wechat_would_refuse_is_a_mistake(
    client_of_wechat: WeChatClient, far_end: FarEnd
) -> None:
    first = date(2026, 8, 1)
    far_end.answers["/datacube/getupstreammsg"] = {
        "list": [{"ref_date": "2026-08-01", "msg_type": 1, "msg_user": 282, "msg_count": 817}]
    }
    assert client_of_wechat.datacube.upstream(first, date(2026, 8, 7)) == [
        UpstreamDay(first, 1, 282, 817)
    ]
    with pytest.raises(ValueError, match="7 days"):
        client_of_wechat.datacube.upstream(first, date(2026, 8, 8))


def pages(asked: Asked) -> dict[str, object]:
    """Three pages of two, and an empty one after the last, as WeChat's list ends."""
    openids = [f"o{number}" for number in range(6)]
    after = asked.query.get("next_openid", "")
    rest = openids[openids.index(after) + 1 :] if after else openids
    some = rest[:2]
    answer: dict[str, object] = {"total": 6, "count": len(some), "next_openid": ""}
    return {**answer, "data": {"openid": some}, "next_openid": some[-1]} if some else answer


def test_walk_that_broke_off_goes_on_where_it_was(
    client_of_wechat: WeChatClient, account: Account, far_end: FarEnd, hands: Hands
) -> None:
    far_end.answers["/cgi-bin/user/get"] = pages

    def walk() -> PageWalk:
        fetch = client_of_wechat.followers.page
        return PageWalk(account=account, name="followers", fetch=fetch, now=hands.now)

    met: list[str] = []
    first = walk()
    for page in first:
        if "o2" in page.openids:
            break  # the second page was fetched, but not dealt with
        met += page.openids
    second = walk()
    assert second.resumed
    assert second.started_at == first.started_at
    for page in second:
        met += page.openids
    assert met == [f"o{number}" for number in range(6)]
    assert (second.done, second.total) == (6, 6)
    cursor = SyncCursor.objects.get()
    assert (cursor.position, cursor.started_at, cursor.finished_at) == ("", None, hands.now())
    assert not walk().resumed
