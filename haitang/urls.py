"""Where everybody looks for the URLs; they live in ``haitang.web.urls``."""

from haitang.web.urls import urlpatterns

__all__ = ["urlpatterns"]
