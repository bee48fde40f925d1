"""Pictures and voices: fetched from WeChat while it keeps them, shown to who reads the inbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.roles import Role
from haitang.kernel import clock, files
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.models import AuditEntry, Job
from haitang.wechat.gateway.errors import WeChatError
from haitang.wechat.pictures import LARGEST
from haitang.wechat.simulator.server import Simulator
from membership import media
from membership.delivering import deliver
from membership.models import Conversation, Message
from tests.factories.followers import NOW, PNG, happens, make_conversation
from tests.factories.people import make_holder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_now")]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW + MINUTE)


def comes(wechat: Simulator, kind: str = "image") -> Message:
    """A follower sends a picture or a voice, and the event is processed."""
    person = wechat.follower("王阿姨")
    act = wechat.send_image if kind == "image" else wechat.send_voice
    media_id = str(act(person).fields["MediaId"])
    happens(kind, openid=person.openid, MediaId=media_id)
    return Message.objects.get(media_id=media_id)


def test_picture_is_fetched_by_the_job_kept_sealed_and_shown(
    wechat: Simulator, client: Client, cs: User
) -> None:
    message = comes(wechat)
    assert Job.objects.get(kind="fetch_media").payload == {"message": message.pk}
    before = message.conversation.version if message.conversation else 0
    assert media.fetch(message.pk, now=NOW + MINUTE) == ""
    message.refresh_from_db()
    assert message.file is not None
    assert message.conversation is not None
    assert message.conversation.version > before
    assert b"PNG" not in files.path_of(message.file).read_bytes()
    client.force_login(cs)
    page = client.get(f"/inbox/{message.conversation.pk}/").content.decode()
    assert f'src="/inbox/messages/{message.pk}/file/"' in page
    answer = client.get(f"/inbox/messages/{message.pk}/file/")
    assert answer["Content-Type"] == "image/png"
    assert "private" in answer["Cache-Control"]
    assert b"".join(answer).startswith(b"\x89PNG")
    assert media.fetch(message.pk, now=NOW + MINUTE) == ""
    assert len(wechat.calls_to("/cgi-bin/media/get")) == 1


def test_voice_is_taken_along_on_record(wechat: Simulator, client: Client, cs: User) -> None:
    message = comes(wechat, "voice")
    media.fetch(message.pk, now=NOW + MINUTE)
    client.force_login(cs)
    answer = client.get(f"/inbox/messages/{message.pk}/file/")
    assert answer["Content-Type"] == "audio/amr"
    assert answer["Content-Disposition"].startswith("attachment")
    assert AuditEntry.objects.filter(object_type="membership.message").count() == 1


def test_media_is_for_who_reads_the_inbox(wechat: Simulator, client: Client) -> None:
    message = comes(wechat)
    media.fetch(message.pk, now=NOW + MINUTE)
    client.force_login(make_holder(Role.OPS))
    assert client.get(f"/inbox/messages/{message.pk}/file/").status_code == 403


def test_three_days_later_it_is_not_asked_for(wechat: Simulator) -> None:
    message = comes(wechat)
    assert media.fetch(message.pk, now=NOW + 3 * DAY + MINUTE) == media.OVER
    message.refresh_from_db()
    assert (message.file, message.error) == (None, media.OVER)
    assert wechat.calls_to("/cgi-bin/media/get") == []


def test_fault_is_tried_again_said_at_last_and_fetched_by_hand(
    wechat: Simulator, cs: User, client: Client
) -> None:
    message = comes(wechat)
    wechat.fault("dead", path="/cgi-bin/media/get")
    with pytest.raises(WeChatError):
        media.fetch(message.pk, now=NOW + MINUTE, is_last=False)
    assert media.fetch(message.pk, now=NOW + MINUTE).startswith("没有取到：")
    wechat.clear_faults()
    client.force_login(cs)
    address = f"/inbox/{message.conversation_id}/"
    assert "再取一次" in client.get(address).content.decode()
    client.post(f"/inbox/messages/{message.pk}/fetch/")
    again = Job.objects.filter(kind="fetch_media").latest("pk")
    media.fetch(again.payload["message"], now=NOW + 2 * MINUTE)
    assert "再取一次" not in client.get(address).content.decode()
    message.refresh_from_db()
    with pytest.raises(Conflict):
        media.fetch_again(message=message, by=cs, now=NOW + 2 * MINUTE)


def test_what_has_not_come_in_minutes_can_be_asked_for(
    client: Client, cs: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    happens("image", openid="o1", MediaId="m1")
    address = f"/inbox/{Conversation.objects.get().pk}/"
    client.force_login(cs)
    assert "正在从微信取" in client.get(address).content.decode()
    monkeypatch.setattr(clock, "now", lambda: NOW + 10 * MINUTE)
    assert "再取一次" in client.get(address).content.decode()
    monkeypatch.setattr(clock, "now", lambda: NOW + 4 * DAY)
    assert "微信已不再保存" in client.get(address).content.decode()


def test_file_that_is_too_large_is_not_kept(
    wechat: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "LARGEST", 20)
    message = comes(wechat)
    assert "超过 10 MB" in media.fetch(message.pk, now=NOW + MINUTE)
    message.refresh_from_db()
    assert message.file is None


def picture(content: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile("货架.png", content, content_type="image/png")


def sends(
    client: Client, cs: User, wechat: Simulator, text: str, content: bytes = PNG
) -> tuple[Conversation, Sequence[Message]]:
    """Customer service answers 王阿姨 with a picture and maybe words."""
    person = wechat.follower("王阿姨")
    wechat.send(person, "有货吗？")
    conversation = make_conversation(openid=person.openid)
    client.force_login(cs)
    given = {"text": text, "key": "k", "picture": picture(content)}
    client.post(f"/inbox/{conversation.pk}/answer/", given)
    return conversation, list(Message.objects.filter(direction="out").order_by("pk"))


def test_colleague_answers_with_a_picture_and_words(
    wechat: Simulator, client: Client, cs: User
) -> None:
    _, messages = sends(client, cs, wechat, "在第二排货架。")
    assert [each.kind for each in messages] == ["image", "text"]
    assert [deliver(each.pk, now=NOW + MINUTE) for each in messages] == ["sent", "sent"]
    seen = [line for line in wechat.follower("王阿姨").chat if line.by == "account"]
    assert [line.kind for line in seen] == ["image", "text"]
    assert wechat.world.media[seen[0].body["media_id"]].content == PNG


def test_picture_that_did_not_reach_wechat_is_tried_again_and_not_uncertain(
    wechat: Simulator, client: Client, cs: User
) -> None:
    _, (message,) = sends(client, cs, wechat, "")
    wechat.fault("dead", path="/cgi-bin/media/upload")
    assert deliver(message.pk, now=NOW + MINUTE) == "queued"
    wechat.clear_faults()
    assert deliver(message.pk, now=NOW + MINUTE) == "sent"


def test_what_is_no_picture_is_refused_and_nothing_goes_out(
    wechat: Simulator, client: Client, cs: User
) -> None:
    _, messages = sends(client, cs, wechat, "看附件", b"%PDF-1.7")
    assert messages == []
    with pytest.raises(Invalid, match="10 MB"):
        media.keep_picture(name="大.png", content=PNG + bytes(LARGEST), by=cs, now=NOW)


def test_without_an_account_the_reason_is_kept(settings: Settings) -> None:
    settings.WECHAT_APP_ID = settings.WECHAT_APP_SECRET = ""
    happens("image", openid="o1", MediaId="m1")
    message = Message.objects.get(media_id="m1")
    assert "还没有接上公众号" in media.fetch(message.pk, now=NOW)
