"""Codes of stores and campaigns: made at WeChat, scanned, counted, taken along."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from campaigns.models import Store
from haitang.kernel import clock
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.models import AuditEntry
from haitang.wechat.simulator.server import Simulator
from membership.models import SceneCode
from membership.scene_report import Span, chart, report
from membership.scenes import fetch_code, make_scene, retire_scene
from tests.factories.followers import NOW, happens, make_code
from tests.factories.trade import make_campaign, make_store
from tests.membership.scene import make_scenes

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def made(by: User, store: Store | None = None, days: int | None = None) -> SceneCode:
    return make_scene(
        name="收银台台卡",
        store=store or make_store(),
        campaign=None,
        days=days,
        by=by,
        now=NOW,
    )


def test_permanent_code_is_made_with_its_picture(wechat: Simulator, ops: User) -> None:
    code = made(ops)
    assert code.is_ready
    assert (code.expires_at, code.error) == (None, "")
    asked = wechat.calls_to("/cgi-bin/qrcode/create")
    assert len(asked) == 1
    assert code.picture is not None
    assert code.picture.size > 0


def test_temporary_code_ends_after_its_days(wechat: Simulator, ops: User) -> None:
    code = made(ops, days=7)
    assert code.expires_at == NOW + 7 * DAY
    assert code.has_expired(NOW + 7 * DAY)
    assert not code.has_expired(NOW + 6 * DAY)


def test_account_without_the_ability_keeps_the_reason_and_may_try_again(
    wechat: Simulator, ops: User
) -> None:
    wechat.fault("unauthorized", path="/cgi-bin/qrcode/create", times=1)
    code = made(ops)
    assert not code.is_ready
    assert "没有这个接口的权限" in code.error
    fetch_code(code=code, by=ops, now=NOW)
    assert (code.is_ready, code.error) == (True, "")
    with pytest.raises(Conflict, match="已经有了"):
        fetch_code(code=code, by=ops, now=NOW)


def test_code_of_nothing_is_refused(ops: User) -> None:
    with pytest.raises(Invalid, match="请选门店或活动"):
        make_scene(name="海报", store=None, campaign=None, days=None, by=ops, now=NOW)


def test_code_is_retired_once_and_still_counts(ops: User) -> None:
    code = make_code(store=make_store())
    retire_scene(code=code, by=ops, now=NOW)
    with pytest.raises(Conflict, match="已经停用"):
        retire_scene(code=code, by=ops, now=NOW)
    happens("event.subscribe", EventKey=f"qrscene_{code.scene_str}")
    found = report(Span(NOW.date(), NOW.date()), stores=None)
    assert (found.scans, found.new) == (1, 1)


def test_report_counts_scans_new_returned_and_kept_by_code_and_day() -> None:
    """S002-36: per-store codes count joins; store and campaign are told apart."""
    store, other = make_store("S01"), make_store("S02")
    poster = make_code("海报", store=store, campaign=make_campaign("C1", stores=[store]))
    make_code("空的", store=other)
    key = f"qrscene_{poster.scene_str}"
    happens("event.subscribe", openid="a", EventKey=key, at=NOW - 2 * DAY)
    happens("event.subscribe", openid="b", EventKey=key, at=NOW - DAY)
    happens("event.unsubscribe", openid="b", at=NOW - DAY)
    happens("event.subscribe", openid="b", EventKey=key, at=NOW)
    happens("event.subscribe", openid="c", EventKey=key, at=NOW)
    happens("event.unsubscribe", openid="c", at=NOW)
    happens("event.scan", openid="a", EventKey=poster.scene_str, at=NOW)
    happens("event.subscribe", openid="d", EventKey=key, at=NOW - 9 * DAY)
    day = NOW.date()
    found = report(Span(day - 2 * DAY, day), stores=None)
    row = next(each for each in found.rows if each.code == poster)
    assert (row.scans, row.new, row.back, row.kept) == (5, 3, 1, 2)
    assert [row.scans for row in found.rows if row.code != poster] == [0]
    assert found.days == [(day - 2 * DAY, 1, 1), (day - DAY, 1, 1), (day, 3, 1)]
    assert chart(found.days)["categories"] == ["11-1", "11-2", "11-3"]


def test_report_of_a_store_has_that_store_only() -> None:
    make_code("甲", store=make_store("S01"))
    make_code("乙", store=make_store("S02"))
    found = report(Span(NOW.date(), NOW.date()), stores=frozenset({"S02"}))
    assert [row.code.name for row in found.rows] == ["乙"]


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("address", "queries"), [("/scenes/", 5), ("/scenes/report/", 6)])
def test_lists_ask_a_constant_number_of_queries(
    number: int,
    address: str,
    queries: int,
    ops: User,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        code = make_code(f"码{index}", store=make_store(f"S{index}"))
        happens("event.subscribe", EventKey=f"qrscene_{code.scene_str}", at=clock.now())
    client.force_login(ops)
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200


def test_picture_and_report_taken_along_are_recorded(ops: User, client: Client) -> None:
    code = make_scenes(ops)
    client.force_login(ops)
    shown = client.get(f"/scenes/{code.pk}/code.png")
    assert shown["Content-Type"] == "image/png"
    assert not AuditEntry.objects.filter(act="download").exists()
    taken = client.get(f"/scenes/{code.pk}/code.png?download=1")
    assert taken["Content-Disposition"].startswith("attachment")
    assert b"".join(taken).startswith(b"\x89PNG")
    table = client.get("/scenes/report.csv").content.decode("utf-8-sig")
    assert "S01" in table
    assert "收银台台卡,4,3,0,2" in table
    assert AuditEntry.objects.filter(act="download").count() == 2


def test_poster_shows_store_campaign_and_code(ops: User, client: Client) -> None:
    code = make_scenes(ops)
    client.force_login(ops)
    page = client.get(f"/scenes/{code.pk}/poster/").content.decode()
    assert code.store is not None
    assert code.store.name in page
    assert f"/scenes/{code.pk}/code.png" in page


def test_code_is_made_from_its_page(wechat: Simulator, ops: User, client: Client) -> None:
    client.force_login(ops)
    store = make_store()
    answer = client.post("/scenes/new/", {"name": "台卡", "store": store.pk, "days": ""})
    code = SceneCode.objects.get()
    assert answer["Location"] == f"/scenes/{code.pk}/"
    assert code.is_ready
