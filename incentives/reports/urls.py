"""Addresses of payments, the payout report and the overview."""

from __future__ import annotations

from django.urls import path

from incentives.views import bank_layouts, overview, payments, reports

urlpatterns = [
    path("months/<month:month>/payments/", payments.payment_page, name="payments"),
    path("months/<month:month>/payments/all/", payments.pay_all, name="payments-all"),
    path("months/<month:month>/payments.csv", payments.payment_list, name="payments-csv"),
    path("months/<month:month>/bank-file/", payments.bank_file, name="bank-file"),
    path("months/<month:month>/payments/<int:pk>/", payments.set_state, name="payment-state"),
    path("months/<month:month>/payments/<int:pk>/retry/", payments.retry, name="payment-retry"),
    path(
        "months/<month:month>/payments/<int:pk>/account/",
        payments.payee_account,
        name="payment-account",
    ),
    path("bank-layouts/", bank_layouts.layout_list, name="bank-layouts"),
    path("bank-layouts/new/", bank_layouts.layout_page, name="bank-layout-new"),
    path("bank-layouts/<int:pk>/", bank_layouts.layout_page, name="bank-layout"),
    path("bank-layouts/<int:pk>/delete/", bank_layouts.delete, name="bank-layout-delete"),
    path("months/<month:month>/report/", reports.report_page, name="report"),
    path("months/<month:month>/report.xlsx", reports.report_book, name="report-xlsx"),
    path("overview/", overview.overview_page, name="overview"),
    path("overview/export.<str:fmt>", overview.export, name="overview-export"),
]
