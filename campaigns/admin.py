"""Stores, holidays, campaigns and imports to look at: each is changed on its page, with a trail."""

from __future__ import annotations

from django.contrib import admin

from campaigns.models import (
    CalendarDay,
    CalendarYear,
    Campaign,
    CampaignResult,
    ItemCost,
    SalesImport,
    SourceMapping,
    Store,
)
from haitang.kernel.admin import ReadOnlyAdmin


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    list_display = ("code", "title", "scale", "kind", "start", "end", "status")
    list_filter = ("status", "scale", "kind")
    search_fields = ("code", "title")


@admin.register(Store)
class StoreAdmin(ReadOnlyAdmin):
    list_display = ("code", "name", "opened_on", "closed_on")
    search_fields = ("code", "name")


@admin.register(CalendarYear)
class CalendarYearAdmin(ReadOnlyAdmin):
    list_display = ("year", "source")


@admin.register(CalendarDay)
class CalendarDayAdmin(ReadOnlyAdmin):
    list_display = ("date", "kind")
    list_filter = ("kind",)
    date_hierarchy = "date"


@admin.register(ItemCost)
class ItemCostAdmin(ReadOnlyAdmin):
    list_display = ("item", "valid_from", "cost")
    search_fields = ("item",)


@admin.register(SourceMapping)
class SourceMappingAdmin(ReadOnlyAdmin):
    list_display = ("name", "updated_at", "updated_by")


@admin.register(SalesImport)
class SalesImportAdmin(ReadOnlyAdmin):
    list_display = ("id", "file_name", "state", "source", "lines_accepted", "created_at")
    list_filter = ("state",)


@admin.register(CampaignResult)
class CampaignResultAdmin(ReadOnlyAdmin):
    list_display = ("campaign", "margin_uplift", "policy_code", "computed_at")
