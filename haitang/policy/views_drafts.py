"""Drafts of the policy: the list, one with its comparison, the form, publishing, the history."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.errors import Conflict, NotThere, Refusal
from haitang.kernel.telling import refusal_told
from haitang.policy import drafting, history, rules, selectors
from haitang.policy.comparing import compare
from haitang.policy.document import DEFAULT
from haitang.policy.forms import CopyForm, DraftForm, PublishForm, first_error
from haitang.policy.models import PolicyDraft, PolicyVersion
from haitang.policy.typed import faults_of

PAGE = 25
_PLAN = "plan"


@require_safe
@allow(rules.may_see_drafts)
def draft_list(request: HttpRequest) -> HttpResponse:
    """The drafts in work, and those published or put away."""
    done = selectors.drafts(is_open=False)
    in_force = selectors.version_for(Month.of(clock.business_day(clock.now())))
    context = {
        "drafts": list(selectors.drafts(is_open=True)),
        "page": Paginator(done, PAGE).get_page(request.GET.get("page")),
        "in_force": in_force,
        "may_edit": rules.may_edit_drafts(request.user),
    }
    return render(request, "policy/drafts.html", context)


@require_POST
@allow(rules.may_edit_drafts)
def draft_new(request: HttpRequest) -> HttpResponse:
    """Copies a version, or the plan's own text, into a draft."""
    form = CopyForm(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form, "没有收到要复制哪一版：请再选一次。"))
        return redirect("policy-drafts")
    key = form.cleaned_data["version"]
    version = found_version(key) if key else None
    draft = drafting.copy_version(
        version=version, name=form.cleaned_data["name"], by=person(request), now=clock.now()
    )
    messages.success(request, f"已复制为草稿“{draft.name}”：请在下面改动后保存。")
    return redirect("policy-draft-edit", pk=draft.pk)


@require_safe
@allow(rules.may_see_drafts)
def draft_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One draft: what it changes, in words, what is still wrong, the way to publishing."""
    draft, now = selectors.draft_of(pk), clock.now()
    others = list(selectors.versions().filter(withdrawal=None))
    other, name = _compared_with(request, draft)
    faults = faults_of(draft.document)
    may_publish = rules.may_publish_policy(request.user)
    context = {
        "draft": draft,
        "is_open": draft.state == PolicyDraft.State.OPEN,
        "changes": compare(other, draft.document),
        "compared_name": name,
        "compared_key": request.GET.get("with") or (draft.based_on_id or _PLAN),
        "others": others,
        "faults": faults.sentences,
        "first_month": drafting.first_month_to_publish(now),
        "later": [each for each in others if each.valid_from > clock.business_day(now)],
        "may_edit": rules.may_edit_drafts(request.user),
        "may_publish": may_publish,
        "own_work": drafting.own_work(draft, person(request)) if may_publish else "",
        "may_try": rules.may_try_policies(request.user),
    }
    return render(request, "policy/draft.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_edit_drafts)
def draft_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a draft. What was typed is kept even when it cannot be published yet."""
    draft = selectors.draft_of(pk)
    if draft.state != PolicyDraft.State.OPEN:
        state = draft.get_state_display()
        raise Conflict(f"草稿“{draft.name}”{state}，不能再改：请复制一份再起草。")
    if request.method != "POST":
        form = DraftForm(
            document=draft.document,
            faults=faults_of(draft.document),
            initial={"name": draft.name, "seen": draft.revision},
        )
        return render(request, "policy/draft_form.html", {"form": form, "draft": draft})
    form = DraftForm(request.POST, document=draft.document)
    if not form.is_valid():
        return _again(request, form, draft)
    given = form.cleaned_data
    try:
        changes = drafting.save_draft(
            draft=draft,
            name=given["name"],
            document=form.document(),
            seen=given["seen"],
            by=person(request),
            now=clock.now(),
        )
    except Conflict as refusal:
        return _somebody_was_first(request, form, draft, refusal)
    said = f"已保存，改动了 {len(changes)} 处。" if changes else "没有改动。"
    messages.success(request, said)
    return redirect("policy-draft-edit", pk=pk)


@require_POST
@allow(rules.may_edit_drafts)
def draft_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Puts a draft away."""
    draft = selectors.draft_of(pk)
    try:
        drafting.discard_draft(
            draft=draft, seen=_seen(request), by=person(request), now=clock.now()
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("policy-draft", pk=pk)
    messages.success(request, f"草稿“{draft.name}”已作废；它的内容和历史仍可查看。")
    return redirect("policy-drafts")


@require_POST
@allow(rules.may_publish_policy)
def draft_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publishes a draft for a month to come."""
    draft, form = selectors.draft_of(pk), PublishForm(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form, "没有收到从哪个月起生效：请再选一次。"))
        return redirect("policy-draft", pk=pk)
    try:
        version = drafting.publish_draft(
            draft=draft, by=person(request), now=clock.now(), **form.cleaned_data
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("policy-draft", pk=pk)
    month = month_text(Month.of(version.valid_from))
    messages.success(request, f"已发布“{version.code}”，从{month}起生效。在那之前可以撤回。")
    return redirect("policy-version", pk=version.pk)


@require_POST
@allow(rules.may_publish_policy)
def version_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a publication back before its month begins."""
    version = found_version(pk)
    with refusal_told(request):
        drafting.withdraw_version(
            version=version,
            reason=request.POST.get("reason", ""),
            by=person(request),
            now=clock.now(),
        )
        messages.success(request, f"已撤回“{version.code}”，它不会生效；草稿又可以改了。")
    return redirect("policy-version", pk=pk)


@require_safe
@allow(rules.may_see_drafts)
def policy_history(request: HttpRequest) -> HttpResponse:
    """Who changed what: of all policies, or of one draft (``?draft=3``)."""
    text = request.GET.get("draft", "")
    draft = selectors.draft_of(int(text)) if text.isdecimal() and len(text) < 10 else None
    page = Paginator(history.entries(draft=draft), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "deeds": history.deeds(page), "draft": draft}
    return render(request, "policy/history.html", context)


def found_version(pk: int) -> PolicyVersion:
    """That version, or NotThere."""
    version = selectors.versions_whole().filter(pk=pk).first()
    if version is None:
        raise NotThere(f"没有第 {pk} 号制度版本：请从制度页的“历次版本”里选。")
    return version


def _compared_with(request: HttpRequest, draft: PolicyDraft) -> tuple[dict[str, Any], str]:
    """The document to compare with (``?with=plan`` or a version's number), and its name."""
    text = request.GET.get("with", "")
    version = draft.based_on
    if text.isdecimal() and len(text) < 10:
        version = found_version(int(text))
    elif text == _PLAN:
        version = None
    return (version.document, str(version)) if version else (DEFAULT, "运营方案原文")


def _again(request: HttpRequest, form: DraftForm, draft: PolicyDraft) -> HttpResponse:
    return render(request, "policy/draft_form.html", {"form": form, "draft": draft}, status=400)


def _somebody_was_first(
    request: HttpRequest, form: DraftForm, draft: PolicyDraft, refusal: Conflict
) -> HttpResponse:
    """Nothing typed is lost: the form again, with what the other changed meanwhile."""
    latest = selectors.draft_of(draft.pk)
    form.go_on_from(latest.revision)
    context = {
        "form": form,
        "draft": latest,
        "refusal": str(refusal),
        "changes": compare(latest.document, form.document()),
    }
    return render(request, "policy/draft_form.html", context, status=409)


def _seen(request: HttpRequest) -> int:
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
