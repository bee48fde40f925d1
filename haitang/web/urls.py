"""All addresses."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from haitang.web.views.home import home
from haitang.web.views.styleguide import styleguide

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("", include("accounts.urls")),
    path("", include("campaigns.urls")),
    path("", include("incentives.urls")),
    path("styleguide/", styleguide, name="styleguide"),
    path("api/", include("haitang.web.api.urls")),
    path("django-admin/", admin.site.urls),
]
