"""Addresses of the API of campaigns and sales imports."""

from __future__ import annotations

from django.urls import path

from campaigns import api
from campaigns.imports import api as imports

# Codes are the chain's own and may hold any character, so the longer addresses come first.
urlpatterns = [
    path("stores/", api.StoreListApi.as_view(), name="api-stores"),
    path("campaigns/", api.CampaignListApi.as_view(), name="api-campaigns"),
    path("campaigns/<path:code>/uplift/", api.UpliftApi.as_view(), name="api-campaign-uplift"),
    path("campaigns/<path:code>/", api.CampaignApi.as_view(), name="api-campaign"),
    path("imports/", imports.ImportListApi.as_view(), name="api-imports"),
    path("imports/upload/", imports.ImportUploadApi.as_view(), name="api-import-upload"),
    path("imports/<int:pk>/", imports.ImportApi.as_view(), name="api-import"),
    path(
        "imports/<int:pk>/withdraw/",
        imports.ImportWithdrawApi.as_view(),
        name="api-import-withdraw",
    ),
    path("imports/<int:pk>/bad-rows.csv", imports.BadRowsApi.as_view(), name="api-import-bad-rows"),
]
