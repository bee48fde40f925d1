"""The imports, one import's progress and counts, its bad rows and its withdrawal."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rules import allow, person
from campaigns import rules, selectors
from campaigns.forms import ImportSearch, UploadForm, WithdrawForm
from campaigns.imports import services, switching
from campaigns.models import SalesImport
from haitang.kernel import audit, clock
from haitang.kernel.errors import NotThere
from haitang.kernel.models import Job
from haitang.kernel.telling import refusal_told

PAGE = 25
BAD_ROWS_SHOWN = 20
_UNDER_WAY = frozenset({SalesImport.State.WAITING, SalesImport.State.LOADING})


@require_safe
@allow(rules.may_see_imports)
def import_list(request: HttpRequest) -> HttpResponse:
    """The imports, newest first, and the form to send a file."""
    return render(request, "campaigns/import_list.html", list_context(request))


def list_context(request: HttpRequest) -> dict[str, Any]:
    """What the list shows; also when a file that was sent is refused."""
    may_import, search = rules.may_import(request.user), ImportSearch(request.GET)
    found = search.narrowed(selectors.imports())
    return {
        "search": search,
        "is_filtered": any(request.GET.get(name) for name in search.fields),
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "may_import": may_import,
        "upload_form": UploadForm() if may_import else None,
        "busy": services.under_way() if may_import else [],
    }


@require_safe
@allow(rules.may_see_imports)
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: how far it is, what it holds, what was refused and why."""
    return render(request, "campaigns/import.html", _context(request, pk))


@require_safe
@allow(rules.may_see_imports)
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that changes while the import runs; ``Poll-Done`` when it ended."""
    context = _context(request, pk)
    answer = render(request, "campaigns/import_progress.html", context)
    if not context["under_way"]:
        answer["Poll-Done"] = "1"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_import)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Says what would come back; POST takes the import out and lets it come back."""
    row = found(pk)
    form = WithdrawForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        if row.state != SalesImport.State.DONE:
            messages.error(request, f"只有已生效的导入可以撤回，这一次{row.get_state_display()}。")
            return redirect("import", pk=pk)
        context = {"row": row, "form": form, "forecast": switching.forecast_withdrawal(row)}
        status = 400 if request.method == "POST" else 200
        return render(request, "campaigns/import_withdraw.html", context, status=status)
    with refusal_told(request):
        done = services.withdraw_import(
            sales_import=row,
            reason=form.cleaned_data["reason"],
            by=person(request),
            now=clock.now(),
        )
        messages.success(request, _withdrawn(row, done))
    return redirect("import", pk=pk)


@require_safe
@allow(rules.may_see_imports)
def bad_rows(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The refused rows with their reasons, as a CSV file for Excel."""
    row = found(pk)
    file = f"bad-rows-{row.pk}.csv"
    audit.record_download(file=file, by=person(request), now=clock.now(), obj=row)
    answer = StreamingHttpResponse(
        services.bad_rows_csv(row), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


def _withdrawn(row: SalesImport, done: services.Withdrawal) -> str:
    text = f"已撤回“{row.file_name}”：{done.restored} 个门店日恢复为之前的销售"
    if done.emptied:
        text += f"，{done.emptied} 个门店日现在没有销售"
    if done.lost:
        text += f"（其中 {done.lost} 个的旧明细已清除，需要重新导入）"
    return text + "。已算好的月份请重新计算。"


def found(pk: int) -> SalesImport:
    """The import of that number, or NotThere."""
    row = selectors.imports().filter(pk=pk).first()
    if row is None:
        raise NotThere(f"没有第 {pk} 号导入：请从导入列表里再找一次。")
    return row


def _context(request: HttpRequest, pk: int) -> dict[str, Any]:
    row = found(pk)
    under_way = row.state in _UNDER_WAY
    job = Job.objects.filter(key=f"{services.JOB_KIND}:{pk}").first() if under_way else None
    waiting = row.state == SalesImport.State.WAITING
    return {
        "row": row,
        "under_way": under_way,
        "job": job,
        "before": [each for each in services.under_way() if each.pk < pk] if waiting else [],
        "bad_rows": row.bad_rows.all()[:BAD_ROWS_SHOWN] if row.lines_refused else [],
        "may_import": rules.may_import(request.user),
    }
