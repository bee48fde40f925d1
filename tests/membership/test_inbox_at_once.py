"""Pages of the inbox that were overtaken, what its list shows, and who is next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from haitang.kernel import clock
from membership.models import Conversation
from tests.factories.followers import NOW, happens, make_conversation, make_rule
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=10))


@pytest.fixture
def client(client: Client, cs: User) -> Client:
    """Customer service at the browser."""
    client.force_login(cs)
    return client


def test_conversation_is_not_ended_over_a_message_that_nobody_has_seen(
    client: Client, cs: User
) -> None:
    """The page was open while the follower wrote once more."""
    conversation = make_conversation()
    address = f"/inbox/{conversation.pk}/"
    seen = client.get(address).context["newest"]
    happens("text", "还有一件事", openid=conversation.follower.openid, at=clock.now())
    said = client.post(f"{address}close/", {"seen": seen}, follow=True).content.decode()
    assert "对方刚发来新的消息" in said
    conversation.refresh_from_db()
    assert conversation.state == "open"
    client.post(f"{address}close/", {"seen": client.get(address).context["newest"]})
    conversation.refresh_from_db()
    assert conversation.state == "closed"


def test_conversation_that_a_colleague_has_just_taken_is_not_taken_from_him(
    client: Client, cs: User
) -> None:
    conversation, other = make_conversation(), make_user()
    address = f"/inbox/{conversation.pk}/assign/"
    Conversation.objects.update(owner=other)
    said = client.post(address, {"owner": cs.pk, "seen": ""}, follow=True).content.decode()
    assert f"刚由{other}负责了" in said
    conversation.refresh_from_db()
    assert conversation.owner == other
    client.post(address, {"owner": cs.pk, "seen": other.pk})
    conversation.refresh_from_db()
    assert conversation.owner == cs


def test_remark_leads_back_to_where_it_was_written(client: Client, cs: User) -> None:
    conversation = make_conversation()
    sent = {"remark": "王阿姨", "next": f"/inbox/{conversation.pk}/"}
    address = f"/followers/{conversation.follower_id}/remark/"
    assert client.post(address, sent)["Location"] == sent["next"]
    outside = client.post(address, {"remark": "王", "next": "https://evil.example/"})
    assert outside["Location"] == f"/followers/{conversation.follower_id}/"


def test_list_shows_the_question_not_what_the_account_said_to_it_by_itself(
    client: Client, cs: User
) -> None:
    make_rule("下班", words="", trigger="other", text="您的留言收到了。")
    conversation = make_conversation("请问枇杷膏还有货吗？")
    assert conversation.messages.count() == 2
    page = client.get("/inbox/").content.decode()
    assert "请问枇杷膏还有货吗" in page
    assert "您的留言收到了" not in page


def test_page_leads_to_who_has_waited_longest_besides(client: Client, cs: User) -> None:
    one, other = make_conversation(), make_user()
    long, longer, given = (
        make_conversation(at=NOW - timedelta(minutes=minutes)) for minutes in (5, 9, 20)
    )
    Conversation.objects.filter(pk=given.pk).update(owner=other)
    assert client.get(f"/inbox/{one.pk}/").context["next_one"] == longer
    assert client.get(f"/inbox/{longer.pk}/").context["next_one"] == long
    Conversation.objects.exclude(pk=one.pk).update(waiting_since=None)
    assert client.get(f"/inbox/{one.pk}/").context["next_one"] is None
