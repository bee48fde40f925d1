"""The payout report: a page to print on A4, and a workbook."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.rules import allow, person
from haitang.kernel import audit, clock
from haitang.kernel.clock import Month
from incentives import rules
from incentives.reports.book import book
from incentives.reports.selectors import report_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@allow(rules.may_see_amounts)
def report_page(request: HttpRequest, month: Month) -> HttpResponse:
    """The report to print; a month that is not approved says so across every page."""
    context = {"month": month, "report": report_of(month), "printed_at": clock.now()}
    return render(request, "incentives/report.html", context)


@require_safe
@allow(rules.may_see_amounts)
def report_book(request: HttpRequest, month: Month) -> HttpResponse:
    """The report as XLSX; taking it is an act."""
    report = report_of(month)
    name = f"{month} 提成发放表{'（草稿）' if report.mark else ''}.xlsx"
    answer = HttpResponse(book(report), content_type=XLSX)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    audit.record_download(file=name, by=person(request), now=clock.now())
    return answer
