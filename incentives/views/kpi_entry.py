"""Where deductions are entered and decided: new events, decisions, the general manager's score."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text, number
from haitang.kernel.errors import Conflict, Invalid, NotAllowed, NotThere, Refusal
from haitang.kernel.telling import refusal_told
from haitang.policy.rulebook import RULES
from incentives import rules
from incentives.deductions import deducting, proposals, scoring
from incentives.deductions.assessors import assessors
from incentives.deductions.forms import (
    DecisionForm,
    EntryRow,
    NewEventsForm,
    ScoreForm,
    read_quantity,
    read_rows,
)
from incentives.models import KpiDecision, KpiEvent
from incentives.views.kpi import scored_by

OWN_SHOWN = 10


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_tell_events)
def new(request: HttpRequest) -> HttpResponse:
    """Events of a rule in a month, one a row; each waits for its assessor."""
    form = NewEventsForm(request.POST or None, initial=_new_initial(request))
    rows = read_rows(request.POST.dict())
    if request.method == "POST" and form.is_valid():
        kept = _propose_rows(request, form, rows)
        if kept:
            rule = RULES[form.cleaned_data["rule"]]
            messages.success(
                request,
                f"已登记 {len(kept)} 条“{rule.text[:30]}”，等"
                f"{_whose(form.cleaned_data['month'], rule.code)}决定。",
            )
            return redirect(_after_new(request, form.cleaned_data["month"]))
    return _new_page(request, form, rows)


@require_POST
@allow(rules.may_decide_events)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirms, changes or waives an event, as the decider saw it."""
    event = KpiEvent.objects.filter(pk=pk).first()
    if event is None:
        raise NotThere("没有这条扣减：请从考核页里再找一次。")
    month = Month.parse(event.month)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        for faults in form.errors.values():
            messages.error(request, " ".join(str(fault) for fault in faults))
        return redirect(_back(request, month))
    with refusal_told(request):
        _decide(request, event, form.cleaned_data)
        messages.success(
            request,
            f"已{form.cleaned_data['act_name']}“{RULES[event.rule].text[:40]}”"
            f"（{number(event.quantity)} {RULES[event.rule].unit}）。"
            f"{deducting.consequence(month)}",
        )
    return redirect(_back(request, month))


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_score)
def score(request: HttpRequest, month: Month) -> HttpResponse:
    """The general manager's percent points off planner and supervisor, each with a reason."""
    user, now = person(request), clock.now()
    mine = scored_by(assessors([month], now=now), month, user)
    if not mine:
        raise NotAllowed("总策划和总督导由总经理打分：请交由总经理，或由他登记代理人。")
    kept = {
        each.rule: each
        for each in KpiEvent.objects.filter(month=str(month), rule__in=deducting.SCORED).order_by(
            "source", "pk"
        )
    }
    form = ScoreForm(request.POST or None, rules=mine, initial=_score_initial(kept))
    if request.method == "POST" and form.is_valid():
        try:
            changed = scoring.score_month(
                month=month,
                scores=form.scores(),
                reasons=form.reasons(),
                by=user,
                now=now,
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            said = "已保存打分，已计为确认的扣减。" if changed else "分数没有变，没有改动。"
            messages.success(request, said)
            return redirect("kpi-month", month=month)
    context = {
        "month": month,
        "form": form,
        "notes": [note for notes in proposals.notes_of(month).values() for note in notes],
        "kept": kept,
        "from_file": [each for each in kept.values() if each.source == KpiEvent.Source.FILE],
    }
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "incentives/kpi_score.html", context, status=status)


@require_POST
@allow(rules.may_look_for_evidence)
def look_for_evidence(request: HttpRequest, month: Month) -> HttpResponse:
    """Looks now at what the system can show about the rules in that month."""
    now = clock.now()
    if month >= Month.of(clock.business_day(now)):
        messages.info(request, f"{month_text(month)}还没有结束：月末之后再查。")
        return redirect("kpi-month", month=month)
    found = proposals.propose_month(month=month, now=now)
    if found:
        messages.success(request, f"系统新提出 {len(found)} 条扣减，等考核人决定。")
    else:
        messages.info(request, "查过了：系统看得到的数据里没有新的扣减。")
    return redirect("kpi-month", month=month)


