"""Addresses of the API of the policy."""

from __future__ import annotations

from django.urls import path

from haitang.policy import api

urlpatterns = [
    path("policy/", api.PolicyApi.as_view(), name="api-policy"),
    path("policy/versions/", api.PolicyVersionListApi.as_view(), name="api-policy-versions"),
    path("policy/versions/<int:pk>/", api.PolicyVersionApi.as_view(), name="api-policy-version"),
]
