from __future__ import annotations

import pytest
from django.test import Client

from haitang.wechat.models import InboundEvent
from tests.wechat.sender import Sent, encrypted, plain, text_message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("account")]


def post(client: Client, sent: Sent) -> tuple[int, str]:
    answer = client.post(sent.url, sent.body, content_type="text/xml")
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("wrap", [plain, encrypted])
def test_message_is_stored_and_answered(client: Client, wrap) -> None:
    sent = wrap(text_message("在吗"))
    assert post(client, sent) == (200, "success")
    assert post(client, sent) == (200, "success")
    found = InboundEvent.objects.get()
    assert (found.kind, found.openid, found.state) == ("text", "oFollower01", "received")
    assert "在吗" in found.body.for_computing()
