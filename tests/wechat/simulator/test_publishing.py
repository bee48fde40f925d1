"""Files, drafts, publication, mass sends: accepted first, finished later, told by events."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from haitang.wechat.simulator.api.media import LARGEST_INSIDE
from haitang.wechat.simulator.routing import Reply, Request
from haitang.wechat.simulator.server import Simulator
from tests.wechat.simulator.conftest import Call, Webhook, opened

pytestmark = pytest.mark.once
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8 + b"\r\n--x\r\n"


@pytest.fixture
def upload(wechat: Simulator, call: Call) -> Any:
    """Upload a picture by a multipart form: ``upload(path, type="image")`` → the JSON."""

    def send(path: str, content: bytes = PICTURE, **query: str) -> dict[str, Any]:
        boundary = "boundary-of-the-form"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\n'
            "Content-Type: image/png\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        token = wechat.world.tokens["stable"][-1].value
        asked = {"access_token": token, **query}
        reply = wechat.answer(Request("POST", path, asked, body, {"content-type": kind}))
        assert reply is not None
        found: dict[str, Any] = json.loads(reply.body)
        return found

    return send


@pytest.fixture
def thumb(upload: Any) -> str:
    return str(upload("/cgi-bin/material/add_material", type="image")["media_id"])


def _article(thumb: str, **more: Any) -> dict[str, Any]:
    return {"title": "会员日", "content": "<p>周六见</p>", "thumb_media_id": thumb, **more}


def _draft(call: Call, thumb: str, **more: Any) -> dict[str, Any]:
    return call("POST", "/cgi-bin/draft/add", {"articles": [_article(thumb, **more)]})


def test_file_comes_back_as_it_was(wechat: Simulator, upload: Any) -> None:
    content = os.urandom(5000)
    made = upload("/cgi-bin/media/upload", content, type="image")
    assert (made["type"], set(made)) == ("image", {"type", "media_id", "created_at"})
    query = {"access_token": wechat.world.tokens["stable"][-1].value, "media_id": made["media_id"]}
    reply = wechat.answer(Request("GET", "/cgi-bin/media/get", query))
    assert isinstance(reply, Reply)
    assert reply.body == content


def test_temporary_file_is_kept_three_days(wechat: Simulator, call: Call, upload: Any) -> None:
    made = upload("/cgi-bin/media/upload", type="image")
    wechat.advance(3 * 86400 + 1)
    assert call("GET", "/cgi-bin/media/get", media_id=made["media_id"])["errcode"] == 40007


def test_files_that_wechat_refuses(upload: Any) -> None:
    assert upload("/cgi-bin/media/upload", type="poem")["errcode"] == 40004
    assert upload("/cgi-bin/media/uploadimg", bytes(LARGEST_INSIDE + 1))["errcode"] == 40009
    assert upload("/cgi-bin/media/upload", bytes(70_000), type="thumb")["errcode"] == 40006


def test_draft_is_read_changed_and_listed(call: Call, thumb: str) -> None:
    made = _draft(call, thumb, author="小编")
    media_id = made["media_id"]
    item = call("POST", "/cgi-bin/draft/get", {"media_id": media_id})["news_item"][0]
    assert (item["title"], item["author"], item["is_deleted"]) == ("会员日", "小编", False)
    change = {"media_id": media_id, "index": 0, "articles": _article(thumb, title="改了")}
    assert call("POST", "/cgi-bin/draft/update", change)["errcode"] == 0
    page = call("POST", "/cgi-bin/draft/batchget", {"offset": 0, "count": 20, "no_content": 1})
    assert page["item"][0]["content"]["news_item"][0]["title"] == "改了"
    assert "content" not in page["item"][0]["content"]["news_item"][0]
    assert call("GET", "/cgi-bin/draft/count") == {"total_count": 1}
    assert call("POST", "/cgi-bin/draft/update", {**change, "index": 1})["errcode"] == 40114
    assert call("POST", "/cgi-bin/draft/delete", {"media_id": media_id})["errcode"] == 0
    assert call("POST", "/cgi-bin/draft/get", {"media_id": media_id})["errcode"] == 40007


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"title": "字" * 33}, 45003),
        ({"author": "字" * 17}, 45110),
        ({"digest": "字" * 129}, 45004),
        ({"content": "字" * 20_000}, 45002),
        ({"content": ""}, 44004),
        ({"thumb_media_id": "no"}, 40007),
    ],
)
def test_articles_that_wechat_refuses(
    call: Call, thumb: str, wrong: dict[str, Any], code: int
) -> None:
    assert _draft(call, thumb, **wrong)["errcode"] == code


def test_foreign_pictures_and_scripts_are_filtered(call: Call, thumb: str, upload: Any) -> None:
    own = upload("/cgi-bin/media/uploadimg")["url"]
    html = f'<p>一</p><img src="https://elsewhere/a.png"><img src="{own}"><script>x</script>'
    made = _draft(call, thumb, content=html)
    item = call("POST", "/cgi-bin/draft/get", {"media_id": made["media_id"]})["news_item"][0]
    assert item["content"] == f'<p>一</p><img src="{own}">'


def test_publication_is_accepted_first_and_finished_later(
    wechat: Simulator, call: Call, webhook: Webhook, thumb: str
) -> None:
    media_id = _draft(call, thumb)["media_id"]
    made = call("POST", "/cgi-bin/freepublish/submit", {"media_id": media_id})
    assert made["errcode"] == 0
    asked = {"publish_id": made["publish_id"]}
    assert call("POST", "/cgi-bin/freepublish/get", asked)["publish_status"] == 1
    assert webhook.envelopes == []
    assert call("POST", "/cgi-bin/draft/get", {"media_id": media_id})["errcode"] == 40007
    wechat.advance(2)
    done = call("POST", "/cgi-bin/freepublish/get", asked)
    assert done["publish_status"] == 0
    event = opened(wechat, webhook.envelopes[0])
    assert event["Event"] == "PUBLISHJOBFINISH"
    assert event["PublishEventInfo"]["publish_id"] == made["publish_id"]
    assert event["PublishEventInfo"]["article_id"] == done["article_id"]
    url = done["article_detail"]["item"][0]["article_url"]
    query = dict(pair.split("=") for pair in url.partition("?")[2].split("&"))
    page = wechat.answer(Request("GET", "/s", query))
    assert page is not None
    assert "周六见" in page.body.decode()
    call("POST", "/cgi-bin/freepublish/delete", {"article_id": done["article_id"], "index": 0})
    assert call("POST", "/cgi-bin/freepublish/get", asked)["publish_status"] == 5


def test_publication_that_fails_keeps_the_draft(
    wechat: Simulator, call: Call, webhook: Webhook, thumb: str
) -> None:
    media_id = _draft(call, thumb)["media_id"]
    wechat.world.next_status = 2
    made = call("POST", "/cgi-bin/freepublish/submit", {"media_id": media_id})
    wechat.advance(2)
    found = call("POST", "/cgi-bin/freepublish/get", {"publish_id": made["publish_id"]})
    assert (found["publish_status"], found["fail_idx"]) == (2, [1])
    info = opened(wechat, webhook.envelopes[0])["PublishEventInfo"]
    assert (info["publish_status"], info["fail_idx"]) == ("2", "1")
    assert "errcode" not in call("POST", "/cgi-bin/draft/get", {"media_id": media_id})
    wechat.world.next_status = -1
    refused = call("POST", "/cgi-bin/freepublish/submit", {"media_id": media_id})
    assert refused["errcode"] == 53503


def _mass(call: Call, media_id: str, **more: Any) -> dict[str, Any]:
    body = {"filter": {"is_to_all": True}, "msgtype": "mpnews", "mpnews": {"media_id": media_id}}
    return call("POST", "/cgi-bin/message/mass/sendall", {**body, **more})


def test_mass_send_reaches_everybody_once(
    wechat: Simulator, call: Call, webhook: Webhook, thumb: str
) -> None:
    people = [wechat.follower(f"顾客{n}") for n in range(3)]
    made = _mass(call, _draft(call, thumb)["media_id"], clientmsgid="october-1")
    assert made["errmsg"] == "send job submission success"
    again = _mass(call, _draft(call, thumb)["media_id"], clientmsgid="october-1")
    assert (again["errcode"], again["msg_id"]) == (45065, made["msg_id"])
    assert [len(each.chat) for each in people] == [1, 1, 1]
    wechat.advance(2)
    event = opened(wechat, webhook.envelopes[0])
    assert (event["Event"], event["MsgID"]) == ("MASSSENDJOBFINISH", str(made["msg_id"]))
    assert (event["TotalCount"], event["SentCount"]) == ("3", "3")
    asked = {"msg_id": made["msg_id"]}
    assert call("POST", "/cgi-bin/message/mass/get", asked)["msg_status"] == "SEND_SUCCESS"
    too_long = _mass(call, _draft(call, thumb)["media_id"], clientmsgid="x" * 65)
    assert too_long["errcode"] == 45067


def test_service_account_reaches_a_follower_four_times_a_month(
    wechat: Simulator, call: Call
) -> None:
    ling = wechat.follower("林女士")
    for _ in range(5):
        body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "周六见"}}
        assert call("POST", "/cgi-bin/message/mass/sendall", body)["errcode"] == 0
    assert len(ling.chat) == 4


def test_subscription_account_sends_once_a_day(wechat: Simulator, call: Call) -> None:
    wechat.world.kind = "subscription"
    body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "周六见"}}
    codes = [call("POST", "/cgi-bin/message/mass/sendall", body)["errcode"] for _ in range(2)]
    assert codes == [0, 45028]
    wechat.advance(86400)
    assert call("POST", "/cgi-bin/message/mass/sendall", body)["errcode"] == 0


def test_mass_send_to_a_tag_or_to_openids(wechat: Simulator, call: Call) -> None:
    ling, li = wechat.follower("林女士"), wechat.follower("李先生")
    ling.tags = [2]
    body = {"filter": {"tag_id": 2}, "msgtype": "text", "text": {"content": "周六见"}}
    call("POST", "/cgi-bin/message/mass/sendall", body)
    assert (len(ling.chat), len(li.chat)) == (1, 0)
    body["touser"] = [ling.openid]
    assert call("POST", "/cgi-bin/message/mass/send", body)["errcode"] == 40130
    body["touser"] = [ling.openid, li.openid]
    assert call("POST", "/cgi-bin/message/mass/send", body)["errcode"] == 0
    assert (len(ling.chat), len(li.chat)) == (2, 1)
