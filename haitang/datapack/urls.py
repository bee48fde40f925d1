"""Addresses of the page for data packs."""

from django.urls import path

from haitang.datapack import views

urlpatterns = [
    path("packs/", views.packs, name="packs"),
    path("packs/<int:pk>/", views.pack, name="pack"),
    path("packs/<int:pk>/progress/", views.pack_progress, name="pack-progress"),
    path("packs/<int:pk>/rejected.csv", views.rejected_rows, name="pack-rejected"),
]
