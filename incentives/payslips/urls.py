"""Addresses of the payslips and of the discrepancies."""

from __future__ import annotations

from django.urls import path

from incentives.views import discrepancies, payslips

urlpatterns = [
    path("payslips/", payslips.own_list, name="payslips"),
    path("payslips/<month:month>/", payslips.own_payslip, name="payslip"),
    path("months/<month:month>/payslips/<str:username>/", payslips.payslip_of, name="payslip-of"),
    path("discrepancies/", discrepancies.discrepancy_list, name="discrepancies"),
]
