"""The steps of a month, each a POST that goes back to the month's page."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.telling import refusal_told
from incentives import rules
from incentives.life import approval
from incentives.models import Settlement


@require_POST
@allow(rules.may_submit)
def submit(request: HttpRequest, month: Month) -> HttpResponse:
    """Submits the month's last calculation."""
    return _take(
        request,
        month,
        lambda: approval.submit_month(month=month, by=person(request), now=clock.now()),
        "已提交，等总经理批准。",
    )


@require_POST
@allow(rules.may_return)
def send_back(request: HttpRequest, month: Month) -> HttpResponse:
    """Returns a submitted month, or withdraws the own submission, with the reason."""
    return _take(
        request,
        month,
        lambda: approval.return_month(
            month=month, reason=_reason(request), by=person(request), now=clock.now()
        ),
        "已退回，可以改正后再提交。",
    )


@require_POST
@allow(rules.may_approve)
def approve(request: HttpRequest, month: Month) -> HttpResponse:
    """Approves the month; ``before_deadline`` says that the tick was set."""
    return _take(
        request,
        month,
        lambda: approval.approve_month(
            month=month,
            by=person(request),
            now=clock.now(),
            before_deadline="before_deadline" in request.POST,
        ),
        "已批准：数字已冻结并记入账本，等财务付款。",
    )


@require_POST
@allow(rules.may_approve)
def reverse(request: HttpRequest, month: Month) -> HttpResponse:
    """Takes the approval back, with the reason."""
    return _take(
        request,
        month,
        lambda: approval.reverse_approval(
            month=month, reason=_reason(request), by=person(request), now=clock.now()
        ),
        "的批准已撤销，凭证已冲销，可以重新计算。",
    )


@require_POST
@allow(rules.may_pay)
def paid(request: HttpRequest, month: Month) -> HttpResponse:
    """Marks the month as paid out."""
    return _take(
        request,
        month,
        lambda: approval.mark_paid(month=month, by=person(request), now=clock.now()),
        "已发放。",
    )


@require_POST
@allow(rules.may_close)
def close(request: HttpRequest, month: Month) -> HttpResponse:
    """Closes the month after the ledger has been verified."""
    return _take(
        request,
        month,
        lambda: approval.close_month(month=month, by=person(request), now=clock.now()),
        "已关账，账本核对无误。",
    )


def _take(
    request: HttpRequest, month: Month, act: Callable[[], Settlement], done: str
) -> HttpResponse:
    with refusal_told(request):
        act()
        messages.success(request, f"{month_text(month)}{done}")
    return redirect("month", month=month)


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "")
