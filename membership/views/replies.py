"""Automatic replies, quick replies, and the reply-time target."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.errors import Invalid, NotThere, Refusal
from haitang.wechat.pictures import LARGEST
from membership import answering, inbound, replies, rules, selectors, sla, waiting
from membership.answering import RuleFacts
from membership.forms import RuleForm, TargetsForm
from membership.models import QuickReply, ReplyRule

LOOKS_BACK = timedelta(days=30)


@require_safe
@allow(rules.may_see_replies)
def reply_list(request: HttpRequest) -> HttpResponse:
    """All rules in their order; a sentence in the address is tried on them."""
    rows = list(ReplyRule.objects.select_related("scene", "changed_by"))
    tried, now = request.GET.get("try", "").strip()[:500], clock.now()
    answering_rule = None
    if tried:
        active = [inbound.as_rule(each) for each in rows if each.is_active]
        met = replies.rule_for_text(active, tried, at=now)
        met = met or replies.rule_for_rest(active, at=now)
        answering_rule = next((each for each in rows if met and each.pk == met.pk), None)
    context = {
        "rows": rows,
        "tried": tried,
        "answering": answering_rule,
        "may_edit": rules.may_edit_replies(request.user),
    }
    return render(request, "membership/reply_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_edit_replies)
def reply_new(request: HttpRequest) -> HttpResponse:
    """A new rule."""
    return _rule_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_edit_replies)
def reply_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes a rule."""
    return _rule_page(request, _rule(pk))


@require_POST
@allow(rules.may_edit_replies)
def reply_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a rule away."""
    rule = _rule(pk)
    name = rule.name
    answering.delete_rule(rule=rule, by=person(request), now=clock.now())
    messages.success(request, f"已删除规则“{name}”。")
    return redirect("replies")


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_answer)
def quick_replies(request: HttpRequest) -> HttpResponse:
    """Sentences that are often written; a POST adds one."""
    error = ""
    if request.method == "POST":
        try:
            _save_quick(request, None)
            return redirect("quick-replies")
        except Invalid as refusal:
            error = refusal.sentence
    context = {
        "rows": list(QuickReply.objects.all()),
        "error": error,
        "title": request.POST.get("title", ""),
        "text": request.POST.get("text", ""),
    }
    return render(request, "membership/quick_replies.html", context, status=400 if error else 200)


@require_POST
@allow(rules.may_answer)
def quick_reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes or deletes one."""
    row = QuickReply.objects.filter(pk=pk).first()
    if row is None:
        raise NotThere("没有这条常用回复：可能刚被删除，请回到列表。")
    if request.POST.get("delete"):
        row.delete()
        messages.success(request, f"已删除“{row.title}”。")
    else:
        _save_quick(request, row)
    return redirect("quick-replies")


@require_safe
@allow(rules.may_read_inbox)
def targets(request: HttpRequest) -> HttpResponse:
    """How fast answers are to be and were."""
    return _targets_page(request, None)


@require_POST
@allow(rules.may_set_targets)
def targets_change(request: HttpRequest) -> HttpResponse:
    """Sets the target for messages from now on."""
    form = TargetsForm(request.POST)
    if form.is_valid():
        try:
            answering.set_targets(**form.cleaned_data, by=person(request), now=clock.now())
        except Invalid as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "时限已改：从现在起收到的留言按新的时限算。")
            return redirect("reply-targets")
    return _targets_page(request, form)


def _targets_page(request: HttpRequest, form: TargetsForm | None) -> HttpResponse:
    now, kept = clock.now(), waiting.settings_now()
    initial = {"minutes": kept.reply_minutes, "opens": kept.opens, "closes": kept.closes}
    times = selectors.reply_times(since=now - LOOKS_BACK, now=now)
    middle = times.median_seconds
    context = {
        "form": form or TargetsForm(initial=initial),
        "kept": kept,
        "may_set": rules.may_set_targets(request.user),
        "times": times,
        "median": sla.waited_text(middle) if middle is not None else "",
    }
    return render(request, "membership/targets.html", context, status=400 if form else 200)


def _rule_page(request: HttpRequest, rule: ReplyRule | None) -> HttpResponse:
    form = RuleForm(request.POST or None, request.FILES or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        by = person(request)
        try:
            facts = _with_picture(form, by)
            row = answering.save_rule(rule=rule, facts=facts, by=by, now=clock.now())
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"规则“{row.name}”已保存。")
            return redirect("replies")
    status = 400 if form.is_bound and form.errors else 200
    return render(
        request, "membership/reply_form.html", {"form": form, "rule": rule}, status=status
    )


def _with_picture(form: RuleForm, by: User) -> RuleFacts:
    """What was filled in, the picture that was chosen put among the account's materials."""
    facts, given = form.facts(), form.cleaned_data["picture"]
    if given is None or facts.answer != ReplyRule.Answer.IMAGE:
        return facts
    media_id = answering.upload_picture(given.name, given.read(LARGEST + 1), by=by)
    return replace(facts, media_id=media_id)


def _save_quick(request: HttpRequest, row: QuickReply | None) -> None:
    saved = answering.save_quick_reply(
        reply=row,
        title=request.POST.get("title", ""),
        text=request.POST.get("text", ""),
        by=person(request),
    )
    messages.success(request, f"“{saved.title}”已保存。")


def _rule(pk: int) -> ReplyRule:
    row = ReplyRule.objects.filter(pk=pk).first()
    if row is None:
        raise NotThere("没有这条规则：可能刚被删除，请回到列表。")
    return row
