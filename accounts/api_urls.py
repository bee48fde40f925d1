"""Addresses of the API of people."""

from __future__ import annotations

from django.urls import path

from accounts import api

urlpatterns = [
    path("me/", api.MeApi.as_view(), name="api-me"),
    path("tokens/", api.TokenListApi.as_view(), name="api-tokens"),
    path("tokens/<int:pk>/revoke/", api.TokenRevokeApi.as_view(), name="api-token-revoke"),
]
