"""Addresses of the policy."""

from __future__ import annotations

from django.urls import path

from haitang.policy import views, views_drafts

urlpatterns = [
    path("policy/", views.policy_page, name="policy"),
    path("policy/versions/<int:pk>/", views.policy_version, name="policy-version"),
    path(
        "policy/versions/<int:pk>/withdraw/",
        views_drafts.version_withdraw,
        name="policy-withdraw",
    ),
    path("policy/history/", views_drafts.policy_history, name="policy-history"),
    path("policy/drafts/", views_drafts.draft_list, name="policy-drafts"),
    path("policy/drafts/new/", views_drafts.draft_new, name="policy-draft-new"),
    path("policy/drafts/<int:pk>/", views_drafts.draft_page, name="policy-draft"),
    path("policy/drafts/<int:pk>/edit/", views_drafts.draft_edit, name="policy-draft-edit"),
    path(
        "policy/drafts/<int:pk>/discard/", views_drafts.draft_discard, name="policy-draft-discard"
    ),
    path(
        "policy/drafts/<int:pk>/publish/", views_drafts.draft_publish, name="policy-draft-publish"
    ),
]
