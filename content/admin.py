"""Articles and manuscripts to look at; articles are changed on their pages, which keep a trail."""

from __future__ import annotations

from django.contrib import admin

from content.models import Article, Manuscript
from haitang.kernel.admin import ReadOnlyAdmin


@admin.register(Article)
class ArticleAdmin(ReadOnlyAdmin):
    list_display = ("code", "title", "category", "published_on", "reads", "follows")
    list_filter = ("category",)
    search_fields = ("code", "title")


@admin.register(Manuscript)
class ManuscriptAdmin(ReadOnlyAdmin):
    list_display = ("code", "title", "author_kind", "adopted_on")
    list_filter = ("author_kind",)
    search_fields = ("code", "title")
