"""All addresses."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from haitang.web.views import audit
from haitang.web.views.home import home, read_notice, read_notices
from haitang.web.views.styleguide import styleguide

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("notices/<int:pk>/read/", read_notice, name="notice-read"),
    path("notices/read/", read_notices, name="notices-read"),
    path("", include("accounts.urls")),
    path("", include("haitang.policy.urls")),
    path("", include("haitang.wechat.urls")),
    # In front of the campaigns: a campaign's code may hold any character, so what lies below a
    # campaign comes before the campaign's own address.
    path("", include("membership.urls")),
    path("", include("campaigns.urls")),
    path("", include("campaigns.data_urls")),
    path("", include("content.urls")),
    path("", include("incentives.urls")),
    path("", include("haitang.datapack.urls")),
    path("api/", include("haitang.web.api.urls")),
    path("audit/", audit.audit_list, name="audit"),
    path("audit/verify/", audit.verify, name="audit-verify"),
    path("audit/export.csv", audit.export, name="audit-export"),
    path("styleguide/", styleguide, name="styleguide"),
    path("django-admin/", admin.site.urls),
]
