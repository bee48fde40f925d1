"""Publications: the list, a draft to publish, one put on record by hand, and their ends."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.errors import NotThere, Refusal
from haitang.kernel.telling import refusal_told
from haitang.wechat import gateway, publishing
from haitang.wechat.forms import DraftForm, RecordForm
from haitang.wechat.models import Publication
from haitang.wechat.rules import may_manage_wechat, may_record_publications, may_see_publications

PAGE = 25


@require_safe
@allow(may_see_publications)
def publication_list(request: HttpRequest) -> HttpResponse:
    """Publications, newest first, with how each ended."""
    found = Publication.objects.select_related("by")
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "may_manage": may_manage_wechat(request.user),
        "may_record": may_record_publications(request.user),
    }
    return render(request, "wechat/publications.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(may_record_publications)
def record(request: HttpRequest) -> HttpResponse:
    """Puts on record what was published by hand."""
    form = RecordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = publishing.record_publication(
                **form.cleaned_data, by=person(request), now=clock.now()
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已登记“{done.title}”。")
            return redirect("wechat-publications")
    return _form(request, form, "登记手工发布", "登记")


@require_http_methods(["GET", "HEAD", "POST"])
@allow(may_manage_wechat)
def publish(request: HttpRequest) -> HttpResponse:
    """Has a draft published; the drafts are asked of WeChat."""
    drafts, fault = drafts_at_wechat(request)
    chosen = {"draft": request.GET.get("draft", "")}
    form = DraftForm(request.POST or None, drafts=drafts, initial=chosen)
    if request.method == "POST" and not fault and form.is_valid():
        draft = form.cleaned_data["draft"]
        try:
            publishing.request_publication(
                draft_media_id=draft,
                title=form.titles[draft],
                key=form.cleaned_data["key"],
                by=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "已提交发布，结果出来后显示在下面。")
            return redirect("wechat-publications")
    return _form(request, form, "发布草稿", "发布", fault=fault, is_empty=not drafts)


@require_POST
@allow(may_manage_wechat)
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks WeChat where a publication stands."""
    publication = _found(pk)
    with refusal_told(request, only=gateway.WeChatError):
        ended = publishing.ask_publication(
            publication=publication,
            client=gateway.client(by=person(request)),
            now=clock.now(),
        )
        state = publication.get_state_display()
        messages.success(
            request, f"“{publication.title}”：{state}。" if ended else f"微信还在处理：{state}。"
        )
    return redirect("wechat-publications")


@require_POST
@allow(may_manage_wechat)
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Keeps what a person found about an uncertain publication."""
    publication = _found(pk)
    with refusal_told(request):
        publishing.settle_uncertain(
            publication=publication,
            is_out=request.POST.get("out") == "1",
            url=request.POST.get("url", "").strip()[:500],
            by=person(request),
            now=clock.now(),
        )
        messages.success(request, "已登记核对的结果。")
    return redirect("wechat-publications")


def drafts_at_wechat(request: HttpRequest) -> tuple[list[tuple[str, str]], str]:
    """(media_id, title) of the newest drafts, and why there are none, if there is a reason."""
    try:
        found = gateway.client(by=person(request)).drafts.page(0, 20)
    except gateway.WeChatError as error:
        return [], error.sentence
    return [(str(item["media_id"]), _title(item)) for item in found.items], ""


def _title(item: dict[str, Any]) -> str:
    """The titles of a draft's articles."""
    articles = (item.get("content") or {}).get("news_item") or ()
    titles = [str(each.get("title") or "（没有标题）") for each in articles]
    return "；".join(titles)[:200] or "（没有标题）"


def _found(pk: int) -> Publication:
    publication = Publication.objects.filter(pk=pk).first()
    if publication is None:
        raise NotThere("没有这条发布记录：请从发布列表里再找一次。")
    return publication


def _form(
    request: HttpRequest,
    form: forms.Form,
    title: str,
    deed: str,
    *,
    fault: str = "",
    is_empty: bool = False,
) -> HttpResponse:
    context = {"form": form, "title": title, "deed": deed, "fault": fault, "is_empty": is_empty}
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "wechat/publication_form.html", context, status=status)
