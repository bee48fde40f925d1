"""Stores, holidays and campaigns for the administrator's repairs; imports to look at."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from campaigns.entry import CampaignEntry, EntryContext, entry_fault
from campaigns.evaluation import calendar_between
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
from haitang.policy.selectors import policy_for

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    CampaignModelForm = forms.ModelForm[Campaign]
else:
    AnyAdmin = admin.ModelAdmin
    CampaignModelForm = forms.ModelForm


class CampaignForm(CampaignModelForm):
    """Refuses what the rules refuse wherever a campaign is entered (docs/rules.md §3)."""

    class Meta:
        model = Campaign
        fields = (
            "code",
            "title",
            "scale",
            "kind",
            "start",
            "end",
            "status",
            "all_stores",
            "stores",
            "focus_items",
            "article",
        )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        needed = ("code", "title", "scale", "kind", "start", "end", "status")
        if all(given.get(name) for name in needed):
            self._check(given, given["start"], given["end"])
        return given

    def _check(self, given: dict[str, Any], start: date, end: date) -> None:
        stores = list(given.get("stores") or ())
        entry = CampaignEntry(
            stores=None if given.get("all_stores") else tuple(store.code for store in stores),
            focus_items=(),
            article="",
            **{
                name: given[name]
                for name in ("code", "title", "scale", "kind", "start", "end", "status")
            },
        )
        context = EntryContext(
            policy_for=policy_for,
            calendar=calendar_between(start, max(start, end)),
            stores={store.code: store.pk for store in stores},
            articles={},
        )
        if fault := entry_fault(entry, context):
            self.add_error(*fault)


@admin.register(Campaign)
class CampaignAdmin(AnyAdmin):
    form = CampaignForm
    list_display = ("code", "title", "scale", "kind", "start", "end", "status")
    list_filter = ("status", "scale", "kind")
    search_fields = ("code", "title")
    filter_horizontal = ("stores",)
    raw_id_fields = ("article",)


@admin.register(Store)
class StoreAdmin(AnyAdmin):
    list_display = ("code", "name", "opened_on", "closed_on")
    search_fields = ("code", "name")


@admin.register(CalendarYear)
class CalendarYearAdmin(AnyAdmin):
    list_display = ("year", "source")


@admin.register(CalendarDay)
class CalendarDayAdmin(AnyAdmin):
    list_display = ("date", "kind")
    list_filter = ("kind",)
    date_hierarchy = "date"


@admin.register(ItemCost)
class ItemCostAdmin(AnyAdmin):
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
