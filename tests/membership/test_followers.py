"""Followers: the list, its export, and the comparison with WeChat's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.kernel.jobs import run_pending
from haitang.kernel.models import AuditEntry, Job
from haitang.wechat.gateway.api.followers import FollowerInfo, Followers, Tag, Tags
from haitang.wechat.simulator.server import Simulator
from membership import syncing
from membership.conversing import set_remark, tell_remark
from membership.following import mark_gone
from membership.models import Follower, FollowerTag
from membership.syncing import sync_followers
from membership.tagging import create_tag, delete_tag, tag_followers
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


def meanwhile(monkeypatch: pytest.MonkeyPatch, does: Callable[[], object]) -> None:
    """Something happens here after WeChat has answered and before the answer is stored."""
    infos = Followers.infos

    def asked(door: Followers, openids: Sequence[str]) -> list[FollowerInfo]:
        found = infos(door, openids)
        does()
        return found

    monkeypatch.setattr(Followers, "infos", asked)


def test_who_leaves_while_wechat_is_asked_has_left(
    wechat: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    wang = wechat.follower("王")
    sync_followers(now=NOW)
    at = NOW + DAY
    meanwhile(monkeypatch, lambda: happens("event.unsubscribe", openid=wang.openid, at=at))
    sync_followers(now=at)
    assert states() == {wang.openid: "left"}
    assert changes() == ["follow", "leave"]


def test_tag_put_on_or_taken_off_while_wechat_is_asked_stays_so(
    wechat: Simulator, cs: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    wechat.follower("王")
    sync_followers(now=NOW)
    one = Follower.objects.get()
    old, new = (create_tag(name=name, by=cs, now=NOW) for name in ("旧", "新"))
    tag_followers(tag=old, followers=[one], on=True, by=cs, now=NOW)

    def colleagues_change() -> None:
        tag_followers(tag=old, followers=[one], on=False, by=cs, now=NOW)
        tag_followers(tag=new, followers=[one], on=True, by=cs, now=NOW)

    meanwhile(monkeypatch, colleagues_change)
    sync_followers(now=NOW + DAY)
    assert list(one.tags.all()) == [new]


def test_tags_made_and_deleted_while_wechat_lists_them_are_so(
    wechat: Simulator, cs: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, listed = create_tag(name="旧", by=cs, now=NOW), Tags.list

    def asked(door: Tags) -> list[Tag]:
        found = listed(door)
        create_tag(name="新", by=cs, now=NOW)
        delete_tag(tag=old, by=cs, now=NOW)
        return found

    monkeypatch.setattr(Tags, "list", asked)
    sync_followers(now=NOW)
    names = FollowerTag.objects.filter(number__gte=100).values_list("name", flat=True)
    assert list(names) == ["新"]


def test_remark_that_wechat_was_not_told_yet_outlives_the_sync(wechat: Simulator, cs: User) -> None:
    wang = wechat.follower("王")
    wang.remark = "旧"
    sync_followers(now=NOW)
    one = Follower.objects.get()
    set_remark(follower=one, remark="王阿姨", by=cs, now=NOW)
    sync_followers(now=NOW + DAY)
    run_pending(now=lambda: NOW + DAY)
    one.refresh_from_db()
    assert (one.remark, wang.remark, one.remark_pending) == ("王阿姨", "王阿姨", False)


def test_remark_changed_while_wechat_is_told_is_told_too(
    wechat: Simulator, cs: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    wang = wechat.follower("王")
    sync_followers(now=NOW)
    one = Follower.objects.get()
    set_remark(follower=one, remark="甲", by=cs, now=NOW)
    tell = Followers.set_remark

    def told(door: Followers, openid: str, remark: str) -> None:
        if remark == "甲":  # a second job is faster
            set_remark(follower=one, remark="乙", by=cs, now=NOW)
            tell_remark(one.pk, by=cs)
        tell(door, openid, remark)

    monkeypatch.setattr(Followers, "set_remark", told)
    tell_remark(one.pk, by=cs)
    assert wang.remark == Follower.objects.get().remark == "乙"


def test_who_writes_while_the_gone_are_marked_is_not_gone() -> None:
    one = make_follower("o1")

    def writes(execute: Any, sql: str, *rest: Any) -> Any:
        done = execute(sql, *rest)
        if "synced_at" in sql and Follower.objects.filter(last_message_at=None).exists():
            Follower.objects.update(last_message_at=NOW)
        return done

    with first_time(writes):
        mark_gone(account_id=one.account_id, before=NOW, now=NOW)
    assert states() == {"o1": "following"}
    assert changes() == []


def test_marking_the_gone_that_breaks_off_counts_nobody_twice() -> None:
    one = make_follower("o1")

    def breaks_off(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE"):
            raise OperationalError("the server is gone")
        return execute(sql, *rest)

    with pytest.raises(OperationalError), connection.execute_wrapper(breaks_off):
        mark_gone(account_id=one.account_id, before=NOW, now=NOW)
    assert mark_gone(account_id=one.account_id, before=NOW, now=NOW) == 1
    assert changes() == ["gone"]


@contextmanager
def first_time(wrapper: Any) -> Iterator[None]:
    """The wrapper around the first statement only."""
    used: list[bool] = []

    def once(execute: Any, *given: Any) -> Any:
        if used:
            return execute(*given)
        used.append(True)
        return wrapper(execute, *given)

    with connection.execute_wrapper(once):
        yield
