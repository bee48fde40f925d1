"""What the demonstration's official account says by itself, and what its people often write.

Entered once, through the services and in the names of those who do it in the house. What
somebody changes or deletes afterwards stays as he left it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

from django.db import transaction

from accounts.models import User
from campaigns.models import Store
from haitang.kernel import audit
from haitang.kernel.clock import business_day
from haitang.kernel.models import AuditEntry
from membership.answering import (
    Match,
    RuleFacts,
    Trigger,
    save_quick_reply,
    save_rule,
    set_targets,
)
from membership.models import InboxSettings, QuickReply, ReplyRule

ENTERED = "demo.replies"
OPENS, CLOSES = time(8, 30), time(20, 30)
REPLY_MINUTES = 30
# What the menu's buttons (opening.py) send.
STORES_KEY, MEMBER_DAY_KEY, POINTS_KEY = "STORES", "MEMBER_DAY", "POINTS"

_HOURS = (
    "海棠药堂各店每天 8:00–21:00 营业，节假日不休息。用药问题可以直接在这里留言，"
    "客服 8:30–20:30 回复。"
)
_MEMBER_DAY = "每月 8 日、18 日、28 日是会员日：出示会员卡，大部分商品 92 折，积分加倍。"
_POINTS = "会员消费 1 元积 1 分，到任一门店的收银台就能查询和兑换。请带上会员卡或报手机号。"
_STORES = "stores"  # put in when it is entered: the stores that are open that day

RULES = (
    RuleFacts(
        name="欢迎关注",
        trigger=Trigger.FOLLOW,
        text="您好，欢迎关注海棠药堂！\n回复“营业时间”“门店”“会员日”“积分”马上得到答案；"
        "用药和购药的问题请直接留言，客服 8:30–20:30 回复您。",
    ),
    RuleFacts(
        name="营业时间",
        words="营业时间\n几点关门\n几点开门\n几点下班",
        priority=10,
        text=_HOURS,
    ),
    RuleFacts(
        name="门店地址",
        match=Match.EXACT,
        words="门店\n门店地址\n地址\n有哪些门店",
        priority=20,
        text=_STORES,
    ),
    RuleFacts(name="会员日", words="会员日", priority=30, text=_MEMBER_DAY),
    # Not every word about points: who misses some writes to a person.
    RuleFacts(
        name="积分",
        match=Match.REGEX,
        words="^积分$\n积分.{0,4}(怎么|兑换|查)\n(怎么|兑换|查).{0,4}积分",
        priority=40,
        text=_POINTS,
    ),
    RuleFacts(
        name="送货上门",
        words="送货\n送药\n外卖",
        priority=50,
        text="可以送：门店 3 公里以内、满 49 元免费送，处方药需要先上传处方。"
        "请留言要买什么和大概位置，不要写身份证号。",
    ),
    RuleFacts(
        name="夜间购药",
        words="急用\n夜里\n半夜",
        priority=60,
        from_time=time(21, 0),
        to_time=time(8, 0),
        text="现在各店已经打烊。第一医院店有夜间售药窗口，请按门铃；病情紧急请拨打 120。",
    ),
    RuleFacts(
        name="下班后的留言",
        trigger=Trigger.OTHER,
        from_time=CLOSES,
        to_time=OPENS,
        text="您的留言收到了。客服每天 8:30–20:30 在线，上班后按先后回复您。",
    ),
    RuleFacts(name="菜单：门店", trigger=Trigger.MENU, words=STORES_KEY, text=_STORES),
    RuleFacts(name="菜单：会员日", trigger=Trigger.MENU, words=MEMBER_DAY_KEY, text=_MEMBER_DAY),
    RuleFacts(name="菜单：积分", trigger=Trigger.MENU, words=POINTS_KEY, text=_POINTS),
)
QUICK_REPLIES = (
    ("问候", "您好，我是海棠药堂客服，请问有什么可以帮您？"),
    ("有货", "您要的商品门店有货，可以给您留到今天 21:00，请问方便到哪家店取？"),
    ("缺货登记", "这个商品暂时缺货，已经帮您登记，到货后第一时间告诉您。"),
    ("请咨询药师", "用药要看具体情况：请说明年龄、症状、正在吃的药，我请药师答复您。"),
    ("致歉", "非常抱歉给您添了麻烦。情况我已经记下，会尽快核实并给您答复。"),
    ("结束语", "感谢您的信任，祝您和家人身体健康！"),
)


def enter_replies(*, service: User, supervisor: User, now: datetime) -> None:
    """Automatic and quick replies by customer service, the targets by the supervisor; once."""
    if AuditEntry.objects.filter(act=ENTERED).exists():
        return
    with transaction.atomic():
        _rules(service, now)
        _quick_replies(service)
        if not InboxSettings.objects.exists():
            set_targets(minutes=REPLY_MINUTES, opens=OPENS, closes=CLOSES, by=supervisor, now=now)
        audit.record(
            stream="datapack",
            act=ENTERED,
            by=None,
            now=now,
            object_type="demo_pack",
            object_name="演示公众号的自动回复",
        )


def _rules(by: User, now: datetime) -> None:
    present = set(ReplyRule.objects.values_list("name", flat=True))
    stores = _stores_said(now)
    for facts in RULES:
        if facts.name in present:
            continue
        told = replace(facts, text=stores) if facts.text == _STORES else facts
        save_rule(rule=None, facts=told, by=by, now=now)


def _quick_replies(by: User) -> None:
    present = set(QuickReply.objects.values_list("title", flat=True))
    for title, text in QUICK_REPLIES:
        if title not in present:
            save_quick_reply(reply=None, title=title, text=text, by=by)


def _stores_said(now: datetime) -> str:
    """The names of the stores open that day, without the chain's own name before each."""
    day = business_day(now)
    names = [store.name.rpartition("·")[2] for store in Store.objects.open_on(day).order_by("code")]
    return (
        f"海棠药堂有 {len(names)} 家门店：{'、'.join(names)}。\n"
        "把您的位置发给我们，客服告诉您最近的一家怎么走。"
    )
