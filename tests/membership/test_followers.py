"""Followers: the list, its export, and the comparison with WeChat's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.kernel.jobs import run_pending
from haitang.kernel.models import AuditEntry, Job
from haitang.wechat.simulator.server import Simulator
from membership import syncing
from membership.models import Follower, FollowerTag
from membership.syncing import sync_followers
from tests.factories.followers import NOW, changes, happens, make_code, make_follower
from tests.factories.trade import make_store

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def states() -> dict[str, str]:
    return dict(Follower.objects.values_list("openid", "state"))


def test_sync_takes_over_followers_remarks_tags_and_codes(wechat: Simulator) -> None:
    code = make_code(store=make_store(), scene_str="poster1")
    wang, li = wechat.follower("王"), wechat.follower("李")
    wang.remark, wang.qr_scene_str, wang.tags = "王阿姨 13987650123", "poster1", [2]
    result = sync_followers(now=NOW)
    assert (result["met"], result["gone"]) == (2, 0)
    found = Follower.objects.get(openid=wang.openid)
    assert (found.state, found.remark, found.scene) == ("following", "王阿姨 *******0123", code)
    assert [tag.number for tag in found.tags.all()] == [2]
    assert Follower.objects.get(openid=li.openid).followed_at is not None
    assert changes() == ["follow", "follow"]


def test_second_sync_changes_nothing_and_takes_tags_off(wechat: Simulator) -> None:
    wang = wechat.follower("王")
    wang.tags = [2]
    sync_followers(now=NOW)
    wang.tags = []
    sync_followers(now=NOW + DAY)
    assert Follower.objects.get().tags.count() == 0
    assert FollowerTag.objects.exists()
    assert changes() == ["follow"]


def test_who_is_not_met_is_gone_and_who_comes_meanwhile_is_not(wechat: Simulator) -> None:
    make_follower("gone", at=NOW - DAY)
    make_follower("came", at=NOW + DAY)
    here = wechat.follower("王")
    assert sync_followers(now=NOW)["gone"] == 1
    assert states() == {"gone": "gone", "came": "following", here.openid: "following"}
    assert changes() == ["follow", "gone"]
    happens("text", "我又来了", openid="gone", at=NOW + DAY)
    assert states()["gone"] == "following"


def test_sync_that_breaks_off_marks_nobody_as_gone_and_goes_on(
    wechat: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_follower("gone")
    for name in "甲乙丙":
        wechat.follower(name)
    monkeypatch.setattr(syncing, "INFOS", 1)
    wechat.fault("minute_quota", path="/cgi-bin/user/info/batchget", times=1)
    with pytest.raises(Exception, match="一分钟"):
        sync_followers(now=NOW)
    assert states()["gone"] == "following"
    assert sync_followers(now=NOW + DAY)["gone"] == 1
    assert len(states()) == 4


def test_sync_is_one_job_and_its_end_stands_on_the_page(
    wechat: Simulator, ops: User, client: Client
) -> None:
    wechat.follower("王")
    client.force_login(ops)
    client.post("/followers/sync/")
    client.post("/followers/sync/")
    assert Job.objects.filter(kind="sync_followers").count() == 1
    assert "Poll-Done" not in client.get("/followers/sync/progress/").headers
    run_pending()
    answer = client.get("/followers/sync/progress/")
    assert answer["Poll-Done"] == "1"
    assert "取到 1 人" in answer.content.decode()


def test_sync_without_an_account_says_what_to_do(ops: User, client: Client) -> None:
    client.force_login(ops)
    answer = client.post("/followers/sync/")
    assert answer.status_code == 400
    assert "还没有接上公众号" in answer.content.decode()


def test_list_is_narrowed_by_its_filters(ops: User, client: Client) -> None:
    tag = FollowerTag.objects.create(account=make_follower().account, number=2, name="会员")
    wang = make_follower(remark="王阿姨", state="left")
    wang.tags.add(tag)
    client.force_login(ops)
    for query in ("q=王", f"q={wang.pk}", "state=left", f"tag={tag.pk}"):
        page = client.get(f"/followers/?{query}")
        assert [row.pk for row, _ in page.context["rows"]] == [wang.pk], query


def test_export_masks_openids_and_is_recorded(ops: User, client: Client) -> None:
    make_follower("oABCDEFGHIJKLMNOPQRSTUVWXYZ1", remark="王阿姨")
    client.force_login(ops)
    table = client.get("/followers/export.csv").content.decode("utf-8-sig")
    assert "王阿姨" in table
    assert "WXYZ1" not in table
    assert "****XYZ1" in table
    assert AuditEntry.objects.get(act="download").details["file"] == "粉丝.csv"


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_a_constant_number_of_queries(
    number: int,
    ops: User,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(number):
        make_follower()
    client.force_login(ops)
    with django_assert_num_queries(12):
        assert client.get("/followers/").status_code == 200
