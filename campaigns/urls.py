"""Addresses of campaigns, sales and imports."""

from __future__ import annotations

from datetime import date

from django.urls import path, register_converter

from campaigns.views import campaigns, cards, entry, imports, lines, papers, uploads


class DayConverter:
    """``2026-10-17`` in an address."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return str(value)


class FormatConverter:
    """The ending of a file to take along."""

    regex = "csv|xlsx"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(DayConverter, "day")
register_converter(FormatConverter, "format")

# Codes are the chain's own and may hold any character, so the longer addresses come first.
urlpatterns = [
    path("campaigns/", campaigns.campaign_list, name="campaigns"),
    path("campaigns/export.<format:fmt>", campaigns.export, name="campaigns-export"),
    path("campaigns/stores/<path:code>/<day:day>/", lines.store_day, name="store-day"),
    path("new-campaign/", entry.campaign_new, name="campaign-new"),
    path("campaigns/<path:code>/edit/", entry.campaign_edit, name="campaign-edit"),
    path("campaigns/<path:code>/status/", entry.campaign_status, name="campaign-status"),
    path("campaigns/<path:code>/article/", entry.campaign_article, name="campaign-article"),
    path("articles/<path:code>/campaign/", entry.article_campaign, name="article-campaign"),
    path("campaigns/<path:code>/papers/", papers.papers, name="campaign-papers"),
    path("campaigns/<path:code>/papers/new/", papers.paper_new, name="campaign-paper-new"),
    path(
        "campaigns/<path:code>/papers/<int:pk>/", papers.paper_decide, name="campaign-paper-decide"
    ),
    path("campaigns/<path:code>/compute/", campaigns.compute, name="campaign-compute"),
    path(
        "campaigns/<path:code>/stores.<format:fmt>",
        campaigns.stores_export,
        name="campaign-stores-export",
    ),
    path("campaigns/<path:code>/", campaigns.campaign_page, name="campaign"),
    path("cards/<int:pk>/", cards.card, name="card"),
    path("imports/", imports.import_list, name="imports"),
    path("imports/<int:pk>/", imports.import_page, name="import"),
    path("imports/<int:pk>/progress/", imports.import_progress, name="import-progress"),
    path("imports/upload/", uploads.upload, name="import-upload"),
    path("imports/files/<int:pk>/", uploads.mapping, name="import-mapping"),
    path("imports/<int:pk>/withdraw/", imports.withdraw, name="import-withdraw"),
    path("imports/<int:pk>/bad-rows.csv", imports.bad_rows, name="import-bad-rows"),
]
