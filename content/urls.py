"""Addresses of articles and of the page on which their reads are typed."""

from __future__ import annotations

from django.urls import path

from content import views

# Codes may hold any character, so the longer addresses come first.
urlpatterns = [
    path("articles/", views.article_list, name="articles"),
    path("articles/export.csv", views.export, {"fmt": "csv"}, name="articles-csv"),
    path("articles/export.xlsx", views.export, {"fmt": "xlsx"}, name="articles-xlsx"),
    path("new-article/", views.article_new, name="article-new"),
    path("reads/", views.reads, name="reads"),
    path("articles/<path:code>/edit/", views.article_edit, name="article-edit"),
    path("articles/<path:code>/", views.article_page, name="article"),
]
