"""Expenses of the reserve: the list, asking, one expense with its voucher, the decision."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rules import allow, person
from haitang.kernel import audit, clock, files, sheets
from haitang.kernel.errors import NotAllowed, NotThere, Refusal
from haitang.kernel.telling import refusal_told
from incentives import rules
from incentives.funds import expenses as services
from incentives.funds import selectors
from incentives.funds.forms import ExpenseForm, ExpenseSearchForm
from incentives.models import ReserveExpense

PAGE = 25


@require_safe
@allow(rules.may_see_funds)
def expense_list(request: HttpRequest) -> HttpResponse:
    """Expenses, newest first, narrowed by the filters in the address."""
    form = ExpenseSearchForm(request.GET)
    found = selectors.expenses_found(form.search())
    context = {
        "form": form,
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "total": selectors.expense_totals(found)["amount"] or 0,
        "is_filtered": form.is_filtered,
        "may_request": rules.may_request_expenses(request.user),
    }
    return render(request, "incentives/expense_list.html", context)


@require_safe
@allow(rules.may_see_funds)
def export(request: HttpRequest, fmt: sheets.Format) -> HttpResponse:
    """The expenses that the filters leave, all pages, as a file."""
    found = selectors.expenses_found(ExpenseSearchForm(request.GET).search())
    return sheets.download(
        fmt,
        name="团队公费支出",
        columns=[
            "编号", "日期", "种类", "金额", "收款人", "用途", "状态", "申请人", "批准人", "批语",
        ],
        rows=(_exported(each) for each in found),
        by=person(request),
        now=clock.now(),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_request_expenses)
def expense_new(request: HttpRequest) -> HttpResponse:
    """Asks for an expense."""
    today = clock.business_day(clock.now())
    form = ExpenseForm(request.POST or None, request.FILES or None, today=today)
    if request.method == "POST" and form.is_valid():
        voucher = form.voucher
        try:
            expense = services.request_expense(
                facts=form.facts(),
                voucher=voucher.file,
                name=voucher.name or "凭证",
                key=form.cleaned_data["key"],
                by=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "已提交，等总经理或副总经理批准；有结果会通知您。")
            return redirect("expense", pk=expense.pk)
    context = {"form": form, "available": services.available()}
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "incentives/expense_new.html", context, status=status)


@require_safe
@allow(rules.may_see_funds)
def expense_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One expense: what it is for, where it stands, and the decision for those who decide."""
    expense, who = found(pk), person(request)
    settlement, is_paid = selectors.settled_in(expense)
    is_open = expense.state == ReserveExpense.State.REQUESTED
    may_decide = is_open and rules.may_decide_expenses(who) and expense.recorded_by_id != who.pk
    context = {
        "expense": expense,
        "month": clock.Month.of(expense.date),
        "settlement": settlement,
        "is_paid": is_paid,
        "may_decide": may_decide,
        "is_own": is_open and expense.recorded_by_id == who.pk,
        "available": services.available() if is_open else None,
        "hindrance": services.settled_reason(clock.Month.of(expense.date)) if is_open else "",
        "sees_voucher": _sees_voucher(request, expense),
    }
    return render(request, "incentives/expense.html", context)


@never_cache
@require_safe
@allow(rules.may_see_funds)
def voucher(request: HttpRequest, pk: int) -> FileResponse:
    """The voucher itself, for the requester and those who decide on money."""
    expense = found(pk)
    if not _sees_voucher(request, expense):
        raise NotAllowed("凭证由申请人、总经理、副总经理和财务查看。")
    if expense.voucher is None:
        raise NotThere("这笔支出没有凭证：它来自数据包，凭证在纸上。")
    content = files.open_file(expense.voucher)
    kind = services.voucher_type(content.read(16))
    content.seek(0)
    audit.record_download(
        file=expense.voucher.name, by=person(request), now=clock.now(), obj=expense
    )
    answer = FileResponse(
        content,
        as_attachment=not kind.startswith("image/"),
        filename=expense.voucher.name,
        content_type=kind or "application/octet-stream",
    )
    answer["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return answer


@require_POST
@allow(rules.may_decide_expenses)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Promises the money."""
    with refusal_told(request):
        services.approve_expense(expense=found(pk), by=person(request), now=clock.now())
        messages.success(request, "已批准：月度结算时由团队公费支付，申请人已得到通知。")
    return redirect("expense", pk=pk)


@require_POST
@allow(rules.may_decide_expenses)
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Says no, with the reason."""
    reason = request.POST.get("reason", "")
    with refusal_told(request):
        services.refuse_expense(
            expense=found(pk), reason=reason, by=person(request), now=clock.now()
        )
        messages.success(request, "没有批准，理由已通知申请人。")
    return redirect("expense", pk=pk)


def found(pk: int) -> ReserveExpense:
    """The expense with that number, or NotThere."""
    rows = ReserveExpense.objects.select_related("recorded_by", "decided_by", "voucher")
    expense = rows.filter(pk=pk).first()
    if expense is None:
        raise NotThere(f"没有编号 {pk} 的公费支出：请从列表里再找一次。")
    return expense


def _sees_voucher(request: HttpRequest, expense: ReserveExpense) -> bool:
    return rules.may_see_vouchers(request.user) or expense.recorded_by_id == request.user.pk


def _exported(expense: ReserveExpense) -> list[sheets.Cell]:
    return [
        expense.pk,
        expense.date,
        expense.get_kind_display(),
        expense.amount,
        expense.payee,
        expense.note,
        expense.get_state_display(),
        str(expense.recorded_by or ""),
        str(expense.decided_by or ""),
        expense.decision,
    ]
