"""Addresses of the funds, their expenses, the article fees, and the ledger."""

from __future__ import annotations

from django.urls import path

from incentives.views import expenses, funds, ledger

CSV, XLSX = {"fmt": "csv"}, {"fmt": "xlsx"}

urlpatterns = [
    path("funds/", funds.funds, name="funds"),
    path("funds/expenses/", expenses.expense_list, name="expenses"),
    path("funds/expenses/export.csv", expenses.export, CSV, name="expenses-csv"),
    path("funds/expenses/export.xlsx", expenses.export, XLSX, name="expenses-xlsx"),
    path("funds/expenses/new/", expenses.expense_new, name="expense-new"),
    path("funds/expenses/<int:pk>/", expenses.expense_page, name="expense"),
    path("funds/expenses/<int:pk>/voucher/", expenses.voucher, name="expense-voucher"),
    path("funds/expenses/<int:pk>/approve/", expenses.approve, name="expense-approve"),
    path("funds/expenses/<int:pk>/refuse/", expenses.refuse, name="expense-refuse"),
    path("funds/fees/", funds.fee_list, name="fees"),
    path("funds/fees/export.csv", funds.export_fees, CSV, name="fees-csv"),
    path("funds/fees/export.xlsx", funds.export_fees, XLSX, name="fees-xlsx"),
    path("funds/fees/take-up/", funds.take_up, name="fees-take-up"),
    path("funds/fees/<int:pk>/", funds.change_fee, name="fee-change"),
    path("ledger/", ledger.trial_balance, name="trial-balance"),
    path("ledger/export.csv", ledger.export_balance, CSV, name="trial-balance-csv"),
    path("ledger/export.xlsx", ledger.export_balance, XLSX, name="trial-balance-xlsx"),
    path("ledger/verify/", ledger.verify, name="ledger-verify"),
    path("ledger/journals/", ledger.journal_list, name="journals"),
    path("ledger/journals/export.csv", ledger.export_journals, CSV, name="journals-csv"),
    path("ledger/journals/export.xlsx", ledger.export_journals, XLSX, name="journals-xlsx"),
    path("ledger/journals/<int:number>/", ledger.journal_page, name="journal"),
    # A manuscript's code may hold any character, so the export stands before it.
    path("ledger/export-account.csv/<path:code>/", ledger.export_account, CSV, name="account-csv"),
    path(
        "ledger/export-account.xlsx/<path:code>/", ledger.export_account, XLSX, name="account-xlsx"
    ),
    path("ledger/accounts/<path:code>/", ledger.account_page, name="ledger-account"),
]
