"""Articles and manuscripts for the administrator's repairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from content.models import Article, Manuscript

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
else:
    AnyAdmin = admin.ModelAdmin


@admin.register(Article)
class ArticleAdmin(AnyAdmin):
    list_display = ("code", "title", "category", "published_on", "reads", "follows")
    list_filter = ("category",)
    search_fields = ("code", "title")


@admin.register(Manuscript)
class ManuscriptAdmin(AnyAdmin):
    list_display = ("code", "title", "author_kind", "adopted_on")
    list_filter = ("author_kind",)
    search_fields = ("code", "title")
