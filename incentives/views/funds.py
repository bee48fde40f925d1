"""The two funds, and the list of article fees."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.rules import allow, person
from content.models import Manuscript
from haitang.kernel import clock, sheets
from haitang.kernel.clock import Month
from haitang.kernel.errors import NotThere
from haitang.kernel.money import fen, plain, yuan
from haitang.kernel.telling import refusal_told
from incentives import rules, wording
from incentives.funds import fees, selectors
from incentives.funds.expenses import available, last_approved
from incentives.funds.fee_corrections import frozen_mismatches
from incentives.funds.forms import FeeForm, FeeSearchForm
from incentives.ledger.selectors import closing_by_month
from incentives.models import ArticleFee, LedgerAccount

PAGE = 25
OWED, EXPENSES = 10, 8
MONTHS = 12
_FUNDS = {"maintenance": ("日常维持资金", "accent"), "reserve": ("团队公费", "share-4")}


@require_safe
@allow(rules.may_see_funds)
def funds(request: HttpRequest) -> HttpResponse:
    """Both funds: what is in them, what the open month adds and takes, what is owed, a year."""
    today = clock.business_day(clock.now())
    month, last = selectors.open_month(today), last_approved()
    run = selectors.open_run(month)
    balances = dict(
        LedgerAccount.objects.filter(code__in=(*_FUNDS, "outstanding")).values_list(
            "code", "balance_fen"
        )
    )
    owed = selectors.outstanding_fees()
    context = {
        "month": month,
        "last": last,
        "run": run,
        "fund": balances.get("maintenance", 0),
        "reserve": balances.get("reserve", 0),
        "outstanding": balances.get("outstanding", 0),
        "available": available(),
        "owed": owed[:OWED],
        "owed_number": len(owed),
        "expenses": selectors.expenses_found(selectors.ExpenseSearch())[:EXPENSES],
        "not_begun": selectors.fees_not_begun(),
        "may_request": rules.may_request_expenses(request.user),
        "sees_ledger": rules.may_see_ledger(request.user),
        **(_of_run(run.document) if run else {}),
        **(_year(last) if last else {}),
    }
    return render(request, "incentives/funds.html", context)


@require_safe
@allow(rules.may_see_funds)
def fee_list(request: HttpRequest) -> HttpResponse:
    """稿酬清单, the newest adoption first, narrowed by the filters in the address."""
    form = FeeSearchForm(request.GET)
    found = selectors.fees_found(form.search())
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": selectors.fee_rows(page),
        "authors": dict(Manuscript.AuthorKind.choices),
        "taxes": ArticleFee.Tax.choices,
        "total": sum((fen(amount) for amount in found.values_list("amount", flat=True)), 0),
        "is_filtered": form.is_filtered,
        "not_begun": selectors.fees_not_begun(),
        "mismatches": frozen_mismatches(fees.ledger_start()),
        "may_edit": rules.may_edit_fees(request.user),
        "may_take_up": rules.may_take_up_fees(request.user),
        "sees_ledger": rules.may_see_ledger(request.user),
    }
    return render(request, "incentives/fees.html", context)


@require_safe
@allow(rules.may_see_funds)
def export_fees(request: HttpRequest, fmt: sheets.Format) -> HttpResponse:
    """The fees that the filters leave, all pages, as a file for the tax report."""
    found = selectors.fees_found(FeeSearchForm(request.GET).search())
    return sheets.download(
        fmt,
        name="稿酬清单",
        columns=[
            "稿件编号", "标题", "作者", "作者类别", "录用日期", "所得类别", "应付稿酬（税前）",
            "日常维持资金支付", "团队公费支付", "未落实", "已付", "付款状态", "付款日期",
        ],
        rows=(_exported(row) for row in selectors.fee_rows(found)),
        by=person(request),
        now=clock.now(),
    )  # fmt: skip


@require_POST
@allow(rules.may_edit_fees)
def change_fee(request: HttpRequest, pk: int) -> HttpResponse:
    """Sets the tax category and the author's name of one fee."""
    fee = ArticleFee.objects.filter(pk=pk).first()
    if fee is None:
        raise NotThere("没有这笔稿费：请从稿酬清单里再找一次。")
    form = FeeForm(request.POST)
    with refusal_told(request):
        form.is_valid()
        given: dict[str, Any] = form.cleaned_data
        changed = fees.change_fee(
            fee=fee,
            tax=given.get("tax", ""),
            author_name=given.get("author_name", ""),
            licence=given.get("licence", ""),
            was=(given.get("was_tax", ""), given.get("was_author_name", "")),
            by=person(request),
            now=clock.now(),
        )
        messages.success(request, f"稿件 {fee.manuscript} 已保存。" if changed else "没有改动。")
    return redirect("fees")


@require_POST
@allow(rules.may_take_up_fees)
def take_up(request: HttpRequest) -> HttpResponse:
    """Books now what the night would book."""
    booked = fees.take_up_fees(now=clock.now())
    if booked:
        messages.success(request, f"已登记 {booked} 篇录用稿件的稿费（含更正的）。")
    elif fees.ledger_start() is None:
        messages.info(request, "还没有批准过月份：账本从第一个批准的月份开始，到时一并登记。")
    else:
        messages.info(request, "没有还没登记的录用稿件。")
    return redirect("fees")


def _of_run(document: dict[str, Any]) -> dict[str, Any]:
    """What the open month adds and takes by its last calculation."""
    listed = document["fund"]["fees"]
    from_fund = sum(fen(fee["from_fund"]) for fee in listed)
    from_reserve = sum(fen(fee["from_reserve"]) for fee in listed)
    spent = sum(fen(row["amount"]) for row in document["reserve"]["expenses"] if row["paid"])
    return {
        "run_fund": document["fund"],
        "run_reserve": document["reserve"],
        "fees_from_fund": plain(from_fund),
        "fees_from_reserve": plain(from_reserve),
        "fees_number": len(listed),
        "expenses_paid": plain(spent),
        "expenses_unpaid": [
            {**row, "name": wording.EXPENSES.get(row["kind"], row["kind"])}
            for row in document["reserve"]["expenses"]
            if not row["paid"]
        ],
    }


def _year(last: Month) -> dict[str, Any]:
    """Both funds at the end of each of the twelve months up to the last approved one."""
    start = fees.ledger_start() or last
    months = [month for month in last.plus(1 - MONTHS).through(last) if month >= start]
    closing = closing_by_month(list(_FUNDS), months)
    return {
        "chart": {
            "categories": [f"{month.month}月" for month in months],
            "series": [
                {
                    "name": name,
                    "tone": tone,
                    "values": [plain(balance) for balance in closing[code]],
                }
                for code, (name, tone) in _FUNDS.items()
            ],
            "links": [f"/months/{month}/#more" for month in months],
        },
        "year": [
            (month, yuan(closing["maintenance"][at]), yuan(closing["reserve"][at]))
            for at, month in enumerate(months)
        ],
    }


def _exported(row: selectors.FeeRow) -> list[sheets.Cell]:
    fee, payment = row.fee, row.payment
    return [
        fee.manuscript,
        fee.title,
        fee.author_name,
        dict(Manuscript.AuthorKind.choices).get(fee.kind, fee.kind),
        fee.adopted_on,
        fee.get_tax_display(),
        fee.amount,
        yuan(row.funding.from_fund),
        yuan(row.funding.from_reserve),
        yuan(row.outstanding),
        yuan(row.paid),
        payment.get_state_display() if payment else "",
        clock.business_day(payment.changed_at) if row.is_paid and payment else None,
    ]
