"""The pages of the official account: what they say, what they refuse, how much they ask."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from accounts.roles import Role
from haitang.kernel import clock
from haitang.kernel.models import Job
from haitang.wechat.models import (
    Account,
    ArticleDay,
    CallLog,
    FollowerDay,
    MassSend,
    MenuVersion,
    Publication,
    QuotaUse,
    SyncCursor,
)
from tests.factories.people import make_holder
from tests.wechat.gateway.conftest import SECRET
from tests.wechat.gateway.far_end import FarEnd

pytestmark = pytest.mark.django_db


@pytest.fixture
def it(client: Client) -> User:
    """The liaison of the IT department, logged in."""
    user = make_holder(Role.IT)
    client.force_login(user)
    return user


def text_of(client: Client, view: str, **query: str) -> str:
    answer = client.get(reverse(view), query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize("view", ["wechat-account", "wechat-figures", "wechat-menu"])
def test_page_without_an_account_says_how_to_get_one(
    client: Client, it: User, settings: Settings, view: str
) -> None:
    settings.WECHAT_APP_ID = ""
    assert "还没有接上公众号" in text_of(client, view)


def test_account_page_shows_what_is_there_and_no_secret(
    client: Client, it: User, account: Account
) -> None:
    account.capabilities = {"menu": True, "publish": False}
    account.save()
    now = clock.now()
    CallLog.objects.create(
        account=account, path="/cgi-bin/menu/create", started_at=now, milliseconds=7, errcode=45009
    )
    SyncCursor.objects.create(
        account=account, name="stats.users", position="2026-11-01", updated_at=now, note="试过。"
    )
    said = text_of(client, "wechat-account")
    for words in ("推送菜单", "接口今天的调用次数已经用完", "回来登记网址和日期", "到 2026-11-01"):
        assert words in said
    assert SECRET not in client.get(reverse("wechat-account")).content.decode()


def test_buttons_of_the_account_page_start_one_job(
    client: Client, it: User, account: Account
) -> None:
    for _ in range(2):
        client.post(reverse("wechat-pull"), {"name": "stats.users"})
        client.post(reverse("wechat-abilities"))
    jobs = Job.objects.order_by("kind").values_list("kind", "payload")
    assert list(jobs) == [
        ("wechat_capabilities", {}),
        ("wechat_statistics", {"names": ["stats.users"]}),
    ]


def test_figures_page_shows_followers_and_reads(client: Client, account: Account) -> None:
    client.force_login(make_holder(Role.ART))
    today = clock.business_day(clock.now())
    published = today - timedelta(days=9)
    FollowerDay.objects.create(account=account, day=today, source=30, new=12, lost=3)
    for days, readers in ((6, 800), (8, 950)):
        ArticleDay.objects.create(
            account=account,
            msgid="2247_1",
            family="new",
            title="秋燥",
            published_on=published,
            day=published + timedelta(days=days),
            readers=readers,
            sharers=4,
        )
    said = text_of(client, "wechat-figures")
    for words in ("扫二维码", "+12", "800", "950", "阅读人数"):
        assert words in said


def test_draft_is_chosen_among_those_at_wechat(
    client: Client, it: User, account: Account, far_end: FarEnd
) -> None:
    # The shape of 草稿箱·获取草稿列表.
    far_end.answers["/cgi-bin/draft/batchget"] = {
        "total_count": 1,
        "item_count": 1,
        "item": [{"media_id": "D1", "content": {"news_item": [{"title": "秋燥"}]}}],
    }
    assert "秋燥" in text_of(client, "wechat-publish")
    address = reverse("wechat-publish")
    assert client.post(address, {"draft": "D2", "key": "k"}).status_code == 400
    for _ in range(2):
        client.post(address, {"draft": "D1", "key": "k"})
    publication = Publication.objects.get()
    assert (publication.title, publication.state) == ("秋燥", "waiting")
    assert Job.objects.get().kind == "wechat_publish"


def test_account_that_may_not_publish_leads_to_the_record(
    client: Client, it: User, account: Account, far_end: FarEnd
) -> None:
    far_end.answers["/cgi-bin/draft/batchget"] = {"errcode": 48001, "errmsg": "api unauthorized"}
    said = text_of(client, "wechat-publish")
    assert "没有这个接口的权限" in said
    assert "登记手工发布" in said
    given = {
        "title": "秋燥",
        "url": "https://mp.weixin.qq.com/s/AbCd",
        "published_on": "2026-11-01",
        "msgid": "2247_1",
        "key": "k",
    }
    address = reverse("wechat-record")
    assert client.post(address, {**given, "msgid": "x"}).status_code == 400
    assert client.post(address, given).status_code == 302
    assert Publication.objects.get().published_on == date(2026, 11, 1)
    assert "手工发布" in text_of(client, "wechat-publications")


def test_uncertain_publication_is_settled_by_a_person(
    client: Client, it: User, account: Account, far_end: FarEnd
) -> None:
    row = Publication.objects.create(
        account=account, key="k", title="秋燥", state="uncertain", by=it, created_at=clock.now()
    )
    assert "没有发布" in text_of(client, "wechat-publications")
    client.post(reverse("wechat-publication-settle", args=[row.pk]), {"out": "1", "url": ""})
    row.refresh_from_db()
    assert row.state == "published"
    answer = client.post(reverse("wechat-publication-settle", args=[row.pk]), {"out": "0"})
    assert answer.status_code == 302
    assert client.post(reverse("wechat-publication-ask", args=[999])).status_code == 404


def test_mass_send_is_made_once_and_only_when_sure(
    client: Client, it: User, account: Account, far_end: FarEnd
) -> None:
    far_end.answers["/cgi-bin/tags/get"] = {"tags": [{"id": 7, "name": "会员", "count": 3}]}
    address = reverse("wechat-mass-new")
    given = {"kind": "text", "text": "周六义诊", "draft": "", "tag": "7", "key": "m"}
    assert client.post(address, given).status_code == 400
    for _ in range(2):
        assert client.post(address, {**given, "sure": "on"}).status_code == 302
    sending = MassSend.objects.get()
    assert (sending.content, sending.tag_id) == ("周六义诊", 7)
    assert "周六义诊" in text_of(client, "wechat-mass")
    MassSend.objects.update(state="uncertain")
    assert "没有发出" in text_of(client, "wechat-mass")
    client.post(reverse("wechat-mass-settle", args=[sending.pk]), {"out": "0"})
    assert MassSend.objects.get().state == "failed"


def test_menu_is_saved_then_pushed(
    client: Client, it: User, account: Account, far_end: FarEnd
) -> None:
    address = reverse("wechat-menu")
    assert client.post(address, {"b0_name": "门店"}).status_code == 400
    given = {"b0_name": "门店", "b0_kind": "view", "b0_value": "https://example.com/"}
    assert client.post(address, given).status_code == 302
    version = MenuVersion.objects.get()
    client.post(reverse("wechat-menu-push", args=[version.pk]))
    assert far_end.calls("/cgi-bin/menu/create")
    far_end.answers["/cgi-bin/get_current_selfmenu_info"] = {"is_menu_open": 0}
    assert "现在没有自定义菜单" in text_of(client, "wechat-menu", live="1")


def many(it: User, account: Account, count: int) -> None:
    """That many rows of everything that the pages list."""
    now = clock.now()
    for at in range(count):
        row: dict[str, Any] = {"account": account, "by": it, "created_at": now}
        Publication.objects.create(**row, key=f"k{at}", title="秋燥")
        MassSend.objects.create(**row, key=f"k{at}", title="秋燥", kind="text", content="您好")
        MenuVersion.objects.create(**row, buttons=[{"type": "view", "name": "a", "url": "b"}])
        CallLog.objects.create(
            account=account, by=it, path="/x", started_at=now, milliseconds=1, errcode=-1
        )
        QuotaUse.objects.create(
            account=account, api=f"/{at}", period=str(clock.business_day(now)), used=1
        )
        day = clock.business_day(now) - timedelta(days=at)
        FollowerDay.objects.create(account=account, day=day, source=at, new=1, lost=0)
        ArticleDay.objects.create(
            account=account,
            msgid=f"{at}_1",
            family="new",
            published_on=day,
            day=day,
            readers=1,
            sharers=0,
        )


QUERIES = [
    ("wechat-account", 9),
    ("wechat-figures", 10),
    ("wechat-publications", 5),
    ("wechat-mass", 5),
    ("wechat-menu", 5),
]


@pytest.mark.parametrize(("view", "queries"), QUERIES)
def test_pages_ask_the_same_however_long_they_are(
    client: Client, it: User, account: Account, view: str, queries: int
) -> None:
    many(it, account, 1)
    _asked(client, view)
    assert _asked(client, view) == queries
    Publication.objects.all().delete()
    MassSend.objects.all().delete()
    for model in (CallLog, QuotaUse, FollowerDay, ArticleDay, MenuVersion):
        model._default_manager.all().delete()
    many(it, account, 3)
    assert _asked(client, view) == queries


def _asked(client: Client, view: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(reverse(view)).status_code == 200
    return len(captured)
