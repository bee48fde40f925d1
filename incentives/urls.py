"""Addresses of the settlement."""

from __future__ import annotations

from django.urls import include, path, register_converter

from haitang.kernel.clock import Month
from haitang.kernel.errors import Invalid
from incentives.views import months, steps, whatif


class MonthConverter:
    """``2026-10`` in an address; anything else is no month and the address is not found."""

    regex = r"\d{4}-\d{2}"

    def to_python(self, value: str) -> Month:
        try:
            return Month.parse(value)
        except Invalid as error:
            raise ValueError(value) from error

    def to_url(self, value: Month | str) -> str:
        return str(value)


register_converter(MonthConverter, "month")

urlpatterns = [
    path("", include("incentives.deductions.urls")),
    path("", include("incentives.funds.urls")),
    path("", include("incentives.payslips.urls")),
    path("", include("incentives.reports.urls")),
    path("months/", months.month_list, name="months"),
    path("months/<month:month>/", months.month_page, name="month"),
    path("months/<month:month>/settlement.json", months.month_document, name="month-document"),
    path("months/<month:month>/payout.xlsx", months.payout_sheet, name="month-payout"),
    path("months/<month:month>/freshness/", months.freshness, name="month-freshness"),
    path("months/<month:month>/calculate/", months.calculate, name="month-calculate"),
    path("months/<month:month>/override/", months.override, name="month-override"),
    path("months/<month:month>/submit/", steps.submit, name="month-submit"),
    path("months/<month:month>/return/", steps.send_back, name="month-return"),
    path("months/<month:month>/approve/", steps.approve, name="month-approve"),
    path("months/<month:month>/reverse/", steps.reverse, name="month-reverse"),
    path("months/<month:month>/paid/", steps.paid, name="month-paid"),
    path("months/<month:month>/close/", steps.close, name="month-close"),
    path("what-if/", whatif.what_if, name="what-if"),
    path("what-if/<int:pk>/", whatif.report, name="what-if-report"),
    path("what-if/<int:pk>/progress/", whatif.progress, name="what-if-progress"),
    path("what-if/<int:pk>/export.xlsx", whatif.export, name="what-if-export"),
]
