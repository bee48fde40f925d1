"""Automatic replies, quick replies and the reply-time target: what is set up beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from django.db import transaction

from accounts.models import User
from haitang.kernel import audit
from haitang.kernel.errors import Invalid
from haitang.kernel.texts import within, written
from haitang.wechat import gateway
from haitang.wechat.pictures import check_picture
from membership import replies
from membership.models import InboxSettings, QuickReply, ReplyRule, SceneCode
from membership.outbound import STREAM, Content, check_content

Trigger, Match, Answer = ReplyRule.Trigger, ReplyRule.Match, ReplyRule.Answer
MOST_MINUTES = 48 * 60


@dataclass(frozen=True)
class RuleFacts:
    """An automatic reply as it is filled in; ``article`` has title, description, url, picurl."""

    name: str
    trigger: str = Trigger.KEYWORD
    match: str = Match.CONTAINS
    words: str = ""
    scene: SceneCode | None = None
    priority: int = 100
    is_active: bool = True
    first_day: date | None = None
    last_day: date | None = None
    from_time: time | None = None
    to_time: time | None = None
    answer: str = Answer.TEXT
    text: str = ""
    media_id: str = ""
    article: dict[str, str] = field(default_factory=dict)


def save_rule(*, rule: ReplyRule | None, facts: RuleFacts, by: User, now: datetime) -> ReplyRule:
    """Add a rule or change it; Invalid says which word, pattern or answer cannot be."""
    facts = _checked(facts, rule)
    row = rule or ReplyRule()
    for name in RuleFacts.__dataclass_fields__:
        setattr(row, name, getattr(facts, name))
    row.changed_at, row.changed_by = now, by
    with transaction.atomic():
        row.save()
        _record("save_reply_rule", row, by, now)
    return row


def upload_picture(name: str, content: bytes, *, by: User) -> str:
    """Put a picture among the account's materials; what an image rule sends.

    Raises Invalid for no picture, WeChatError where WeChat says no. Called in no transaction.
    """
    check_picture(name, content)
    return gateway.client(by=by).media.upload_permanent("image", content, name).media_id


def delete_rule(*, rule: ReplyRule, by: User, now: datetime) -> None:
    """Take a rule away; what it answered stays."""
    with transaction.atomic():
        _record("delete_reply_rule", rule, by, now)
        rule.delete()


def save_quick_reply(*, reply: QuickReply | None, title: str, text: str, by: User) -> QuickReply:
    """Add or change a sentence that is often written."""
    title = written(title, missing="请写简称。", name="简称", longest=20)
    text = written(text, missing="请写内容。", name="内容", longest=600)
    others = QuickReply.objects.filter(title=title)
    if (others.exclude(pk=reply.pk) if reply else others).exists():
        raise Invalid(f"已经有一条叫“{title}”的常用回复：请换一个简称。")
    row = reply or QuickReply()
    row.title, row.text = title, text
    row.save()
    return row


def set_targets(
    *, minutes: int, opens: time, closes: time, by: User, now: datetime
) -> InboxSettings:
    """Within how many minutes of which hours an answer is due; for messages from now on."""
    if not 1 <= minutes <= MOST_MINUTES:
        raise Invalid(f"时限要在 1 到 {MOST_MINUTES} 分钟之间（对方来信 48 小时后就不能回复了）。")
    if opens >= closes:
        raise Invalid("开始的时间要早于结束的时间。")
    with transaction.atomic():
        row = InboxSettings.objects.create(
            reply_minutes=minutes, opens=opens, closes=closes, changed_at=now, changed_by=by
        )
        audit.record(
            stream=STREAM,
            act="set_reply_targets",
            obj=row,
            by=by,
            now=now,
            details={"minutes": minutes, "opens": str(opens), "closes": str(closes)},
        )
    return row


def _checked(facts: RuleFacts, rule: ReplyRule | None) -> RuleFacts:
    name = written(facts.name, missing="请写规则的名称。", name="名称", longest=60)
    others = ReplyRule.objects.filter(name=name)
    if (others.exclude(pk=rule.pk) if rule else others).exists():
        raise Invalid(f"已经有一条叫“{name}”的规则：请换一个名称。")
    match = facts.match if facts.trigger == Trigger.KEYWORD else Match.EXACT
    words = replies.words_of(facts.words, match=match)
    if facts.trigger in (Trigger.KEYWORD, Trigger.MENU) and not words:
        raise Invalid("请至少写一个关键词（点菜单时写菜单的 KEY），一行一个。")
    if facts.first_day and facts.last_day and facts.last_day < facts.first_day:
        raise Invalid("“到哪天止”早于“从哪天起”：请核对。")
    content = Content(facts.answer, facts.text, facts.media_id, facts.article)
    check_content(content)
    within(facts.text, name="回复的文字", longest=2_000)
    for_arrival = facts.trigger in (Trigger.FOLLOW, Trigger.SCAN)
    return replace(
        facts,
        name=name,
        match=match,
        words="\n".join(words),
        scene=facts.scene if for_arrival else None,
    )


def _record(act: str, rule: ReplyRule, by: User, now: datetime) -> None:
    audit.record(stream=STREAM, act=act, obj=rule, by=by, now=now)
