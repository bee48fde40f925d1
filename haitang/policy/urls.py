"""Addresses of the policy."""

from __future__ import annotations

from django.urls import path

from haitang.policy import views

urlpatterns = [
    path("policy/", views.policy_page, name="policy"),
    path("policy/versions/<int:pk>/", views.policy_version, name="policy-version"),
]
