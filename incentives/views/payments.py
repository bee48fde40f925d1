"""A month's payments: what is out, what waits, the list and the file for the bank."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rules import allow, person
from haitang.kernel import audit, clock, sheets
from haitang.kernel.clock import Month
from haitang.kernel.display import fen_text, month_text
from haitang.kernel.errors import NotThere, Refusal
from haitang.kernel.money import yuan
from haitang.kernel.telling import refusal_told
from incentives import rules
from incentives.models import BankLayout, Payment, Settlement
from incentives.payments import bank_file as files
from incentives.payments import payees, selectors
from incentives.payments import paying as services
from incentives.payments.selectors import PaymentRow

COLUMNS = (
    "付款编号",
    "收款人编号",
    "姓名",
    "用途",
    "金额（元）",
    "状态",
    "第几次",
    "开户行",
    "账号",
    "在职",
    "说明",
    "时间",
    "经手人",
)


@require_safe
@allow(rules.may_see_amounts)
def payment_page(request: HttpRequest, month: Month) -> HttpResponse:
    """Who is to be paid, who is, and what did not arrive; filters ``state``, ``kind``, ``q``."""
    settlement = selectors.settlement_of(month)
    context: dict[str, Any] = {"month": month, "settlement": settlement}
    if settlement is not None and settlement.approvals:
        context |= _paid_and_waiting(request, settlement)
    return render(request, "incentives/payments.html", context)


@require_POST
@allow(rules.may_pay)
def set_state(request: HttpRequest, month: Month, pk: int) -> HttpResponse:
    """One payment is paid, failed or came back; ``was`` is what the person saw."""
    payment = selectors.payment_of(month, pk)
    try:
        state = Payment.State(request.POST.get("state", ""))
        payment.state = Payment.State(request.POST.get("was", payment.state))
    except ValueError:
        messages.error(request, "没有这样的付款状态：请刷新页面再选。")
        return redirect("payments", month=month)
    with refusal_told(request):
        services.set_payment_state(
            payment=payment,
            state=state,
            note=request.POST.get("note", ""),
            by=person(request),
            now=clock.now(),
        )
        amount = fen_text(payment.amount_fen)
        messages.success(request, f"付给{payment.name}的 {amount} 已登记为“{state.label}”。")
    return redirect("payments", month=month)


@require_POST
@allow(rules.may_pay)
def pay_all(request: HttpRequest, month: Month) -> HttpResponse:
    """Everything that waits is paid, as counted on the page that the person confirmed."""
    settlement = _settlement(month)
    count, amount = request.POST.get("count", ""), request.POST.get("amount_fen", "")
    if not (count.isdecimal() and amount.isdecimal() and len(count + amount) < 30):
        messages.error(request, "确认的笔数和金额没有送到：请刷新页面再确认一次。")
        return redirect("payments", month=month)
    with refusal_told(request):
        rows = services.pay_all(
            settlement=settlement,
            count=int(count),
            amount_fen=int(amount),
            by=person(request),
            now=clock.now(),
        )
        total = fen_text(sum(row.amount_fen for row in rows))
        messages.success(request, f"{len(rows)} 笔共 {total} 已登记为已付。")
    return redirect("payments", month=month)


@require_POST
@allow(rules.may_pay)
def retry(request: HttpRequest, month: Month, pk: int) -> HttpResponse:
    """A payment that failed or came back is tried again."""
    payment = selectors.payment_of(month, pk)
    with refusal_told(request):
        again = services.retry_payment(payment=payment, by=person(request), now=clock.now())
        messages.success(request, f"付给{again.name}的第 {again.attempt} 次付款已列为待付。")
    return redirect("payments", month=month)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_pay)
def payee_account(request: HttpRequest, month: Month, pk: int) -> HttpResponse:
    """Where the payee of a payment is paid: bank and number, masked once it is kept."""
    payment = selectors.payment_of(month, pk)
    kept = selectors.account_of(payment.account_id)
    entered: dict[str, str] = {
        "holder": kept.holder if kept else ("" if payment.account.group == "fee" else payment.name),
        "bank": kept.bank if kept else "",
    }
    error = ""
    if request.method == "POST":
        entered = {key: request.POST.get(key, "") for key in ("holder", "bank")}
        try:
            payees.set_account(
                account_code=payment.account_id,
                number=request.POST.get("number", ""),
                by=person(request),
                now=clock.now(),
                **entered,
            )
        except Refusal as refusal:
            error = str(refusal)
        else:
            messages.success(request, f"{payment.name}的收款账户已登记。")
            return redirect("payments", month=month)
    context = {
        "month": month,
        "payment": payment,
        "kept": kept,
        "entered": entered,
        "error": error,
    }
    status = 400 if error else 200
    return render(request, "incentives/payments_account.html", context, status=status)


@require_safe
@allow(rules.may_see_amounts)
def payment_list(request: HttpRequest, month: Month) -> HttpResponse:
    """The month's payments as CSV; account numbers are masked."""
    settlement = _settlement(month)
    rows = selectors.payments_of(settlement, day=clock.business_day(clock.now()))
    return sheets.download(
        "csv",
        name=f"{month} 付款清单",
        columns=COLUMNS,
        rows=[_cells(row) for row in rows],
        by=person(request),
        now=clock.now(),
        obj=settlement,
    )


