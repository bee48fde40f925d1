"""The months and one month's settlement."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.rules import allow, person
from campaigns import selectors as campaigns
from campaigns.wording import left_out
from haitang.kernel import audit, clock, sheets
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.errors import NotThere
from haitang.kernel.telling import refusal_told
from haitang.policy.document import parse
from incentives import explain, rules, secrecy, selectors, wording
from incentives.calculation import services
from incentives.forms import OverrideForm
from incentives.life import checks
from incentives.life import page as month_life
from incentives.life.undecided import Undecided, undecided
from incentives.models import SettlementRun
from incentives.payslips.selectors import people_context
from incentives.reports import charts
from incentives.uplift_rows import campaign_row

# A page lists the first problems only, and all of them when that is asked for.
PROBLEMS = 20
# So many stores lead from the figure to their sale lines, shared among the month's campaigns.
STORES, LEAST_STORES = 48, 3


@require_safe
@allow(rules.may_see_months)
def month_list(request: HttpRequest) -> HttpResponse:
    """The months of a year, newest first, with how each stands."""
    sees_amounts = rules.may_see_amounts(request.user)
    years = selectors.years()
    text = request.GET.get("year", "")
    year = int(text) if text.isdigit() and int(text) in years else next(iter(years), None)
    rows = selectors.months_of(year) if year else []
    by_role = sees_amounts and request.GET.get("by") == "role"
    context = {
        "years": years,
        "year": year,
        "months": rows,
        **(_pools(rows, year, by_role=by_role) if year else {}),
        "this_month": Month.of(clock.business_day(clock.now())),
        "may_calculate": rules.may_calculate(request.user),
        "sees_amounts": sees_amounts,
    }
    return render(request, "incentives/month_list.html", context)


@require_safe
@allow(rules.may_see_months)
def month_page(request: HttpRequest, month: Month) -> HttpResponse:
    """One month: the pool, its split, what cut it, the funds, the problems, earlier runs.

    Of the split only the own part for who may not see everybody's (``secrecy``).
    """
    sight = _sight(request)
    run = selectors.run_of(month, _number(request))
    history = selectors.history_of(month)
    is_latest = run is None or run.number == history[0].number
    waiting = undecided(month) if run and is_latest else None
    overrides = _overrides(month)
    context = {
        "month": month,
        "run": run,
        "history": history,
        "is_latest": is_latest,
        "may_calculate": rules.may_calculate(request.user),
        "may_override": rules.may_override(request.user),
        "sees_sales": rules.may_see_sales(request.user),
        "overrides": overrides,
        "let_pass": {each["text"].key for each in overrides},
        **people_context(run, sees_amounts=sight.everything),
        **month_life.context(month, run, user=person(request), now=clock.now(), waiting=waiting),
        **(_settlement(run, month, sight, problems=_problems(request, run)) if run else {}),
    }
    if run:
        context |= _checks(request, run, waiting=waiting)
    return render(request, "incentives/month.html", context)


@require_safe
@allow(rules.may_see_months)
def freshness(request: HttpRequest, month: Month) -> HttpResponse:
    """A fragment: whether the data changed since the month's last calculation."""
    run = selectors.run_of(month)
    if run is None:
        raise NotThere(f"{month_text(month)}还没有计算过：请先计算。")
    context = {"run": run, "is_current": checks.is_current(run)}
    return render(request, "incentives/freshness.html", context)


@require_safe
@allow(rules.may_see_amounts)
def payout_sheet(request: HttpRequest, month: Month) -> HttpResponse:
    """The table of a run's split, role by role and person by person, as XLSX."""
    run = _run(request, month)
    return sheets.download(
        "xlsx",
        name=f"{month} 提成分配",
        columns=explain.PAYOUT_COLUMNS,
        rows=explain.payout_rows(run.document, _people(run.document)),
        by=person(request),
        now=clock.now(),
        obj=run,
    )


