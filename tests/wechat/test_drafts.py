"""The draft box: written, listed, published from and emptied, with WeChat's side as it plays it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.roles import Role
from haitang.kernel.models import AuditEntry
from haitang.wechat.drafting import html_of
from haitang.wechat.simulator.server import Simulator, running_simulator
from tests.factories.followers import PNG
from tests.factories.people import make_holder

pytestmark = pytest.mark.django_db
FILLED = {"title": "秋季养生", "author": "朱文静", "digest": "", "text": "秋天燥。\n\n多喝水 <b>。"}


@pytest.fixture
def wechat(settings: Settings) -> Iterator[Simulator]:
    """WeChat's side, which delivers to nobody."""
    with running_simulator(post=lambda envelope: (200, b"success")) as running:
        for name, value in running.environment.items():
            setattr(settings, name, value)
        yield running


@pytest.fixture
def client(client: Client) -> Client:
    """The copy editor at the browser."""
    client.force_login(make_holder(Role.COPY))
    return client


def cover(content: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile("封面.png", content, content_type="image/png")


def write(client: Client, **changes: object) -> str:
    given = FILLED | {"cover": cover()} | changes
    return client.post("/wechat/drafts/new/", given, follow=True).content.decode()


def test_text_becomes_escaped_paragraphs() -> None:
    assert html_of("一\n\n二 <b>") == "<p>一</p><p><br></p><p>二 &lt;b&gt;</p>"


@pytest.mark.django_db(transaction=True)
def test_copy_editor_writes_a_draft_and_a_manager_publishes_from_the_list(
    client: Client, wechat: Simulator
) -> None:
    page = write(client)
    assert "已在公众号的草稿箱里" in page
    (draft,) = wechat.world.drafts.values()
    assert wechat.world.media[draft.articles[0]["thumb_media_id"]].content == PNG
    assert "?draft=" not in page
    assert AuditEntry.objects.get(act="add_draft").details == {"title": "秋季养生"}
    client.force_login(make_holder(Role.SUPERVISOR))
    assert f"publish/?draft={draft.media_id}" in client.get("/wechat/drafts/").content.decode()
    form = client.get(f"/wechat/publications/publish/?draft={draft.media_id}").context["form"]
    assert form["draft"].value() == draft.media_id


def test_what_wechat_would_refuse_is_said_before_anything_is_uploaded(
    client: Client, wechat: Simulator
) -> None:
    assert "32" in write(client, title="长" * 33)
    assert "不是 JPG 或 PNG" in write(client, cover=cover(b"%PDF"))
    assert "请选一张封面图片" in write(client, cover="")
    assert "少于 20000" in write(client, text="字" * 20_000)
    assert not wechat.world.media
    assert not wechat.world.drafts


@pytest.mark.django_db(transaction=True)
def test_draft_is_deleted_by_managers_only(client: Client, wechat: Simulator) -> None:
    write(client)
    (media_id,) = wechat.world.drafts
    given = {"draft": media_id, "title": "秋季养生"}
    assert client.post("/wechat/drafts/delete/", given).status_code == 403
    client.force_login(make_holder(Role.IT))
    client.post("/wechat/drafts/delete/", given)
    assert not wechat.world.drafts


def test_account_without_the_interface_is_told_what_to_do(
    client: Client, wechat: Simulator
) -> None:
    wechat.fault("unauthorized", path="/cgi-bin/draft/batchget")
    assert "没有这个接口的权限" in client.get("/wechat/drafts/").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_a_constant_number_of_queries(
    number: int,
    client: Client,
    wechat: Simulator,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(number):
        write(client)
    with django_assert_num_queries(7):
        assert client.get("/wechat/drafts/").status_code == 200
