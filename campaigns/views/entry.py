"""Entering campaigns in the browser: new, copied, changed, moved on, linked to an article."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.rules import allow, person
from campaigns import rules, services
from campaigns.entry import Misfit
from campaigns.entry_forms import CampaignEntryForm, StatusForm, copied_facts, facts_of
from campaigns.models import Campaign
from campaigns.services.entering import version
from campaigns.statuses import Status
from haitang.kernel import clock
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.errors import NotThere, Refusal
from haitang.kernel.telling import refusal_told


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_edit_campaigns)
def campaign_new(request: HttpRequest) -> HttpResponse:
    """A new campaign; ``?from=C1`` begins with what C1 was."""
    original = request.GET.get("from", "")
    initial = copied_facts(found(original)) if original else {}
    form = CampaignEntryForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            campaign = services.enter_campaign(
                entry=form.entry(), by=person(request), now=clock.now()
            )
        except Refusal as refusal:
            _refuse(form, refusal)
        else:
            messages.success(request, f"已新建活动“{campaign.title}”，编号 {campaign.code}。")
            return redirect("campaign", code=campaign.code)
    return _form_page(request, form, campaign=None, original=original)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_edit_campaigns)
def campaign_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Changes a campaign; the rules refuse here what they refuse everywhere."""
    campaign = found(code)
    initial = {**facts_of(campaign), "seen": version(campaign)}
    form = CampaignEntryForm(request.POST or None, initial=initial, is_new=False)
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.change_campaign(
                campaign=campaign,
                entry=form.entry(),
                seen=form.cleaned_data["seen"],
                by=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            _refuse(form, refusal)
        else:
            said = "已保存。" if changed else "没有改动。"
            if changed and hasattr(campaign, "result"):
                said += "增加值还是改动之前的：请重新计算，或等今晚自动计算。"
            messages.success(request, said)
            return redirect("campaign", code=code)
    return _form_page(request, form, campaign=campaign)


@require_POST
@allow(rules.may_edit_campaigns)
def campaign_status(request: HttpRequest, code: str) -> HttpResponse:
    """Moves a campaign on, or back."""
    campaign, form = found(code), StatusForm(request.POST)
    if not form.is_valid():
        messages.error(request, "没有收到要改成什么状态：请从活动页上的按钮改。")
        return redirect("campaign", code=code)
    given = form.cleaned_data
    with refusal_told(request):
        services.set_status(
            campaign=campaign,
            was=given["was"],
            to=given["to"],
            reason=given["reason"],
            by=person(request),
            now=clock.now(),
        )
        messages.success(request, _moved(campaign, given["to"]))
    return redirect("campaign", code=code)


@require_POST
@allow(rules.may_link_articles)
def campaign_article(request: HttpRequest, code: str) -> HttpResponse:
    """Links an article to the campaign, or takes the link away."""
    _link(request, found(code), request.POST.get("article", ""))
    return redirect("campaign", code=code)


@require_POST
@allow(rules.may_link_articles)
def article_campaign(request: HttpRequest, code: str) -> HttpResponse:
    """The same from the article's page: the campaign that this article belongs to."""
    name = request.POST.get("campaign", "").strip()
    campaign = Campaign.objects.filter(code=name).first()
    if campaign is None:
        messages.error(request, f"没有编号为“{name}”的活动：请从列表里选一场。")
    else:
        _link(request, campaign, "" if request.POST.get("take_away") else code)
    return redirect("article", code=code)


def found(code: str) -> Campaign:
    """The campaign of that code, or NotThere."""
    campaign = (
        Campaign.objects.select_related("article", "result")
        .prefetch_related("stores")
        .filter(code=code)
        .first()
    )
    if campaign is None:
        raise NotThere(f"没有编号为“{code}”的活动：请从活动列表里再找一次。")
    return campaign


def _link(request: HttpRequest, campaign: Campaign, article: str) -> None:
    try:
        changed = services.link_article(
            campaign=campaign, article=article, by=person(request), now=clock.now()
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return
    if not changed:
        messages.info(request, "没有改动。")
    elif article:
        messages.success(request, f"已把推文 {article} 关联到活动“{campaign.title}”。")
    else:
        messages.success(request, f"活动“{campaign.title}”不再关联推文。")


def _moved(campaign: Campaign, to: str) -> str:
    if to == Status.COMPLETED:
        month = month_text(Month.of(campaign.end))
        missing = "" if campaign.article else "还没有关联推文，结算前请补上。"
        return f"活动已完成，计入{month}的结算。{missing}"
    return f"活动的状态已改为“{Status(to).label}”。"


def _refuse(form: CampaignEntryForm, refusal: Refusal) -> None:
    field = refusal.field if isinstance(refusal, Misfit) else None
    form.add_error(field if field in form.fields else None, str(refusal))


def _form_page(
    request: HttpRequest,
    form: CampaignEntryForm,
    *,
    campaign: Campaign | None,
    original: str = "",
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "campaign": campaign, "original": original}
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "campaigns/campaign_form.html", context, status=status)
