"""The ledger for those who answer for it: trial balance, journals, accounts, verification."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.rules import allow, person
from haitang.kernel import audit, clock, sheets
from haitang.kernel.models import AuditEntry
from haitang.kernel.money import yuan
from incentives import rules
from incentives.funds.forms import BalanceForm, JournalSearchForm
from incentives.ledger import selectors
from incentives.ledger.verify import verify as faults_of_the_ledger
from incentives.models import Journal, LedgerHead

PAGE = 25
STREAM = "incentives"


@require_safe
@allow(rules.may_see_ledger)
def trial_balance(request: HttpRequest) -> HttpResponse:
    """试算平衡表 of a month, or as of a day."""
    form, balance = _balance(request)
    context = {
        "form": form,
        "balance": balance,
        "head": LedgerHead.objects.first(),
        "verification": _last_verification(),
    }
    return render(request, "incentives/trial_balance.html", context)


@require_safe
@allow(rules.may_see_ledger)
def export_balance(request: HttpRequest, fmt: sheets.Format) -> HttpResponse:
    """The trial balance as a file, its totals last."""
    _, balance = _balance(request)
    rows: list[list[sheets.Cell]] = [
        [line.code, line.name, *map(yuan, line.sides)] for line in balance.lines
    ]
    rows.append(["合计", "", *map(yuan, balance.totals)])
    since = f"{balance.first} 至 " if balance.first else ""
    return sheets.download(
        fmt,
        name=f"试算平衡表 {since}{balance.last}",
        columns=["科目编码", "科目", *selectors.COLUMNS],
        rows=rows,
        by=person(request),
        now=clock.now(),
    )


@require_safe
@allow(rules.may_see_ledger)
def journal_list(request: HttpRequest) -> HttpResponse:
    """Journals, newest first, narrowed by the filters in the address, with their entries."""
    form = JournalSearchForm(request.GET)
    found = selectors.journals_found(form.search())
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    entries = selectors.entries_of(page)
    context = {
        "form": form,
        "page": page,
        "rows": [(each, entries[each.number]) for each in page],
        "is_filtered": form.is_filtered,
    }
    return render(request, "incentives/journals.html", context)


@require_safe
@allow(rules.may_see_ledger)
def export_journals(request: HttpRequest, fmt: sheets.Format) -> HttpResponse:
    """The journals that the filters leave, entry by entry, as a file."""
    found = selectors.journals_found(JournalSearchForm(request.GET).search())
    journals = list(found.order_by("number"))
    entries = selectors.entries_of(journals)
    return sheets.download(
        fmt,
        name="凭证",
        columns=[
            "凭证号", "种类", "所属月份", "生效日期", "记账日期", "摘要", "科目编码", "科目",
            "借方", "贷方", "链摘要",
        ],
        rows=(
            [
                journal.number,
                journal.get_kind_display(),
                journal.month,
                journal.effective_on,
                clock.business_day(journal.posted_at),
                journal.memo,
                entry.account_id,
                entry.account.name,
                yuan(entry.amount_fen) if entry.amount_fen > 0 else None,
                yuan(-entry.amount_fen) if entry.amount_fen < 0 else None,
                journal.hash,
            ]
            for journal in journals
            for entry in entries[journal.number]
        ),
        by=person(request),
        now=clock.now(),
    )  # fmt: skip


@require_safe
@allow(rules.may_see_ledger)
def journal_page(request: HttpRequest, number: int) -> HttpResponse:
    """One journal with its entries, its place in the chain, and what it reverses."""
    journal = selectors.journal_of(number)
    entries = selectors.entries_of([journal])[number]
    context = {
        "journal": journal,
        "entries": entries,
        "total": sum(entry.amount_fen for entry in entries if entry.amount_fen > 0),
        "reversed_by": getattr(journal, "reversed_by", None),
        "has_next": Journal.objects.filter(number=number + 1).exists(),
    }
    return render(request, "incentives/journal.html", context)


@require_safe
@allow(rules.may_see_ledger)
def account_page(request: HttpRequest, code: str) -> HttpResponse:
    """明细账: an account's entries, newest first, with the balance after each."""
    account = selectors.account_of(code)
    found = selectors.account_entries(account)
    context = {
        "account": account,
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "group": code.partition(":")[0],
    }
    return render(request, "incentives/ledger_account.html", context)


@require_safe
@allow(rules.may_see_ledger)
def export_account(request: HttpRequest, code: str, fmt: sheets.Format) -> HttpResponse:
    """An account's entries, oldest first, as a file."""
    account = selectors.account_of(code)
    return sheets.download(
        fmt,
        name=f"明细账 {account.name}",
        columns=["凭证号", "种类", "所属月份", "生效日期", "摘要", "借方", "贷方", "余额"],
        rows=(
            [
                entry.journal_id,
                entry.journal.get_kind_display(),
                entry.journal.month,
                entry.journal.effective_on,
                entry.journal.memo,
                yuan(entry.amount_fen) if entry.amount_fen > 0 else None,
                yuan(-entry.amount_fen) if entry.amount_fen < 0 else None,
                yuan(entry.running_fen),
            ]
            for entry in selectors.account_entries(account).reverse()
        ),
        by=person(request),
        now=clock.now(),
        obj=account,
    )


@require_POST
@allow(rules.may_see_ledger)
def verify(request: HttpRequest) -> HttpResponse:
    """Checks the whole ledger now; the result stays in the audit trail."""
    sentences = [fault.sentence for fault in faults_of_the_ledger()]
    with transaction.atomic():
        audit.record(
            stream=STREAM,
            act="verify_ledger",
            by=person(request),
            now=clock.now(),
            object_type="ledger",
            object_id="ledger",
            object_name="账本",
            details={"journals": Journal.objects.count(), "faults": sentences},
        )
    if sentences:
        messages.error(request, "账本核对不通过：\n" + "\n".join(sentences))
    else:
        messages.success(request, "账本完好：每张凭证借贷相等、前后相接，各科目余额与分录相符。")
    return redirect("trial-balance")


def _balance(request: HttpRequest) -> tuple[BalanceForm, selectors.TrialBalance]:
    form = BalanceForm(request.GET)
    form.is_valid()
    given = form.cleaned_data
    month, until = given.get("month"), given.get("until")
    last: date = month.last if month else until or clock.business_day(clock.now())
    by_account = bool(given.get("detail"))
    first = month.first if month else None
    return form, selectors.trial_balance(first=first, last=last, by_account=by_account)


def _last_verification() -> AuditEntry | None:
    done = AuditEntry.objects.filter(stream=STREAM, act="verify_ledger")
    return done.order_by("-number").first()
