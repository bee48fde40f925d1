"""Addresses of master data: stores, the holiday calendar, saved mappings, item costs."""

from __future__ import annotations

from django.urls import path

from campaigns.views import calendar, item_costs, mappings, stores

# Store codes are the chain's own and may hold any character but a slash.
urlpatterns = [
    path("stores/", stores.store_list, name="stores"),
    path("new-store/", stores.store_add, name="store-add"),
    path("stores/<path:code>/edit/", stores.store_edit, name="store-edit"),
    path("stores/<path:code>/", stores.store_page, name="store"),
    path("calendar/", calendar.calendar_now, name="calendar-now"),
    path("calendar/<int:year>/", calendar.calendar_page, name="calendar"),
    path("calendar/<int:year>/days/", calendar.calendar_set, name="calendar-set"),
    path("calendar/<int:year>/confirm/", calendar.calendar_confirm, name="calendar-confirm"),
    path("imports/mappings/", mappings.mapping_list, name="mappings"),
    path("imports/mappings/<int:pk>/", mappings.mapping_edit, name="mapping-edit"),
    path("imports/mappings/<int:pk>/delete/", mappings.mapping_delete, name="mapping-delete"),
    path("imports/item-costs/", item_costs.item_costs, name="item-costs"),
    path("imports/item-costs/upload/", item_costs.upload, name="item-costs-upload"),
]
