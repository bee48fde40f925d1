"""Addresses of the deductions and objections."""

from __future__ import annotations

from django.urls import path

from incentives.views import kpi, kpi_entry, objections

urlpatterns = [
    path("kpi/", kpi.month_list, name="kpi"),
    path("kpi/new/", kpi_entry.new, name="kpi-new"),
    path("kpi/events/<int:pk>/decide/", kpi_entry.decide, name="kpi-decide"),
    path("kpi/people/<str:username>/", kpi.person_page, name="kpi-person"),
    path("kpi/<month:month>/", kpi.month_page, name="kpi-month"),
    path("kpi/<month:month>/score/", kpi_entry.score, name="kpi-score"),
    path("kpi/<month:month>/evidence/", kpi_entry.look_for_evidence, name="kpi-evidence"),
    path("kpi/<month:month>/object/<str:line>/", objections.objection_new, name="objection-new"),
    path("objections/", objections.objection_list, name="objections"),
    path("objections/<int:pk>/", objections.objection_page, name="objection"),
    path("objections/<int:pk>/withdraw/", objections.withdraw, name="objection-withdraw"),
]