def _decide(request: HttpRequest, event: KpiEvent, given: dict[str, Any]) -> None:
    act, reason = given["act"], given["reason"]
    given["act_name"] = {"confirm": "确认", "change": "更改", "waive": "免除"}[act]
    if given["seen"] != f"{event.state}:{event.quantity}":
        raise Conflict("这条扣减在您打开页面之后有人处理过：请核对现在的状态再决定。")
    by, now = person(request), clock.now()
    if act == "confirm":
        deducting.confirm_event(event=event, reason=reason, by=by, now=now)
    elif act == "waive":
        deducting.waive_event(event=event, reason=reason, by=by, now=now)
    elif given["quantity"] is None:
        raise Invalid("请填更改后的数量。")
    else:
        deducting.change_event(
            event=event, quantity=given["quantity"], reason=reason, by=by, now=now
        )


def _propose_rows(
    request: HttpRequest, form: NewEventsForm, rows: list[EntryRow]
) -> list[KpiEvent]:
    """The typed rows as events, all or none: one refused row keeps the others back."""
    given = form.cleaned_data
    filled = [row for row in rows if not row.is_empty]
    if not filled:
        form.add_error(None, "请至少填一行：数量和证据。")
    for row in filled:
        _check_row(row, given["rule"])
    if not filled or any(row.fault for row in filled):
        return []
    try:
        return deducting.propose_events(
            rule=given["rule"],
            month=given["month"],
            entries=[
                deducting.Told(read_quantity(row.quantity), row.evidence, row.url) for row in filled
            ],
            key=f"person:{person(request).pk}:{given['token']}",
            by=person(request),
            now=clock.now(),
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return []


def _check_row(row: EntryRow, rule: str) -> None:
    if not row.quantity:
        row.quantity = "1"
    try:
        deducting.checked_quantity(rule, read_quantity(row.quantity))
    except Refusal as refusal:
        row.fault = str(refusal)
    if not row.evidence:
        row.fault = "请写明证据或事由：谁、哪一天、什么事。"


def _new_page(request: HttpRequest, form: NewEventsForm, rows: list[EntryRow]) -> HttpResponse:
    own = KpiEvent.objects.filter(recorded_by=person(request), source=KpiEvent.Source.PERSON)
    context = {
        "form": form,
        "rows": rows,
        "own": [
            (each, RULES[each.rule].text if each.rule in RULES else each.rule)
            for each in own.order_by("-pk")[:OWN_SHOWN]
        ],
        "sees_kpi": rules.may_see_kpi(request.user),
        "faults": sum(bool(row.fault) for row in rows),
    }
    is_refused = form.is_bound and (form.errors or any(row.fault for row in rows))
    return render(request, "incentives/kpi_new.html", context, status=400 if is_refused else 200)


def _new_initial(request: HttpRequest) -> dict[str, Any]:
    try:
        month = Month.parse(request.GET.get("month", ""))
    except Invalid:
        month = Month.of(clock.business_day(clock.now()))
    rule = request.GET.get("rule", "")
    return {"month": str(month), "rule": rule if rule in RULES else "", "token": uuid.uuid4().hex}


def _score_initial(kept: dict[str, KpiEvent]) -> dict[str, Any]:
    scored = {rule: each for rule, each in kept.items() if each.key.startswith("score:")}
    told = KpiDecision.objects.filter(event__in=scored.values()).order_by("pk")
    reasons = dict(told.values_list("event__rule", "reason"))
    values: dict[str, Any] = {}
    for rule, each in scored.items():
        values[ScoreForm.name_of(rule)] = number(each.quantity)
        values[ScoreForm.reason_of(rule)] = reasons.get(rule, each.note)
    return values


def _whose(month: Month, rule: str) -> str:
    return assessors([month], now=clock.now()).names(rule, month)


def _after_new(request: HttpRequest, month: Month) -> str:
    if rules.may_see_kpi(request.user):
        return reverse("kpi-month", args=[month])
    return reverse("kpi-new")


def _back(request: HttpRequest, month: Month) -> str:
    """Where the decider came from, when that is a page of the product."""
    back = request.POST.get("back", "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return reverse("kpi-month", args=[month])
