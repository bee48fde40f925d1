"""Addresses of the API of the settlement."""

from __future__ import annotations

from django.urls import path

from incentives import api

urlpatterns = [
    path("settlements/", api.SettlementListApi.as_view(), name="api-settlements"),
    path("settlements/<str:month>/", api.SettlementApi.as_view(), name="api-settlement"),
]
