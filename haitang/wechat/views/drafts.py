"""The draft box: what is in it, a new draft, and one taken out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.errors import Refusal
from haitang.kernel.telling import refusal_told
from haitang.wechat import drafting, gateway
from haitang.wechat.forms import NewDraftForm
from haitang.wechat.pictures import LARGEST
from haitang.wechat.rules import may_manage_wechat, may_write_drafts


@require_safe
@allow(may_write_drafts)
def draft_list(request: HttpRequest) -> HttpResponse:
    """Drafts as WeChat has them now, the newest first."""
    drafts: list[drafting.Draft] = []
    given, total, fault = request.GET.get("page", ""), 0, ""
    number = int(given) if given.isdigit() and 0 < int(given) < 10_000 else 1
    try:
        drafts, total = drafting.drafts_page(number, by=person(request))
    except gateway.WeChatError as error:
        fault = error.sentence
    context = {
        "drafts": drafts,
        "total": total,
        "fault": fault,
        "before": number - 1,
        "after": number + 1 if number * drafting.PAGE < total else 0,
        "may_manage": may_manage_wechat(request.user),
    }
    return render(request, "wechat/drafts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(may_write_drafts)
def draft_new(request: HttpRequest) -> HttpResponse:
    """A new draft of one article."""
    form = NewDraftForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        cover = given.pop("cover")
        try:
            drafting.add_draft(
                **given,
                cover_name=cover.name,
                cover=cover.read(LARGEST + 1),
                by=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"“{given['title']}”已在公众号的草稿箱里。")
            return redirect("wechat-drafts")
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "wechat/draft_form.html", {"form": form}, status=status)


@require_POST
@allow(may_manage_wechat)
def draft_delete(request: HttpRequest) -> HttpResponse:
    """Takes a draft out of the box, for good."""
    title = request.POST.get("title", "")
    with refusal_told(request, only=gateway.WeChatError):
        drafting.delete_draft(
            media_id=request.POST.get("draft", ""),
            title=title,
            by=person(request),
            now=clock.now(),
        )
        messages.success(request, f"已删除草稿“{title}”。")
    return redirect("wechat-drafts")
