"""Followers, their messages and what WeChat tells of them, without WeChat."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from django.db import transaction

from accounts.models import User
from haitang.kernel import files
from haitang.kernel.clock import SHANGHAI
from haitang.wechat.handlers import Event, handlers_of
from haitang.wechat.models import Account
from membership.models import (
    Complaint,
    Conversation,
    Follower,
    FollowerChange,
    FollowerTag,
    Message,
    ReplyRule,
    SceneCode,
)

NOW = datetime(2026, 11, 3, 10, 0, tzinfo=SHANGHAI)
# The smallest picture there is.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fea735810e0000000049454e44ae426082"
)
APP_ID = "wx5823bf96d3bd56c7"
_numbers = count(1_000_001)  # far from those of real events


def make_account() -> Account:
    """The account that the tests configure."""
    account, _ = Account.objects.get_or_create(app_id=APP_ID, defaults={"created_at": NOW})
    return account


def happens(
    kind: str = "text",
    content: str = "你好",
    *,
    openid: str = "o1",
    at: datetime = NOW,
    now: datetime | None = None,
    **fields: str,
) -> Event:
    """An event is processed as the worker does it: all handlers in one transaction."""
    number = next(_numbers)
    event = Event(
        id=number,
        key=f"{number}",
        account_id=make_account().pk,
        kind=kind,
        openid=openid,
        occurred_at=at,
        received_at=at,
        fields={"Content": content, **fields} if kind == "text" else fields,
    )
    with transaction.atomic():
        for handler in handlers_of(kind):
            handler(event, now or at)
    return event


def make_follower(
    openid: str = "", *, at: datetime = NOW - timedelta(days=1), **fields: object
) -> Follower:
    """Somebody who follows since yesterday."""
    values: dict[str, object] = {"state": "following", "followed_at": at, "created_at": at}
    return Follower.objects.create(
        account=make_account(), openid=openid or f"follower{next(_numbers)}", **values | fields
    )


def make_conversation(
    text: str = "请问今天营业到几点？", *, openid: str = "", at: datetime = NOW
) -> Conversation:
    """A follower wrote, and waits."""
    openid = openid or f"follower{next(_numbers)}"
    happens("text", text, openid=openid, at=at)
    return Conversation.objects.get(follower__openid=openid, state="open")


def make_picture(conversation: Conversation) -> Message:
    """A picture of the follower's, fetched and kept."""
    return Message.objects.create(
        follower=conversation.follower,
        conversation=conversation,
        direction="in",
        kind="image",
        text="",
        media_id="picture",
        file=files.store_file(name="图片.png", content=PNG, by=None, now=NOW),
        at=NOW,
        state="received",
    )


def make_tag(name: str = "高血压", *, number: int = 100) -> FollowerTag:
    """A tag as WeChat keeps it."""
    return FollowerTag.objects.create(account=make_account(), number=number, name=name)


def make_rule(name: str = "营业时间", *, words: str = "营业时间", **fields: object) -> ReplyRule:
    """A keyword rule that answers with a text."""
    values: dict[str, object] = {"text": "每天 8:00–21:00。", "changed_at": NOW}
    return ReplyRule.objects.create(name=name, words=words, **values | fields)


def make_code(name: str = "门店海报", **fields: object) -> SceneCode:
    """A code that can be scanned; give it a store or a campaign."""
    number = next(_numbers)
    values: dict[str, object] = {
        "account": make_account(),
        "scene_str": f"scene{number}",
        "ticket": f"ticket{number}",
        "url": f"http://weixin.qq.com/q/{number}",
        "made_at": NOW,
    }
    return SceneCode.objects.create(name=name, **values | fields)


def make_complaint(by: User, **fields: object) -> Complaint:
    """Somebody's complaint, about nobody in particular."""
    values: dict[str, object] = {
        "kind": "service",
        "channel": "store",
        "text": "等了半个小时",
        "happened_on": NOW.date(),
        "recorded_at": NOW,
    }
    return Complaint.objects.create(recorded_by=by, **values | fields)


def changes() -> list[str]:
    """The kinds of what followers did, in the order in which it was kept."""
    return list(FollowerChange.objects.order_by("pk").values_list("kind", flat=True))


def sent_texts() -> list[str]:
    """What goes out or is to go out, oldest first."""
    rows = Message.objects.filter(direction="out").order_by("pk")
    return [each.text.for_computing() for each in rows]