@require_safe
@allow(rules.may_see_amounts)
def month_document(request: HttpRequest, month: Month) -> HttpResponse:
    """The settlement document of a run as a JSON file."""
    run = _run(request, month)
    answer = JsonResponse(run.document, json_dumps_params={"ensure_ascii": False, "indent": 2})
    file = f"settlement-{month}-{run.number}.json"
    audit.record_download(file=file, by=person(request), now=clock.now(), obj=run)
    answer["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


@require_POST
@allow(rules.may_calculate)
def calculate(request: HttpRequest, month: Month) -> HttpResponse:
    """Calculates the month and shows what came out."""
    now = clock.now()
    with refusal_told(request):
        run = services.calculate_month(month=month, by=person(request), now=now)
        _tell(request, run, is_new=run.calculated_at == now)
    return redirect("month", month=month)


@require_POST
@allow(rules.may_override)
def override(request: HttpRequest, month: Month) -> HttpResponse:
    """Lets one problem of the month pass, with the reason."""
    form = OverrideForm(request.POST)
    if not form.is_valid():
        for faults in form.errors.values():
            messages.error(request, " ".join(str(fault) for fault in faults))
        return redirect("month", month=month)
    with refusal_told(request):
        services.override_problem(
            month=month, by=person(request), now=clock.now(), **form.cleaned_data
        )
        messages.success(request, "已放行，理由已记下。重新计算后，这个问题不再拦住本月。")
    return redirect("month", month=month)


def _run(request: HttpRequest, month: Month) -> SettlementRun:
    """The run that the address names, or the last one."""
    run = selectors.run_of(month, _number(request))
    if run is None:
        raise NotThere(f"{month_text(month)}还没有计算过，没有结算单可下载：请先计算。")
    return run


def _pools(rows: list[selectors.MonthRow], year: int, *, by_role: bool) -> dict[str, Any]:
    """The year's chart; nothing as long as no month was calculated."""
    pools = {row.month: str(row.run.pool) for row in rows if row.run}
    if not pools:
        return {}
    shown: dict[str, Any] = {"by_role": by_role, "chart_name": f"{year}年提成池"}
    if not by_role:
        return {**shown, "chart": charts.pools_chart(pools, year)}
    roles = selectors.roles_of(year)
    return {
        **shown,
        "chart": charts.roles_chart(roles, year),
        "role_table": charts.roles_table(roles),
    }


def _checks(
    request: HttpRequest, run: SettlementRun, *, waiting: Undecided | None
) -> dict[str, Any]:
    """The list before submission; ``waiting`` is None for a run that is not the latest."""
    found = checks.checks(
        run,
        problems=run.document["problems"],
        passed=selectors.let_pass(run),
        waiting=waiting,
        with_rules=rules.may_see_kpi_of_others(request.user),
    )
    context: dict[str, Any] = {"checks": found, "missing": sum(not each.is_done for each in found)}
    if waiting and "check" in request.GET:  # without scripts: asked for by a link
        context["is_current"] = checks.is_current(run)
    return context


def _sight(request: HttpRequest) -> secrecy.Sight:
    """Whose part of the month this person sees."""
    return secrecy.Sight(person(request).username, rules.may_see_amounts(request.user))


def _problems(request: HttpRequest, run: SettlementRun) -> list[dict[str, str]]:
    """Those of the problems still open that are listed."""
    found: list[dict[str, str]] = run.document["problems"]
    return found if request.GET.get("problems") == "all" else found[:PROBLEMS]


def _settlement(
    run: SettlementRun, month: Month, sight: secrecy.Sight, *, problems: list[dict[str, str]]
) -> dict[str, Any]:
    document, policy = secrecy.visible(run.document, sight), run.policy
    rules_then = parse(policy)
    named = {each["code"] for each in document["campaigns"]}
    named |= {each["campaign"] for each in problems if each.get("campaign")}
    beginnings, stores = campaigns.campaign_beginnings(named), campaigns.store_names()
    titles = {code: title for code, (title, _) in beginnings.items()}
    overridden = selectors.let_pass(run)
    named_stores = max(LEAST_STORES, STORES // max(1, len(document["campaigns"])))
    return {
        "document": document,
        "pool": explain.pool_view(run.document, policy),
        "pool_before": selectors.pool_before(month),
        "roles": explain.role_views(document, policy, _people(document)),
        "slices": explain.slices(document),
        "reads": explain.reads_views(document, policy),
        "shortfall_why": explain.shortfall_why(document, policy),
        "campaigns": [
            campaign_row(each, beginnings, stores, rules_then, most=named_stores)
            | {"without": _without(each, stores)}
            for each in document["campaigns"]
        ],
        "problems": [wording.problem(each, campaigns=titles, stores=stores) for each in problems],
        "more_problems": len(document["problems"]) - len(problems),
        "overridden": len(overridden),
        "fees": [
            {**fee, "author": wording.AUTHORS.get(fee["kind"], fee["kind"])}
            for fee in document["fund"]["fees"]
        ],
        "fees_from_fund": explain.total(document["fund"]["fees"], "from_fund"),
        "expenses": [
            {**row, "name": wording.EXPENSES.get(row["kind"], row["kind"])}
            for row in document["reserve"]["expenses"]
        ],
    }


def _without(row: dict[str, Any], stores: dict[str, str]) -> list[str]:
    return [
        f"{each['store']} {stores.get(each['store'], '')}：{left_out(each['reason'])}"
        for each in row["left_out"]
    ]


def _overrides(month: Month) -> list[dict[str, Any]]:
    rows = selectors.overrides_of(month)
    titles = campaigns.campaign_titles(row.campaign for row in rows) if rows else {}
    stores = campaigns.store_names() if any(row.store for row in rows) else {}
    return [
        {
            "row": row,
            "text": wording.problem(
                {
                    "code": row.code,
                    "campaign": row.campaign,
                    "store": row.store,
                    "subject": row.subject,
                },
                campaigns=titles,
                stores=stores,
            ),
        }
        for row in rows
    ]


def _people(document: dict[str, Any]) -> dict[str, str]:
    usernames = {each["username"] for role in document["roles"] for each in role["payees"]}
    return dict(User.objects.filter(username__in=usernames).values_list("username", "name"))


def _number(request: HttpRequest) -> int | None:
    text = request.GET.get("run", "")
    if not text:
        return None
    if not text.isdigit() or len(text) > 9:
        raise NotThere(f"没有第“{text}”次计算：请从“历次计算”里选。")
    return int(text)


def _tell(request: HttpRequest, run: SettlementRun, *, is_new: bool) -> None:
    done = "已计算" if is_new else "的数据没有变化，仍是"
    said = f"{month_text(run.month)}{done}（第 {run.number} 次）"
    if run.open_problems:
        problems = f"{said}，有 {run.open_problems} 个问题要先解决，见下面的“问题”。"
        messages.warning(request, problems)
    else:
        messages.success(request, f"{said}，没有未解决的问题。")
