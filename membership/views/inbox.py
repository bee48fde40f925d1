"""The inbox: its list, a conversation, and what is new in either."""

from __future__ import annotations

import uuid
from datetime import datetime
from io import BytesIO

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rules import allow, person
from haitang.kernel import audit, clock
from haitang.kernel.errors import Conflict, Invalid, NotThere
from haitang.kernel.personal import reveal
from haitang.kernel.telling import refusal_told
from haitang.wechat.pictures import LARGEST, suffix_of
from membership import delivering, media, outbound, rules, selectors, sla
from membership.forms import InboxSearch
from membership.models import Conversation, Message, QuickReply

PAGE = 25
NOTHING_NEW = 204
TABS = (
    ("", "全部", "open"),
    (selectors.MINE, "我的", "mine"),
    (selectors.WAITING, "等回复", "waiting"),
    (selectors.OVERDUE, "超时", "overdue"),
    (selectors.CLOSED, "已结束", ""),
)


@require_safe
@allow(rules.may_read_inbox)
def inbox(request: HttpRequest) -> HttpResponse:
    """Conversations, the longest waiting first; the filters are in the address."""
    return render(request, "membership/inbox.html", _list(request))


@never_cache
@require_safe
@allow(rules.may_read_inbox)
def inbox_news(request: HttpRequest) -> HttpResponse:
    """The list anew, or 204 when nothing changed since ``have``."""
    token = selectors.list_token(clock.now())
    if request.GET.get("have") == token:
        return HttpResponse(status=NOTHING_NEW)
    answer = render(request, "membership/inbox_list.html", _list(request))
    answer["Live-Have"] = token
    return answer


@require_safe
@allow(rules.may_read_inbox)
def conversation(request: HttpRequest, pk: int) -> HttpResponse:
    """One conversation: what was written, how much may still be written, and what is known.

    ``?before=`` a message shows what was written before it.
    """
    return page(request, found(pk))


@never_cache
@require_safe
@allow(rules.may_read_inbox)
def conversation_news(request: HttpRequest, pk: int) -> HttpResponse:
    """The thread anew with its window, or 204 when nothing changed since ``have``."""
    now = clock.now()
    row = Conversation.objects.filter(pk=pk).select_related("follower", "owner").first()
    if row is None:
        raise NotThere(_GONE)
    token = selectors.thread_token(row, now)
    if request.GET.get("have") == token:
        return HttpResponse(status=NOTHING_NEW)
    context = _thread(request, row)
    answer = render(request, "membership/thread.html", context)
    answer["Live-Have"] = token
    answer["Live-Open"] = "1" if context["is_open"] else "0"
    return answer


@require_POST
@allow(rules.may_answer)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue an answer, a picture or both; a refusal gives the page back with what was written."""
    row, text = found(pk), request.POST.get("text", "")
    try:
        _send(request, row, text.strip())
    except (Conflict, Invalid) as refusal:
        return page(request, row, written=text, refusal=refusal.sentence, status=refusal.status)
    return redirect(f"{reverse('conversation', args=[pk])}#end")


def _send(request: HttpRequest, row: Conversation, text: str) -> None:
    """The picture first, then the words; each is a message of its own, with a key of its own."""
    by, now = person(request), clock.now()
    key = request.POST.get("key", "")[:60] or uuid.uuid4().hex
    given = request.FILES.get("picture")
    contents = []
    if given is not None:
        name, content = given.name or "图片", given.read(LARGEST + 1)
        picture = media.keep_picture(name=name, content=content, by=by, now=now)
        contents.append((f"{key}-p", outbound.Content(kind=Message.Kind.IMAGE, file=picture)))
    if text or given is None:
        contents.append((key, outbound.Content(text=text)))
    with transaction.atomic():
        for each, content in contents:
            outbound.send_answer(conversation=row, content=content, key=each, by=by, now=now)


@cache_control(private=True, max_age=600)
@require_safe
@allow(rules.may_read_inbox)
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The picture or the voice of a message; taking it along is an act on record."""
    row = Message.objects.select_related("file").filter(pk=pk).first()
    if row is None:
        raise NotThere(_NO_MESSAGE)
    content, kind = media.opened(row)
    takes = "download" in request.GET or not kind.startswith("image/")
    name = f"{row.get_kind_display()} {row.pk}.{suffix_of(kind)}"
    if takes:
        audit.record_download(file=name, by=person(request), now=clock.now(), obj=row)
    return FileResponse(
        BytesIO(content),
        as_attachment=takes,
        filename=name,
        content_type=kind or "application/octet-stream",
    )


