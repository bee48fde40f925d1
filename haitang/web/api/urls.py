"""Addresses of the API."""

from __future__ import annotations

from django.urls import include, path

from haitang.web.api import views

urlpatterns = [
    path("", views.RootApi.as_view(), name="api-root"),
    path("schema/", views.SchemaApi.as_view(), name="api-schema"),
    path("docs/", views.docs, name="api-docs"),
    path("", include("accounts.api_urls")),
    path("", include("haitang.policy.api_urls")),
    path("", include("campaigns.api_urls")),
    path("", include("incentives.api_urls")),
    path("<path:rest>", views.NothingHereApi.as_view(), name="api-nothing"),
]
