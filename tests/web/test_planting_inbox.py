"""A phone and a card that a follower or a colleague writes lie in plain nowhere."""

from __future__ import annotations

import io
import re

import pytest
from django.test import Client

from campaigns.models import MemberCard
from haitang.kernel import clock
from haitang.kernel.jobs import run_pending
from haitang.wechat import processing
from haitang.wechat.models import InboundEvent
from membership.complaining import Told, record_complaint
from membership.models import Complaint, Conversation, Message, Participant
from tests.factories.followers import happens, make_conversation
from tests.web.permission_scene import PermissionScene
from tests.web.test_planting import CARD, DASHED, PHONE, assert_nowhere, body, found_in
from tests.web.test_planting import client as client  # the fixtures of that module
from tests.web.test_planting import log as log
from tests.web.test_planting import visit as visit
from tests.wechat.conftest import account as account
from tests.wechat.sender import encrypted, event, text_message

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = f"我的电话 {PHONE}（{DASHED}），卡 {CARD}，请回电"


def test_message_from_the_webhook_to_the_page_leaves_no_number(
    visit: PermissionScene, client: Client, account: None, log: io.StringIO
) -> None:
    sent = encrypted(text_message(WORDS, openid="oPlanted"))
    answer = client.post(sent.url, sent.body, content_type="text/xml")
    assert answer.content == b"success"
    processing.drain()
    assert InboundEvent.objects.get(openid="oPlanted").state == "done"
    row = Conversation.objects.get(follower__openid="oPlanted")
    address = f"/inbox/{row.pk}/"
    for page in ("/inbox/", "/inbox/news/", address, f"{address}news/", f"{address}complaint/"):
        shown = body(client.get(page))
        assert "请回电".encode() in shown, page
        assert not found_in(shown), page
    assert_nowhere(log)


def test_click_that_names_a_number_leaves_none(
    visit: PermissionScene, client: Client, account: None, log: io.StringIO
) -> None:
    sent = encrypted(event("CLICK", key="MENU", openid="oPlanted"))
    assert client.post(sent.url, sent.body, content_type="text/xml").status_code == 200
    happens("location", Label=f"{PHONE} 的家", Location_X="1", Location_Y="2", openid="oPlanted")
    happens("link", Title=PHONE, Description=CARD, Url="http://x", openid="oPlanted")
    row = Conversation.objects.get(follower__openid="oPlanted")
    assert not found_in(body(client.get(f"/inbox/{row.pk}/")))
    assert_nowhere(log)


def test_what_colleagues_write_leaves_no_number(
    visit: PermissionScene, client: Client, log: io.StringIO
) -> None:
    conversation = make_conversation(WORDS, at=clock.now())
    MemberCard.objects.create(number=CARD)
    address = f"/inbox/{conversation.pk}/"
    client.post(f"{address}answer/", {"text": f"好的，回电 {PHONE}", "key": "planted"})
    client.post(f"{address}note/", {"text": f"已回电 {DASHED}"})
    client.post(f"/followers/{conversation.follower_id}/remark/", {"remark": f"王 {PHONE}"})
    client.post(f"{address}sort/", {"kind": "enquiry", "topic": "", "tags": f"卡{CARD[:15]}0"})
    client.post(f"{address}member/", {"number": CARD})
    conversation.follower.refresh_from_db()
    assert conversation.follower.member is not None
    run_pending()
    assert Message.objects.filter(direction="out").count() == 1
    assert not found_in(body(client.get(address)))
    assert_nowhere(log)


def test_complaints_leave_no_number(
    visit: PermissionScene, client: Client, log: io.StringIO
) -> None:
    conversation = make_conversation(WORDS)
    made = record_complaint(
        told=Told(
            kind="late_reply",
            text=WORDS,
            happened_on=conversation.opened_at.date(),
            messages=(conversation.messages.get().pk,),
        ),
        conversation=conversation,
        by=visit.user,
        now=conversation.opened_at,
    )
    address = f"/complaints/{made.pk}/"
    client.post(f"{address}decide/", {"upheld": "1", "result": f"已打 {PHONE} 道歉"})
    assert Complaint.objects.get(pk=made.pk).state == "decided"
    for page in ("/complaints/", address):
        assert not found_in(body(client.get(page))), page
    assert_nowhere(log)


def test_full_message_is_shown_to_who_gave_a_reason_and_nowhere_else(
    visit: PermissionScene, client: Client, log: io.StringIO
) -> None:
    message = make_conversation(WORDS).messages.get()
    address = f"/inbox/messages/{message.pk}/"
    assert not found_in(body(client.get(address)))
    shown = client.post(address, {"reason": f"给 {PHONE} 回电话"})
    assert PHONE in shown.content.decode()
    assert not found_in(body(client.get("/audit/")))
    assert_nowhere(log)


@pytest.mark.parametrize("address", ["/inbox/?q=", "/followers/?q=", "/replies/?try="])
def test_search_shows_a_number_in_its_box_only(
    visit: PermissionScene, client: Client, log: io.StringIO, address: str
) -> None:
    make_conversation(WORDS)
    page = body(client.get(address + PHONE)).decode()
    shown = re.sub(r'<input[^>]*value="[^"]*"[^>]*>', "", page)
    assert not found_in(re.sub(r'(href|action|data-live)="[^"]*"', "", shown))
    assert_nowhere(log)


def test_file_of_a_participant_leaves_no_number(
    visit: PermissionScene, client: Client, log: io.StringIO
) -> None:
    MemberCard.objects.create(number=CARD)
    files = "/campaigns/C1/participants/"
    given = {"name": f"王 {DASHED}", "phone": DASHED, "card": CARD, "note": f"回电 {PHONE}"}
    assert client.post(f"{files}new/", given).status_code == 302
    file = Participant.objects.latest("pk")
    refused = client.post(f"{files}new/", {"name": "李", "card": CARD * 4})
    assert refused.status_code == 400
    edit = f"/participants/{file.pk}/edit/"
    for page in (files, f"{files[:-1]}.csv", edit, f"/participants/{file.pk}/", "/audit/"):
        assert not found_in(body(client.get(page))), page
    shown = client.post(f"/participants/{file.pk}/", {"reason": f"给 {PHONE} 回访"})
    assert PHONE in shown.content.decode()
    client.post(f"/participants/{file.pk}/remove/", {"reason": f"{PHONE} 不同意"})
    assert not found_in(body(client.get("/audit/")))
    assert_nowhere(log)
