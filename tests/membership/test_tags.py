"""WeChat's tags: made here and there alike, put on followers, compared every night."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from accounts.roles import Role
from haitang.kernel import clock
from haitang.kernel.models import AuditEntry, Job
from haitang.wechat.simulator.server import Simulator
from membership import tasks
from membership.models import Follower, FollowerTag
from membership.syncing import sync_followers
from tests.factories.followers import NOW, make_follower, make_tag
from tests.factories.people import make_holder

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client: Client, cs: User) -> Client:
    """Customer service at the browser."""
    client.force_login(cs)
    return client


def said(client: Client) -> str:
    return client.get("/followers/tags/").content.decode()


def test_tag_is_made_renamed_and_deleted_at_wechat_and_here(
    client: Client, wechat: Simulator
) -> None:
    client.post("/followers/tags/", {"name": "高血压"})
    tag = FollowerTag.objects.get()
    assert wechat.world.tags[tag.number] == "高血压"
    client.post("/followers/tags/", {"name": "高血压"})
    assert "已经有标签" in said(client)
    client.post(f"/followers/tags/{tag.pk}/", {"name": "慢病"})
    assert wechat.world.tags[tag.number] == FollowerTag.objects.get().name == "慢病"
    client.post(f"/followers/tags/{tag.pk}/", {"delete": "1"})
    assert tag.number not in wechat.world.tags
    assert not FollowerTag.objects.exists()
    acts = AuditEntry.objects.filter(stream="tags").order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["create_tag", "rename_tag", "delete_tag"]


def test_what_wechat_refuses_is_told_and_not_done_here(client: Client, wechat: Simulator) -> None:
    client.post("/followers/tags/", {"name": "一二三四五六七八九十一"})
    assert "30 个字节" in said(client)
    wechat.fault("unauthorized", path="/cgi-bin/tags/create")
    client.post("/followers/tags/", {"name": "慢病"})
    assert "没有这个接口的权限" in said(client)
    own = make_tag("星标组", number=2)
    client.post(f"/followers/tags/{own.pk}/", {"delete": "1"})
    assert "微信自带的标签" in said(client)
    assert FollowerTag.objects.get() == own


def test_followers_chosen_in_the_list_get_the_tag_and_lose_it(
    client: Client, wechat: Simulator
) -> None:
    wang, li = wechat.follower("王"), wechat.follower("李")
    sync_followers(now=NOW)
    left = make_follower("left", state="left")
    client.post("/followers/tags/", {"name": "慢病"})
    tag = FollowerTag.objects.get(name="慢病")
    given = {"tag": tag.pk, "followers": [each.pk for each in Follower.objects.all()]}
    back = client.post("/followers/tagged/", given | {"next": "/followers/?state=following"})
    assert back["Location"] == "/followers/?state=following"
    assert wang.tags == li.tags == [tag.number]
    assert set(tag.follower_set.values_list("openid", flat=True)) == {wang.openid, li.openid}
    one = Follower.objects.get(openid=wang.openid)
    client.post("/followers/tagged/", {"tag": tag.pk, "followers": one.pk, "off": "1"})
    assert (wang.tags, li.tags) == ([], [tag.number])
    client.post("/followers/tagged/", {"tag": tag.pk, "followers": left.pk})
    assert "没有选中正在关注的粉丝" in said(client)
    outside = {"tag": tag.pk, "followers": one.pk, "next": "https://evil.example/"}
    assert client.post("/followers/tagged/", outside)["Location"] == "/followers/"


def test_remark_is_written_on_the_follower_s_page_too(client: Client) -> None:
    follower = make_follower()
    client.post(f"/followers/{follower.pk}/remark/", {"remark": "王阿姨"})
    assert "王阿姨" in client.get(f"/followers/{follower.pk}/").content.decode()
    client.force_login(make_holder(Role.OPS))
    sent = client.post(f"/followers/{follower.pk}/remark/", {"remark": "x"})
    assert sent.status_code == 403


@pytest.mark.parametrize("number", [1, 3])
def test_tags_take_a_constant_number_of_queries(
    number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for each in range(number):
        make_tag(f"标签{each}", number=100 + each).follower_set.add(make_follower())
    with django_assert_num_queries(5):
        assert client.get("/followers/tags/").status_code == 200


@pytest.mark.usefixtures("wechat")
def test_followers_are_compared_every_night_with_an_account_only(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)
    tasks.sync_followers()
    tasks.sync_followers()
    assert Job.objects.filter(kind="sync_followers").count() == 1
    Job.objects.all().delete()
    settings.WECHAT_APP_ID = ""
    tasks.sync_followers()
    assert not Job.objects.exists()
