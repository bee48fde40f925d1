"""What is done with a conversation from its page: each a POST that leads back to it."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.rules import allow, person
from campaigns.models import Campaign
from haitang.kernel import clock
from haitang.kernel.errors import Conflict, Invalid, NotThere, Refusal
from haitang.kernel.telling import refusal_told
from membership import conversing, rules
from membership.models import Conversation
from membership.views.inbox import found, page


@require_POST
@allow(rules.may_answer)
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it, or give it to a colleague who may answer."""
    row, given = found(pk), request.POST.get("owner", "")
    to = User.objects.filter(pk=given).first() if given.isdigit() else None
    if given and to is None:
        raise NotThere("没有这位同事：请刷新页面再选。")
    with refusal_told(request, only=Conflict):
        conversing.assign(
            conversation=row,
            to=to,
            seen=_number(request.POST.get("seen", str(row.owner_id or ""))),
            by=person(request),
            now=clock.now(),
        )
        messages.success(
            request,
            "已由您负责。" if to == request.user else f"已交给{to}。" if to else "现在没有负责人。",
        )
    return redirect("conversation", pk=row.pk)


@require_POST
@allow(rules.may_answer)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """The matter is done."""
    row, seen = found(pk), _number(request.POST.get("seen", ""))
    try:
        conversing.close(conversation=row, seen=seen, by=person(request), now=clock.now())
    except Conflict as refusal:
        messages.error(request, refusal.sentence)
        return redirect(f"{reverse('conversation', args=[pk])}#end")
    messages.success(request, f"{row.follower}的留言已结束；对方再来消息会另开一次。")
    return redirect("inbox")


@require_POST
@allow(rules.may_answer)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with a closed one."""
    row = found(pk)
    conversing.reopen(conversation=row, by=person(request), now=clock.now())
    return _back(request, row, "已重新打开。")


@require_POST
@allow(rules.may_answer)
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """A note for colleagues."""
    row = found(pk)
    conversing.add_note(
        conversation=row,
        text=request.POST.get("text", ""),
        by=person(request),
        now=clock.now(),
    )
    return _back(request, row, "备注已记下，对方看不到。")


@require_POST
@allow(rules.may_answer)
def sort(request: HttpRequest, pk: int) -> HttpResponse:
    """Kind, topic, tags and campaign."""
    row = found(pk)
    given = request.POST.get("campaign", "")
    campaign = Campaign.objects.filter(pk=given).first() if given.isdigit() else None
    conversing.sort(
        conversation=row,
        kind=request.POST.get("kind", row.kind),
        topic=request.POST.get("topic", row.topic),
        tags=re.split(r"[、,，\s]+", request.POST.get("tags", "")),
        campaign=campaign,
        by=person(request),
    )
    return _back(request, row, "分类已保存。")


@require_POST
@allow(rules.may_answer)
def member(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which member the follower is, or that nobody knows."""
    row, by, now = found(pk), person(request), clock.now()
    if request.POST.get("unlink"):
        conversing.unlink_member(follower=row.follower, by=by, now=now)
        return _back(request, row, "已取消关联。")
    number = request.POST.get("number", "")
    try:
        linked = conversing.link_member(follower=row.follower, number=number, by=by, now=now)
    except (Invalid, NotThere) as refusal:
        return _refused(request, row, refusal)
    return _back(request, row, f"已关联{linked}。")


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _back(request: HttpRequest, row: Conversation, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("conversation", pk=row.pk)


def _refused(request: HttpRequest, row: Conversation, refusal: Refusal) -> HttpResponse:
    return page(request, row, refusal=refusal.sentence, status=refusal.status)
