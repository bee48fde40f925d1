"""The demonstration's official account: what it says by itself, and its first day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from haitang.datapack.demo import opening, replies
from haitang.datapack.demo.opening import open_account
from haitang.datapack.demo.replies import enter_replies
from haitang.kernel.clock import SHANGHAI
from haitang.wechat.models import MenuVersion
from haitang.wechat.simulator.invented import furnish
from haitang.wechat.simulator.scripts import run_script
from haitang.wechat.simulator.server import Simulator, running_simulator
from membership.inbound import active_rules
from membership.models import Follower, InboxSettings, QuickReply, ReplyRule, SceneCode
from membership.replies import FOLLOW, rule_for_arrival, rule_for_rest, rule_for_text
from tests.factories.trade import make_campaign, make_store

pytestmark = pytest.mark.django_db
OPEN_STORES = 2


@pytest.fixture
def wechat(settings: Settings, now: datetime) -> Iterator[Simulator]:
    """The simulator as ``serve --simulator`` starts it, without a webhook that listens."""
    with running_simulator(post=lambda envelope: (200, b"success"), clock=now.timestamp) as running:
        for name, value in running.environment.items():
            setattr(settings, name, value)
        furnish(running)
        yield running


@pytest.fixture
def chain() -> None:
    """Three stores, of which one has closed, and three campaigns, the newest one cancelled."""
    stores = [make_store("S01"), make_store("S02")]
    make_store("S03", closed_on=date(2026, 3, 31))
    for code, day in (("C1", 1), ("C2", 2), ("C3", 3)):
        make_campaign(code, stores=stores, start=date(2026, 9, day), end=date(2026, 9, day))
    make_campaign(
        "C4", stores=stores, start=date(2026, 9, 4), end=date(2026, 9, 4), status="cancelled"
    )


def _rule(text: str, at: datetime) -> str:
    found = rule_for_text(active_rules(), text, at=at)
    return ReplyRule.objects.get(pk=found.pk).name if found else ""


def test_replies_answer_what_a_morning_asks_and_leave_the_rest_to_people(
    cs: User, supervisor: User, chain: None, now: datetime
) -> None:
    enter_replies(service=cs, supervisor=supervisor, now=now)
    assert _rule("中山路店几点关门？", now) == "营业时间"
    assert _rule("会员日是哪一天？", now) == "会员日"
    assert _rule("积分怎么兑换？", now) == "积分"
    assert _rule("可以送货上门吗？", now) == "送货上门"
    assert _rule("门店", now) == "门店地址"
    assert _rule("夜里急用退烧药", now) == ""
    assert _rule("夜里急用退烧药", now + timedelta(hours=12)) == "夜间购药"
    for text in ("等了一个小时没人理，投诉客服！", "门店的人态度差", "积分少了", "有布洛芬吗？"):
        assert _rule(text, now) == ""
    rules = active_rules()
    assert rule_for_arrival(rules, trigger=FOLLOW, scene=None, at=now) is not None
    assert rule_for_rest(rules, at=now) is None
    assert rule_for_rest(rules, at=datetime(2026, 11, 3, 23, 0, tzinfo=SHANGHAI)) is not None
    said = ReplyRule.objects.get(name="门店地址").text
    assert f"有 {OPEN_STORES} 家门店：S01 店、S02 店" in said
    assert QuickReply.objects.count() == 6
    targets = InboxSettings.objects.get()
    assert (targets.reply_minutes, targets.changed_by) == (replies.REPLY_MINUTES, supervisor)


def test_replies_are_entered_once_and_what_is_deleted_stays_so(
    cs: User, supervisor: User, now: datetime
) -> None:
    ReplyRule.objects.create(name="会员日", text="每月一次", words="会员日", changed_at=now)
    enter_replies(service=cs, supervisor=supervisor, now=now)
    assert ReplyRule.objects.get(name="会员日").text == "每月一次"
    ReplyRule.objects.filter(name="积分").delete()
    enter_replies(service=cs, supervisor=supervisor, now=now)
    assert not ReplyRule.objects.filter(name="积分").exists()
    assert opening.is_demonstration()


def test_first_day_makes_codes_menu_and_followers_once(
    wechat: Simulator, ops: User, it: User, chain: None, now: datetime
) -> None:
    told: list[str] = []
    assert not opening.is_open()
    open_account(now=now, tell=told.append)
    assert (told, opening.is_open()) == ([], True)
    codes = SceneCode.objects.exclude(ticket="")
    assert set(codes.values_list("store__code", "campaign__code")) == {
        ("S01", None),
        ("S02", None),
        ("S03", None),
        (None, "C2"),
        (None, "C3"),
    }
    assert [code.store.code for code in codes.exclude(retired_at=None) if code.store] == ["S03"]
    assert MenuVersion.objects.get().is_live
    assert Follower.objects.count() == 4
    asked = len(wechat.calls)
    run_script(wechat, "stores", count=8, rate=1e9)
    scanned = {each.fields.get("EventKey", "") for each in wechat.deliveries}
    ours = set(codes.values_list("scene_str", flat=True))
    assert {key.removeprefix("qrscene_") for key in scanned} <= ours
    open_account(now=now, tell=told.append)
    assert SceneCode.objects.count() == 5
    assert not [each for each in list(wechat.calls)[asked:] if "qrcode" in each.path]


def test_first_day_goes_on_at_the_next_start_when_wechat_did_not_answer(
    wechat: Simulator, ops: User, it: User, chain: None, now: datetime
) -> None:
    told: list[str] = []
    wechat.fault("unauthorized")
    open_account(now=now, tell=told.append)
    assert "演示公众号没有准备完，下次启动时再试" in told[0]
    assert SceneCode.objects.filter(ticket="").exists()
    assert not opening.is_open()
    wechat.clear_faults()
    open_account(now=now, tell=told.append)
    assert (len(told), opening.is_open()) == (1, True)
    assert not SceneCode.objects.filter(ticket="", retired_at=None).exists()
