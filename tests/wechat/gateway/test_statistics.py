"""WeChat's figures: pulled by day, resumable, frozen into the article at seven days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from content.freezing import freeze_reads
from content.models import Article
from haitang.kernel.clock import SHANGHAI
from haitang.kernel.models import AuditEntry
from haitang.wechat.gateway import WeChatError
from haitang.wechat.gateway.client import WeChatClient
from haitang.wechat.models import Account, ArticleDay, FollowerDay, SyncCursor
from haitang.wechat.statistics import pulling, selectors
from haitang.wechat.statistics.spans import msgid_of, newest_day, pieces
from tests.wechat.gateway.conftest import Hands
from tests.wechat.gateway.far_end import Asked, FarEnd

PUBLISHED = date(2026, 10, 20)
NEW, OLD = "/datacube/getarticletotaldetail", "/datacube/getarticletotal"


@pytest.mark.once
def test_days_and_pieces() -> None:
    morning = datetime(2026, 11, 3, 7, 59, tzinfo=SHANGHAI)
    assert newest_day(morning) == date(2026, 11, 1)
    assert newest_day(morning + timedelta(minutes=1)) == date(2026, 11, 2)
    first = date(2026, 10, 1)
    assert list(pieces(first, date(2026, 10, 9), 7)) == [
        (first, date(2026, 10, 7)),
        (date(2026, 10, 8), date(2026, 10, 9)),
    ]
    assert list(pieces(first, date(2026, 9, 30), 7)) == []
    long = "https://mp.weixin.qq.com/s?__biz=Mz&amp;mid=2247490098&amp;idx=2&amp;sn=1#rd"
    assert msgid_of(long) == "2247490098_2"
    assert msgid_of("https://mp.weixin.qq.com/s/AbCd") == ""


def users(asked: Asked) -> dict[str, Any]:
    """A row a day, as 获取用户增减数据 answers."""
    first, last = (date.fromisoformat(asked.json[name]) for name in ("begin_date", "end_date"))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {
        "list": [
            {"ref_date": str(day), "user_source": 30, "new_user": day.day, "cancel_user": 1}
            for day in days
        ]
    }


def lives(asked: Asked) -> dict[str, Any]:
    """One article published on PUBLISHED, with readers that grow by ten a day."""
    if asked.json["begin_date"] != str(PUBLISHED):
        return {"list": [], "is_delay": False}
    days = [PUBLISHED + timedelta(days=n) for n in range(12)]
    details = [{"stat_date": str(day), "read_user": 10 * (n + 1)} for n, day in enumerate(days)]
    one = {"ref_date": str(PUBLISHED), "msgid": "2247_1", "title": "秋燥", "detail_list": details}
    return {"list": [one], "is_delay": False}


@pytest.mark.django_db
def test_followers_are_pulled_in_weeks_and_again_from_the_last_days(
    client_of_wechat: WeChatClient, account: Account, far_end: FarEnd, hands: Hands
) -> None:
    far_end.answers["/datacube/getusersummary"] = users
    pulling.pull("stats.users", client=client_of_wechat, now=hands.now())
    asked = [call.json for call in far_end.calls("/datacube/getusersummary")]
    assert len(asked) == 5
    assert (asked[0]["begin_date"], asked[-1]["end_date"]) == ("2026-10-04", "2026-11-02")
    assert FollowerDay.objects.count() == 30
    hands.moment += timedelta(days=1)
    pulling.pull("stats.users", client=client_of_wechat, now=hands.now())
    assert far_end.calls("/datacube/getusersummary")[-1].json == {
        "begin_date": "2026-11-01",
        "end_date": "2026-11-03",
    }
    assert FollowerDay.objects.count() == 31
    [day] = selectors.followers_by_day(account, date(2026, 11, 3), date(2026, 11, 3))
    assert (day.new, day.lost, day.net, day.total) == (3, 1, 2, None)
    sources = selectors.sources_between(account, date(2026, 11, 2), date(2026, 11, 3))
    assert sources == [("扫二维码", 5, 2)]


@pytest.mark.django_db
def test_pull_that_broke_off_goes_on_after_the_last_piece(
    client_of_wechat: WeChatClient, far_end: FarEnd, hands: Hands
) -> None:
    def dies_in_the_third_week(asked: Asked) -> Any:
        done = len(far_end.calls("/datacube/getusersummary"))
        return {"errcode": -1, "errmsg": "system error"} if done >= 3 else users(asked)

    far_end.answers["/datacube/getusersummary"] = dies_in_the_third_week
    with pytest.raises(WeChatError):
        pulling.pull("stats.users", client=client_of_wechat, now=hands.now())
    cursor = SyncCursor.objects.get()
    assert (cursor.position, FollowerDay.objects.count()) == ("2026-10-17", 14)
    far_end.answers["/datacube/getusersummary"] = users
    before = len(far_end.asked)
    pulling.pull("stats.users", client=client_of_wechat, now=hands.now())
    assert far_end.asked[before].json["begin_date"] == "2026-10-16"
    assert FollowerDay.objects.count() == 30


@pytest.mark.django_db
def test_articles_take_the_old_family_when_the_new_is_not_theirs(
    client_of_wechat: WeChatClient, far_end: FarEnd, hands: Hands
) -> None:
    far_end.answers[NEW] = {"errcode": 48001, "errmsg": "api unauthorized"}
    far_end.answers[OLD] = {"list": []}
    cursor = pulling.pull_articles(client=client_of_wechat, now=hands.now())
    assert len(far_end.calls(NEW)) == 1
    assert len(far_end.calls(OLD)) == 30
    assert cursor.note == pulling.OLD_FAMILY


@pytest.mark.django_db
def test_one_figure_that_is_refused_does_not_keep_back_the_others(
    client_of_wechat: WeChatClient, far_end: FarEnd, hands: Hands
) -> None:
    far_end.answers["/datacube/getusersummary"] = {"errcode": 48001, "errmsg": "api unauthorized"}
    far_end.answers["/datacube/getusercumulate"] = {"list": []}
    names = ("stats.users", "stats.totals")
    faults = pulling.pull_all(client=client_of_wechat, now=hands.now(), names=names)
    assert list(faults) == ["stats.users"]
    assert "没有这个接口的权限" in SyncCursor.objects.get(name="stats.users").note
    assert SyncCursor.objects.get(name="stats.totals").finished_at == hands.now()


@pytest.mark.django_db
def test_reads_freeze_once_seven_days_are_told(
    client_of_wechat: WeChatClient, account: Account, far_end: FarEnd, hands: Hands
) -> None:
    far_end.answers[NEW] = lives
    pulling.pull_articles(client=client_of_wechat, now=hands.now())
    assert ArticleDay.objects.count() == 12
    fields: dict[str, Any] = {"title": "秋燥", "category": "welfare", "published_on": PUBLISHED}
    ours = Article.objects.create(code="A1", wechat_msgid="2247_1", **fields)
    Article.objects.create(code="A2", **fields)
    typed = Article.objects.create(code="A3", wechat_msgid="2247_2", reads=5, **fields)
    early = datetime(2026, 10, 26, 12, tzinfo=SHANGHAI)
    assert freeze_reads(now=early) == []
    assert freeze_reads(now=hands.now()) == ["A1"]
    assert freeze_reads(now=hands.now()) == []
    ours.refresh_from_db()
    typed.refresh_from_db()
    assert (ours.reads, typed.reads) == (70, 5)
    entry = AuditEntry.objects.get(act="freeze_reads")
    assert entry.details["source"] == "微信统计：发布 7 天的阅读人数"
    [now] = selectors.articles_since(account, PUBLISHED)
    assert (now.readers, now.seven) == (120, selectors.SevenDays("2247_1", 70, "阅读人数"))


@pytest.mark.django_db
def test_seventh_day_that_is_not_all_counted_waits(account: Account) -> None:
    row = {"account": account, "msgid": "2247_1", "published_on": PUBLISHED, "sharers": 0}
    seventh = PUBLISHED + timedelta(days=6)
    ArticleDay.objects.create(**row, family="new", day=seventh, readers=9, is_delayed=True)
    assert selectors.seven_days(["2247_1"]) == {}
    ArticleDay.objects.create(**row, family="old", day=seventh, readers=9, reads=11)
    assert selectors.seven_days(["2247_1"])["2247_1"].reads == 11
