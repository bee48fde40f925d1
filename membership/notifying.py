"""Subscription notifications: a follower agrees once, and once the account may write.

They go out although no window is open: to say that what somebody asked for has arrived. The row is
there before WeChat is asked, and a job that looks after it: when the process dies in between,
nobody knows whether it went out, and it becomes 结果不明.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse

from accounts.models import User
from haitang.kernel import audit, jobs, notices
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.failpoints import fail_point
from haitang.wechat import gateway
from haitang.wechat.handlers import Event
from membership import following
from membership.models import Follower, FollowerNotice, Subscription

STREAM = "notices"
JOB = "look_after_notice"
# Longer than WeChat can be waited for.
LONGEST = timedelta(minutes=5)
NO_CREDIT = 43101
UNCERTAIN = "不知道对方收到没有，系统不会自动再发：请先向对方核对。"
State = FollowerNotice.State
_FIELD = re.compile(r"([^\n:：{}]*)[:：]\s*\{\{\s*(\w+)\.DATA\s*\}\}")
# WeChat's bounds of what is filled in, by the kind in the name (thing1, name2 …).
_LONGEST = {"thing": 20, "name": 10, "phrase": 5, "character_string": 32, "number": 32}


@dataclass(frozen=True)
class Field:
    """A part of a template: WeChat's name, what stands before it, how long it may be."""

    name: str
    label: str
    longest: int


@dataclass(frozen=True)
class Template:
    """One of the account's templates, with its parts in their order."""

    id: str
    title: str
    fields: tuple[Field, ...]
    example: str = ""


def take_answer(event: Event, now: datetime) -> None:
    """subscribe_msg_popup_event: the follower agreed to one more, or did not."""
    follower = following.follower_of(account_id=event.account_id, openid=event.openid, now=now)
    for template, status in _answers(event.fields):
        if status == "accept":
            _change(follower, template, F("number") + 1, now)


def take_change(event: Event, now: datetime) -> None:
    """subscribe_msg_change_event: the follower wants no more of a template."""
    follower = following.follower_of(account_id=event.account_id, openid=event.openid, now=now)
    for template, status in _answers(event.fields):
        if status == "reject":
            _change(follower, template, 0, now)


def templates_of(follower: Follower, *, by: User) -> list[tuple[Template, int]]:
    """The templates of which the follower agreed to more, and how many. Raises WeChatError."""
    left = dict(follower.subscriptions.filter(number__gt=0).values_list("template_id", "number"))
    if not left:
        return []
    known = [template_of(each) for each in gateway.client(by=by).notify.templates()]
    return [(each, left[each.id]) for each in known if each.id in left]


def template_of(given: Mapping[str, Any]) -> Template:
    """A template as WeChat describes it (priTmplId, title, content)."""
    parts = _FIELD.findall(str(given.get("content", "")))
    return Template(
        id=str(given.get("priTmplId", "")),
        title=str(given.get("title", ""))[:60],
        fields=tuple(
            Field(name, label.strip() or name, _LONGEST.get(name.rstrip("0123456789"), 60))
            for label, name in parts
        ),
        example=str(given.get("example", "")).strip(),
    )


def send_notice(
    *,
    follower: Follower,
    template: Template,
    data: Mapping[str, str],
    key: str,
    by: User,
    now: datetime,
) -> FollowerNotice:
    """Send one; it uses up one agreement. The same ``key`` gives back the one that is there.

    Raises Invalid for a part that is missing or too long, Conflict without an agreement. What
    WeChat refuses is kept with its sentence; of a lost answer nobody knows, and it is not repeated.
    """
    given = _checked(template, data)
    sent = FollowerNotice.objects.filter(key=key)
    if known := sent.first():
        return known
    try:
        with transaction.atomic():
            notice = _claimed(follower, template, given, key, by, now)
    except IntegrityError:  # the same form came once more at the same moment
        return sent.get()
    fail_point("notice-claimed")
    try:
        gateway.client(by=by).notify.send(follower.openid, template.id, given)
    except gateway.WeChatError as error:
        _refused(notice, error, now)
    else:
        _ended(notice, State.SENT)
    return notice


def look_after(notice_id: int, *, now: datetime) -> str:
    """What became of a notification; 结果不明 when whoever sent it has come to no end.

    Called by the job when that must long have happened; its sender is told.
    """
    rows = FollowerNotice.objects.select_related("by", "follower")
    with transaction.atomic():
        is_lost = rows.filter(pk=notice_id, state=State.SENDING).update(
            state=State.UNCERTAIN, error=UNCERTAIN
        )
        notice = rows.get(pk=notice_id)
        if is_lost:
            notices.notify(
                recipients=[notice.by],
                key=f"notice:{notice.pk}",
                text=f"给{notice.follower}的通知“{notice.title}”发到一半断了：{UNCERTAIN}",
                url=reverse("follower", args=[notice.follower_id]),
                now=now,
            )
    return notice.state


def _claimed(
    follower: Follower,
    template: Template,
    given: Mapping[str, str],
    key: str,
    by: User,
    now: datetime,
) -> FollowerNotice:
    left = follower.subscriptions.filter(template_id=template.id, number__gt=0)
    if not left.update(number=F("number") - 1, changed_at=now):
        raise Conflict("没有发送：对方没有同意再收这种通知（同意一次只能发一次）。")
    notice = FollowerNotice.objects.create(
        follower=follower,
        template_id=template.id,
        title=template.title,
        text="\n".join(f"{each.label}：{given[each.name]}" for each in template.fields),
        key=key,
        at=now,
        by=by,
    )
    details: dict[str, object] = {"title": template.title, "follower": follower.pk}
    audit.record(stream=STREAM, act="send_notice", obj=notice, by=by, now=now, details=details)
    jobs.enqueue(
        kind=JOB,
        payload={"notice": notice.pk},
        by=by,
        now=now,
        key=f"{JOB}:{notice.pk}",
        run_after=now + LONGEST,
    )
    return notice


def _refused(notice: FollowerNotice, error: gateway.WeChatError, now: datetime) -> None:
    if error.uncertain:
        _ended(notice, State.UNCERTAIN, UNCERTAIN)
        return
    with transaction.atomic():
        number = 0 if error.errcode == NO_CREDIT else F("number") + 1
        _change(notice.follower, notice.template_id, number, now)
        _ended(notice, State.REFUSED, error.sentence)


def _ended(notice: FollowerNotice, state: str, error: str = "") -> None:
    notice.state, notice.error = state, error[:300]
    notice.save(update_fields=["state", "error"])


def _checked(template: Template, data: Mapping[str, str]) -> dict[str, str]:
    given = {each.name: data.get(each.name, "").strip() for each in template.fields}
    for each in template.fields:
        if not given[each.name]:
            raise Invalid(f"“{each.label}”还没有填。")
        if len(given[each.name]) > each.longest:
            raise Invalid(f"“{each.label}”太长：最多 {each.longest} 个字。")
    return given


def _answers(fields: Mapping[str, str]) -> list[tuple[str, str]]:
    """(template, status) of each entry of the event's list."""
    found = []
    for path, template in fields.items():
        if path.endswith(".TemplateId"):
            entry = path.removesuffix("TemplateId")
            found.append((template[:64], fields.get(f"{entry}SubscribeStatusString", "")))
    return found


def _change(follower: Follower, template: str, number: Any, now: datetime) -> None:
    row, _ = Subscription.objects.get_or_create(
        follower=follower, template_id=template, defaults={"changed_at": now}
    )
    Subscription.objects.filter(pk=row.pk).update(number=number, changed_at=now)
