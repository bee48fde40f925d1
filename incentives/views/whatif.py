"""What another policy would have given: choosing it, the report, its progress and its file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.rules import allow, person
from haitang.kernel import clock, sheets
from haitang.kernel.clock import Month
from haitang.kernel.errors import Conflict, Refusal
from haitang.kernel.forms import MonthField
from haitang.kernel.models import Job
from haitang.policy import selectors as policies
from haitang.policy.comparing import compare
from haitang.policy.document import DEFAULT
from haitang.policy.forms import PolicyFields
from haitang.policy.rules import may_try_policies
from haitang.policy.typed import whole
from haitang.policy.views_drafts import found_version
from incentives import rules
from incentives.secrecy import Sight
from incentives.selectors import latest_runs, lean
from incentives.whatif import report as whatif_report
from incentives.whatif import trials as whatif_trials
from incentives.whatif.trials import Trial

SHOWN = 10


class MonthsForm(forms.Form):
    """The months to try."""

    first = MonthField(label="从")
    until = MonthField(label="到")


@require_http_methods(["GET", "HEAD", "POST"])
@allow(may_try_policies)
def what_if(request: HttpRequest) -> HttpResponse:
    """Choose a draft or a version, change some of it for this trial only, and the months."""
    base, name, document = _base(request)
    if request.method != "POST":
        months = MonthsForm(initial=_usual_months())
        return _choose(request, base, PolicyFields(document=document), months)
    fields = PolicyFields(request.POST, document=document)
    months = MonthsForm(request.POST)
    if not (fields.is_valid() and months.is_valid()):
        return _choose(request, base, fields, months, status=400)
    tried = fields.document()
    changed = len(compare(document, tried))
    try:
        job = whatif_trials.start_trial(
            document=tried,
            name=f"{name}，另改 {changed} 处" if changed else name,
            first=months.cleaned_data["first"],
            until=months.cleaned_data["until"],
            by=person(request),
            now=clock.now(),
        )
    except Refusal as refusal:
        return _choose(request, base, fields, months, refusal=refusal, status=refusal.status)
    return redirect("what-if-report", pk=job.pk)


@require_safe
@allow(may_try_policies)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The trial side by side with what stands, or how far it is.

    Who may not see everybody's amounts sees the pool, the reserve and the own ones.
    """
    sees_amounts = rules.may_see_amounts(request.user)
    trial = whatif_trials.trial_of(pk)
    context: dict[str, Any] = {"trial": trial, "job": trial.job, "sees_amounts": sees_amounts}
    if trial.job.state == Job.State.DONE:
        sight = Sight(person(request).username, sees_amounts)
        months = whatif_report.seen_by(sight, trial.months)
        view = whatif_report.report(months, _people(trial))
        context |= {
            "report": view,
            "paid_out": sorted(whatif_trials.paid_out(trial).items()) if sees_amounts else [],
            "pairs": view.pairs if sees_amounts else (view.pairs[0], view.pairs[2]),
            "pools_chart": whatif_report.pools_chart(view),
            "roles_chart": whatif_report.roles_chart(view),
            "is_same": whatif_report.is_same(trial.months),
            "changed_months": [each.month for each in trial.months if each.data_changed],
        }
    return render(request, "incentives/whatif_report.html", context)


@require_safe
@allow(may_try_policies)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that changes while a worker computes; ``Poll-Done`` at the end."""
    trial = whatif_trials.trial_of(pk)
    context = {"trial": trial, "job": trial.job}
    answer = render(request, "incentives/whatif_progress.html", context)
    if not trial.under_way:
        answer["Poll-Done"] = "1"
    return answer


@require_safe
@allow(rules.may_see_amounts)
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """The report line by line as XLSX."""
    trial = whatif_trials.trial_of(pk)
    if trial.job.state != Job.State.DONE:
        raise Conflict("这次试算还没有算完，没有表可下载：请等它算完。")
    return sheets.download(
        "xlsx",
        name=f"试算 {trial.first} 至 {trial.until}",
        columns=whatif_report.SHEET_COLUMNS,
        rows=whatif_report.sheet_rows(trial.months, _people(trial)),
        by=person(request),
        now=clock.now(),
        obj=trial.job,
    )


def _base(request: HttpRequest) -> tuple[str, str, dict[str, Any]]:
    """Which policy is tried: its key (``draft-3``, ``version-5``, ``plan``), name and document."""
    given = request.POST.get("base") or request.GET.get("base", "")
    if draft := request.GET.get("draft", ""):
        given = f"draft-{draft}"
    kind, _, number = given.partition("-")
    pk = int(number) if number.isdecimal() and len(number) < 10 else 0
    if kind == "draft":
        found = policies.draft_of(pk)
        return given, f"草稿“{found.name}”", found.document
    if kind == "version":
        version = found_version(pk)
        return given, f"“{version.code}”", whole(version.document)
    if kind == "plan":
        return given, "运营方案原文", whole(DEFAULT)
    in_force = policies.version_for(_this_month())
    if in_force is None:
        return "plan", "运营方案原文", whole(DEFAULT)
    return f"version-{in_force.pk}", f"“{in_force.code}”", whole(in_force.document)


def _choose(
    request: HttpRequest,
    base: str,
    fields: PolicyFields,
    months: MonthsForm,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    drafts = [(f"draft-{each.pk}", f"草稿“{each.name}”") for each in policies.drafts(is_open=True)]
    versions = [
        (f"version-{each.pk}", str(each)) for each in policies.versions().filter(withdrawal=None)
    ]
    trials = [whatif_trials.trial_in(job) for job in whatif_trials.recent_trials()[:SHOWN]]
    context = {
        "base": base,
        "bases": [*drafts, *versions, ("plan", "运营方案原文")],
        "form": fields,
        "months": months,
        "this_month": _this_month(),
        "refusal": refusal,
        "is_open": refusal is not None or fields.errors,
        "trials": trials,
    }
    return render(request, "incentives/whatif.html", context, status=status)


def _usual_months() -> dict[str, str]:
    """The two months last calculated, or else the last two."""
    names = (
        lean(latest_runs()).filter(month__lte=str(_this_month())).values_list("month", flat=True)
    )
    last = next(iter(names[:1]), None)
    until = Month.parse(last) if last else _this_month().plus(-1)
    return {"first": str(until.plus(-1)), "until": str(until)}


def _this_month() -> Month:
    return Month.of(clock.business_day(clock.now()))


def _people(trial: Trial) -> dict[str, str]:
    names = whatif_report.usernames(trial.months)
    found = User.objects.filter(username__in=names).values_list("username", "name")
    return {username: name or username for username, name in found}