@never_cache
@require_POST
@allow(rules.may_pay)
def bank_file(request: HttpRequest, month: Month) -> HttpResponse:
    """The file for the bank, with the numbers in full: an act with a reason."""
    settlement, now = _settlement(month), clock.now()
    text = request.POST.get("layout", "")
    layout = BankLayout.objects.filter(pk=text).first() if text.isdecimal() else None
    if layout is None:
        messages.error(request, "没有这个银行文件格式：请重新选一个再导出。")
        return redirect("payments", month=month)
    rows = selectors.payments_of(settlement, day=clock.business_day(now))
    try:
        made = files.make_bank_file(
            settlement=settlement,
            rows=rows,
            layout=layout,
            reason=request.POST.get("reason", ""),
            by=person(request),
            now=now,
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("payments", month=month)
    name = f"{month} {layout.name}.{'csv' if layout.separator == ',' else 'txt'}"
    audit.record_download(file=name, by=person(request), now=now, obj=settlement)
    answer = HttpResponse(made, content_type="application/octet-stream")
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer


def _settlement(month: Month) -> Settlement:
    found = selectors.settlement_of(month)
    if found is None:
        raise NotThere(f"{month_text(month)}还没有批准，没有付款：批准之后再来。")
    return found


def _paid_and_waiting(request: HttpRequest, settlement: Settlement) -> dict[str, Any]:
    now = clock.now()
    rows = selectors.payments_of(settlement, day=clock.business_day(now))
    shown = _filtered(request, rows)
    waiting = [row.payment.amount_fen for row in rows if row.is_waiting]
    may_pay = rules.may_pay(request.user)
    is_filtered = len(shown) != len(rows) or any(_wanted(request))
    context: dict[str, Any] = {
        "rows": shown,
        "is_filtered": is_filtered,
        "sums": selectors.sums(rows),
        "shown_fen": sum(row.payment.amount_fen for row in shown if row.is_last or is_filtered),
        "total_fen": sum(row.payment.amount_fen for row in rows if row.is_last),
        "earlier": sum(not row.is_last for row in rows),
        "waiting": {"count": len(waiting), "amount_fen": sum(waiting)},
        "carried": selectors.carried(settlement),
        "may_pay": may_pay,
        "states": [state for state in Payment.State if state != Payment.State.VOID],
        "state": request.GET.get("state", ""),
        "kind": request.GET.get("kind", ""),
        "q": request.GET.get("q", ""),
    }
    if may_pay and waiting:
        files.default_layout(now=now)
        context |= {
            "layouts": BankLayout.objects.all(),
            "in_file": len(files.bank_rows(rows)),
            "without_account": files.without_account(rows),
        }
    return context


def _wanted(request: HttpRequest) -> tuple[str, str, str]:
    get = request.GET.get
    return get("state", ""), get("kind", ""), get("q", "").strip()


def _filtered(request: HttpRequest, rows: list[PaymentRow]) -> list[PaymentRow]:
    state, kind, text = _wanted(request)
    return [
        row
        for row in rows
        if (not state or row.payment.state == state)
        and (not kind or row.payment.account.group == kind)
        and (not text or text in row.payment.name or text in row.payment.payee)
    ]


def _cells(row: PaymentRow) -> list[str | int | Decimal | None]:
    payment = row.payment
    return [
        payment.pk,
        payment.payee,
        payment.name,
        payment.purpose,
        yuan(payment.amount_fen),
        payment.get_state_display(),
        payment.attempt,
        row.account.bank if row.account else "没有登记",
        str(row.account.number) if row.account else "",
        row.left or ("" if row.is_fee else "在职"),
        payment.note,
        payment.changed_at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M"),
        str(payment.changed_by) if payment.changed_by else "系统",
    ]
