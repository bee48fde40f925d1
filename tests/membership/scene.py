"""An inbox as customer service meets it, for pages."""

from __future__ import annotations

from datetime import timedelta

from accounts.models import User
from haitang.kernel import clock, files
from membership.complaining import Told, record_complaint
from membership.models import Conversation, Message, Note, QuickReply, SceneCode
from tests.factories.followers import PNG, happens, make_code, make_conversation, make_rule
from tests.factories.trade import make_campaign, make_store

MINUTE = timedelta(minutes=1)


def make_inbox(cs: User) -> Conversation:
    """Three conversations, one of them owned, answered, noted and complained of."""
    now = clock.now()
    make_rule()
    QuickReply.objects.create(title="营业时间", text="您好，各店每天 8:00–21:00 营业。")
    first = make_conversation(
        "你好，我想问一下枇杷膏还有货吗？我的电话 13987650123，方便的话打给我。",
        openid="oWang",
        at=now - 40 * MINUTE,
    )
    first.follower.remark = "王阿姨"
    first.follower.save()
    Message.objects.create(
        follower=first.follower,
        conversation=first,
        direction="out",
        kind="text",
        text="您好，解放路店有货，给您留一瓶。",
        by=cs,
        at=now - 30 * MINUTE,
        sent_at=now - 30 * MINUTE,
        state="sent",
    )
    happens("text", "好的，谢谢！我下午过去。", openid="oWang", at=now - 20 * MINUTE)
    Message.objects.create(
        follower=first.follower,
        conversation=first,
        direction="out",
        kind="text",
        text="到店报会员卡号就可以。",
        by=cs,
        at=now - 10 * MINUTE,
        state="uncertain",
        error="发送的时候断了，不知道对方收到没有，系统不会自动再发。",
    )
    Note.objects.create(conversation=first, text="老会员，常买枇杷膏。", at=now, by=cs)
    Conversation.objects.filter(pk=first.pk).update(owner=cs)
    make_conversation("会员日是哪天？", openid="oLi", at=now - 5 * MINUTE)
    late = make_conversation("昨天的留言怎么没人回？", openid="oZhao", at=now - timedelta(days=1))
    record_complaint(
        told=Told(
            kind="late_reply",
            text="昨天的留言一天没有回",
            happened_on=clock.business_day(now),
            messages=tuple(late.messages.values_list("pk", flat=True)),
        ),
        conversation=late,
        by=cs,
        now=now,
    )
    first.refresh_from_db()
    return first


def make_scenes(by: User, *, picture: bytes = PNG) -> SceneCode:
    """A store's code for a campaign that brought three people, of whom one left."""
    store = make_store("S01")
    code = make_code("收银台台卡", store=store, campaign=make_campaign("C1", stores=[store]))
    now = clock.now()
    code.picture = files.store_file(name="码.png", content=picture, by=by, now=now)
    code.save()
    for number, days in enumerate((1, 2, 2)):
        at = now - timedelta(days=days)
        happens("event.subscribe", EventKey=f"qrscene_{code.scene_str}", openid=f"q{number}", at=at)
    happens("event.scan", EventKey=code.scene_str, openid="q0", at=now)
    happens("event.unsubscribe", openid="q2", at=now)
    return code