@require_POST
@allow(rules.may_answer)
def fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Have what a follower sent fetched once more."""
    row = Message.objects.select_related("follower").filter(pk=pk).first()
    if row is None or row.conversation_id is None:
        raise NotThere(_NO_MESSAGE)
    with refusal_told(request):
        media.fetch_again(message=row, by=person(request), now=clock.now())
        messages.success(request, "正在从微信取，一会儿就显示在消息里。")
    return redirect(f"{reverse('conversation', args=[row.conversation_id])}#message-{row.pk}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_reveal_messages)
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """A message with its numbers masked; a POST with a reason shows it in full, once, recorded."""
    row = Message.objects.select_related("follower", "conversation").filter(pk=pk).first()
    if row is None:
        raise NotThere(_NO_MESSAGE)
    context: dict[str, object] = {"shown": selectors.shown(row)}
    status = 200
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        try:
            context["text"] = reveal(
                obj=row, field="text", reason=reason, by=person(request), now=clock.now()
            )
        except Invalid as error:
            context["error"], status = error.sentence, 400
    return render(request, "membership/message.html", context, status=status)


@require_POST
@allow(rules.may_answer)
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whether an uncertain message went out."""
    row = Message.objects.select_related("follower").filter(pk=pk).first()
    if row is None or row.conversation_id is None:
        raise NotThere(_NO_MESSAGE)
    went_out = request.POST.get("went_out") == "1"
    delivering.settle_uncertain(message=row, went_out=went_out, by=person(request), now=clock.now())
    messages.success(request, "已记下：对方收到了。" if went_out else "已记下：对方没有收到。")
    return redirect(f"{reverse('conversation', args=[row.conversation_id])}#end")


def found(pk: int) -> Conversation:
    """The conversation of that number, or NotThere."""
    rows = Conversation.objects.select_related(
        "follower__member__card", "follower__scene", "owner", "campaign"
    )
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotThere(_GONE)
    return row


def page(
    request: HttpRequest,
    row: Conversation,
    *,
    written: str = "",
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of a conversation, with what was written when that was refused."""
    now = clock.now()
    context = _thread(request, row) | {
        "token": selectors.thread_token(row, now),
        "key": uuid.uuid4().hex,
        "written": written,
        "refusal": refusal,
        "quick": list(QuickReply.objects.all()),
        "owners": selectors.who_may_answer(now=now),
        "earlier": selectors.earlier(row),
        "next_one": selectors.next_waiting(row, user=person(request)),
        "complaints": list(row.complaints.all()),
        "kinds": Conversation.Kind.choices,
        "topics": Conversation.Topic.choices,
        "campaigns": selectors.campaigns_of_late(now=now, besides=row.campaign_id),
        "tags": "、".join(tag.name for tag in row.tags.all()),
        "notices_left": sum(row.follower.subscriptions.values_list("number", flat=True)),
        "may_reveal_cards": rules.may_reveal_cards(request.user),
    }
    return render(request, "membership/conversation.html", context, status=status)


def _thread(request: HttpRequest, row: Conversation) -> dict[str, object]:
    now = clock.now()
    left = outbound.allowance_of(row.follower, now=now)
    may_answer = rules.may_answer(request.user)
    is_open = row.state == Conversation.State.OPEN
    given = request.GET.get("before", "")
    before = row.messages.filter(pk=given).first() if given.isdigit() else None
    entries = selectors.thread(row, before=before)
    return {
        "conversation": row,
        "follower": row.follower,
        "entries": entries,
        "newest": selectors.newest_of(entries),
        "is_earlier": before is not None,
        "oldest": selectors.oldest_of(entries),
        "left": left,
        "fetchable_from": now - media.KEPT_AT_WECHAT,
        "late_from": now - media.USUALLY_FETCHED,
        "time_left": sla.waited_text((left.until - now).total_seconds())
        if left.until and left.is_open
        else "",
        "waited": _waited(row, now),
        "is_overdue": row.due_at is not None and row.due_at <= now,
        "may_answer": may_answer,
        "is_open": left.is_open and is_open and may_answer,
    }


def _list(request: HttpRequest) -> dict[str, object]:
    now, user = clock.now(), person(request)
    known = [key for key, *_ in TABS]
    show = request.GET.get("show", "")
    show = show if show in known else ""
    form = InboxSearch(request.GET)
    search = form.search(show)
    shown = Paginator(selectors.conversations(search, user=user, now=now), PAGE)
    current = shown.get_page(request.GET.get("page"))
    numbers = selectors.counts(user=user, now=now)
    return {
        "form": form,
        "show": show,
        "tabs": [(key, name, numbers.get(count)) for key, name, count in TABS],
        "page": current,
        "rows": [
            (line, _waited(line.conversation, now), _is_late(line.conversation, now))
            for line in selectors.lines(current)
        ],
        "is_filtered": bool(search.text or search.kind or search.tag or search.campaign),
        "token": selectors.list_token(now),
        "query": request.GET.urlencode(),
    }


def _waited(row: Conversation, now: datetime) -> str:
    if row.waiting_since is None:
        return ""
    return sla.waited_text((now - row.waiting_since).total_seconds())


def _is_late(row: Conversation, now: datetime) -> bool:
    return row.due_at is not None and row.due_at <= now


_NO_MESSAGE = "没有这条消息：请回到留言里再点一次。"
_GONE = "没有这次留言：请回到留言列表再点一次。"
