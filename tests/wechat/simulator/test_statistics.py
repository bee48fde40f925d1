"""Statistics: spans, the hour at which they are ready, reads that grow in both families."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from haitang.wechat.simulator.server import Simulator
from haitang.wechat.simulator.world import Publication
from tests.wechat.simulator.conftest import NINE, Call

pytestmark = pytest.mark.once
TODAY = date(2026, 11, 3)  # nine o'clock


def _ask(call: Call, name: str, begin: date, end: date | None = None) -> dict[str, Any]:
    days = {"begin_date": begin.isoformat(), "end_date": (end or begin).isoformat()}
    return call("POST", f"/datacube/{name}", days)


def _ago(days: int) -> date:
    return TODAY - timedelta(days)


@pytest.fixture
def published(wechat: Simulator) -> Publication:
    """An article that was published ten days ago."""
    made = Publication("1", "article", 22474, [{"title": "会员日"}], NINE - 10 * 86400)
    wechat.world.publications["1"] = made
    return made


SPANS = {
    "getusersummary": 7,
    "getusercumulate": 7,
    "getupstreammsg": 7,
    "getarticlesummary": 1,
    "getarticletotal": 1,
    "getarticleread": 1,
    "getarticleshare": 1,
    "getbizsummary": 30,
    "getarticletotaldetail": 1,
}


@pytest.mark.parametrize(("name", "span"), SPANS.items())
def test_span_of_each(call: Call, name: str, span: int) -> None:
    assert "list" in _ask(call, name, _ago(span), _ago(1))
    assert _ask(call, name, _ago(span + 1), _ago(1))["errcode"] == 61501
    assert _ask(call, name, TODAY)["errcode"] == 61501
    assert _ask(call, name, _ago(1), _ago(2))["errcode"] == 61501
    wrong = {"begin_date": "20261101", "end_date": "2026-11-01"}
    assert call("POST", f"/datacube/{name}", wrong)["errcode"] == 61500


def test_reads_grow_and_both_families_agree(call: Call, published: Publication) -> None:
    present = _ask(call, "getarticletotaldetail", _ago(10))["list"][0]
    assert (present["msgid"], present["title"]) == ("22474_1", "会员日")
    sums = [each["read_user"] for each in present["detail_list"]]
    assert len(sums) == 10
    assert sums == sorted(sums)
    assert sums[0] < sums[6]
    former = _ask(call, "getarticletotal", _ago(10))["list"][0]
    assert [each["int_page_read_user"] for each in former["details"]] == sums[:7]
    gains = [
        each["detail"]["read_user"]
        for n in range(10, 0, -1)
        for each in _ask(call, "getarticleread", _ago(n))["list"]
    ]
    assert [sum(gains[: n + 1]) for n in range(10)] == sums
    daily = _ask(call, "getarticlesummary", _ago(10))["list"][0]["int_page_read_user"]
    assert daily == gains[0]
    whole = _ask(call, "getbizsummary", _ago(10), _ago(1))["list"]
    assert [each["detail"]["read_user"] for each in whole] == gains
    shared = _ask(call, "getarticleshare", _ago(10))["list"][0]["detail"]
    assert shared == {"share_user": present["detail_list"][0]["share_user"]}


def test_yesterday_is_ready_at_eight(wechat: Simulator, call: Call, published: Publication) -> None:
    wechat.advance(-3601)
    early = _ask(call, "getbizsummary", _ago(2), _ago(1))
    assert ([each["ref_date"] for each in early["list"]], early["is_delay"]) == (
        [_ago(2).isoformat()],
        True,
    )
    assert _ask(call, "getusercumulate", _ago(1))["list"] == []
    wechat.advance(1)
    late = _ask(call, "getbizsummary", _ago(2), _ago(1))
    assert (len(late["list"]), late["is_delay"]) == (2, False)


def test_followers_and_messages_are_counted(wechat: Simulator, call: Call) -> None:
    wechat.follow("孙阿姨", scene="store-001")
    wechat.follow("李先生")
    wechat.unfollow("李先生")
    wechat.send("孙阿姨", "一")
    wechat.send("孙阿姨", "二")
    wechat.send_image("孙阿姨")
    wechat.advance(86400)
    sources = {
        each["user_source"]: (each["new_user"], each["cancel_user"])
        for each in _ask(call, "getusersummary", TODAY)["list"]
    }
    assert sources == {0: (0, 0), 1: (1, 1), 17: (0, 0), 30: (1, 0)}
    assert _ask(call, "getusercumulate", TODAY)["list"][0]["cumulate_user"] == 1
    assert _ask(call, "getupstreammsg", TODAY)["list"] == [
        {"ref_date": "2026-11-03", "msg_type": 1, "msg_user": 1, "msg_count": 2},
        {"ref_date": "2026-11-03", "msg_type": 2, "msg_user": 1, "msg_count": 1},
    ]


def test_invented_past_adds_up(wechat: Simulator, call: Call) -> None:
    wechat.world.history = True
    sums = _ask(call, "getusercumulate", _ago(7), _ago(1))["list"]
    moved = [0] * 7
    for each in _ask(call, "getusersummary", _ago(7), _ago(1))["list"]:
        place = (date.fromisoformat(each["ref_date"]) - _ago(7)).days
        moved[place] += each["new_user"] - each["cancel_user"]
    figures = [each["cumulate_user"] for each in sums]
    assert [after - before for before, after in pairwise(figures)] == moved[1:]
