"""Sendings to all: the list, a new one, and how they ended."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.errors import NotThere, Refusal
from haitang.kernel.telling import refusal_told
from haitang.wechat import gateway, mass_sending
from haitang.wechat.forms import MassForm
from haitang.wechat.models import MassSend
from haitang.wechat.rules import may_manage_wechat, may_see_publications
from haitang.wechat.views.publications import drafts_at_wechat

PAGE = 25


@require_safe
@allow(may_see_publications)
def mass_list(request: HttpRequest) -> HttpResponse:
    """Sendings, newest first, with how each ended."""
    found = MassSend.objects.select_related("by")
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "may_manage": may_manage_wechat(request.user),
    }
    return render(request, "wechat/mass.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(may_manage_wechat)
def mass_new(request: HttpRequest) -> HttpResponse:
    """Has something sent to all, or to those with a tag."""
    drafts, fault = drafts_at_wechat(request)
    chosen = {"draft": request.GET.get("draft", "")}
    form = MassForm(request.POST or None, drafts=drafts, tags=_tags(request), initial=chosen)
    if request.method == "POST" and form.is_valid():
        content, title = form.content()
        try:
            mass_sending.request_mass_send(
                title=title,
                kind=form.cleaned_data["kind"],
                content=content,
                tag_id=form.tag_id(),
                key=form.cleaned_data["key"],
                by=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "已提交群发，结果出来后显示在这里。")
            return redirect("wechat-mass")
    status = 400 if form.is_bound and form.errors else 200
    context = {"form": form, "title": "新的群发", "deed": "群发", "fault": fault, "is_mass": True}
    return render(request, "wechat/publication_form.html", context, status=status)


@require_POST
@allow(may_manage_wechat)
def mass_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks WeChat what became of a sending."""
    sending = _found(pk)
    with refusal_told(request, only=gateway.WeChatError):
        mass_sending.ask_mass_send(
            sending=sending, client=gateway.client(by=person(request)), now=clock.now()
        )
        messages.success(request, f"“{sending.title}”：{sending.get_state_display()}。")
    return redirect("wechat-mass")


@require_POST
@allow(may_manage_wechat)
def mass_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Keeps what a person found about an uncertain sending."""
    sending = _found(pk)
    with refusal_told(request):
        mass_sending.settle_uncertain(
            sending=sending,
            is_out=request.POST.get("out") == "1",
            by=person(request),
            now=clock.now(),
        )
        messages.success(request, "已登记核对的结果。")
    return redirect("wechat-mass")


def _found(pk: int) -> MassSend:
    sending = MassSend.objects.filter(pk=pk).first()
    if sending is None:
        raise NotThere("没有这次群发：请从群发列表里再找一次。")
    return sending


def _tags(request: HttpRequest) -> list[tuple[int, str]]:
    """The account's tags; none when WeChat does not tell."""
    try:
        return [(tag.id, tag.name) for tag in gateway.client(by=person(request)).tags.list()]
    except gateway.WeChatError:
        return []
