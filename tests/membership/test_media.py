"""Pictures and voices: fetched from WeChat while it keeps them, shown to who reads the inbox."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from accounts.roles import Role
from haitang.kernel import clock, files
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.jobs import run_pending
from haitang.kernel.models import AuditEntry, Job, StoredFile
from haitang.wechat.gateway.api.media import Media
from haitang.wechat.gateway.errors import WeChatError
from haitang.wechat.pictures import LARGEST
from haitang.wechat.simulator.server import Simulator
from membership import media, tasks
from membership.delivering import deliver
from membership.models import Complaint, Conversation, Message
from tests.factories.followers import (
    NOW,
    PNG,
    happens,
    make_complaint,
    make_conversation,
    make_picture,
)
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


def test_file_that_another_job_brought_is_not_lost(
    wechat: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two jobs fetch the same picture; the one that fails ends last."""
    message = comes(wechat)
    download = Media.download

    def another_is_faster(door: Media, media_id: str) -> bytes:
        monkeypatch.setattr(Media, "download", download)
        media.fetch(message.pk, now=NOW + MINUTE)
        raise WeChatError(40007)

    monkeypatch.setattr(Media, "download", another_is_faster)
    assert media.fetch(message.pk, now=NOW + MINUTE) == ""
    message.refresh_from_db()
    assert message.file is not None
    assert message.error == ""


def test_same_file_fetched_twice_at_once_is_kept_once(
    wechat: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = comes(wechat)
    download = Media.download

    def another_is_faster(door: Media, media_id: str) -> bytes:
        monkeypatch.setattr(Media, "download", download)
        media.fetch(message.pk, now=NOW + MINUTE)
        return download(door, media_id)

    monkeypatch.setattr(Media, "download", another_is_faster)
    media.fetch(message.pk, now=NOW + MINUTE)
    message.refresh_from_db()
    assert StoredFile.objects.get() == message.file


def test_asking_for_a_file_that_has_just_come_does_not_lose_it(wechat: Simulator, cs: User) -> None:
    stale = comes(wechat)
    media.fetch(stale.pk, now=NOW + MINUTE)
    media.fetch_again(message=stale, by=cs, now=NOW + MINUTE)
    assert Message.objects.get(pk=stale.pk).file is not None
    assert not Job.objects.filter(kind="fetch_media", created_by=cs).exists()


def long_ago(message: Message) -> None:
    """Its file lies on the disk since it came."""
    assert message.file is not None
    os.utime(files.path_of(message.file), (NOW.timestamp(), NOW.timestamp()))


def test_picture_is_deleted_when_it_was_kept_long_enough_and_the_page_says_so(
    client: Client, cs: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    conversation = make_conversation()
    message = make_picture(conversation)
    assert message.file is not None
    path = files.path_of(message.file)
    long_ago(message)
    assert media.drop_old(now=NOW + 180 * DAY) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert media.drop_old(now=NOW + 180 * DAY + MINUTE) == 1
    assert not path.exists()
    assert not StoredFile.objects.exists()
    client.force_login(cs)
    page = client.get(f"/inbox/{conversation.pk}/").content.decode()
    assert "已过保存期" in page
    assert "再取一次" not in page
    assert client.get(f"/inbox/messages/{message.pk}/file/").status_code == 404
    assert AuditEntry.objects.get(act="drop_old_media").details == {"files": 1, "days": 180}


def test_evidence_of_a_complaint_is_kept_until_long_after_its_end(cs: User) -> None:
    message = make_picture(make_conversation())
    complaint = make_complaint(cs)
    complaint.messages.add(message)
    assert media.drop_old(now=NOW + 400 * DAY) == 0
    ended = {"state": "closed", "told_at": NOW, "closed_at": NOW + 300 * DAY}
    Complaint.objects.filter(pk=complaint.pk).update(**ended)
    assert media.drop_old(now=NOW + 479 * DAY) == 0
    assert media.drop_old(now=NOW + 481 * DAY) == 1


def test_old_media_is_a_job_of_the_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)
    tasks.drop_old_media()
    tasks.drop_old_media()
    assert run_pending(now=lambda: NOW + MINUTE) == 1
    assert Job.objects.get().result == {"files": 0}
