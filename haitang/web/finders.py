"""Static files that come from others: only the dist file that the pages use, nothing beside it.

``tools/assets.sh`` puts ECharts into ``node_modules``; it is served as
``/static/vendor/echarts.min.js``. Where it could not be installed there is no such address, and
pages show their tables and say so (``chart_library``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from django.templatetags.static import static

PREFIX = "vendor"
LIBRARY = "echarts.min.js"
# The compressed one beside it is what WhiteNoise sends to a browser that takes it.
SERVED = (LIBRARY, f"{LIBRARY}.gz")


class VendorFinder(BaseFinder):
    """Finds ``vendor/echarts.min.js`` in ``settings.VENDOR_DIST``."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file's place on disk; an empty list when it is not there."""
        prefix, _, name = path.replace("\\", "/").partition("/")
        file = Path(settings.VENDOR_DIST) / name
        if prefix != PREFIX or name not in SERVED or not file.is_file():
            return []
        return [str(file)] if find_all else str(file)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """(name, storage) of each file served."""
        storage = FileSystemStorage(location=settings.VENDOR_DIST)
        storage.prefix = PREFIX  # type: ignore[attr-defined]  # as Django's own finders do
        for name in SERVED:
            if storage.exists(name):
                yield name, storage


def chart_library() -> str:
    """The address of the chart component, or an empty string where it is not installed."""
    return _library(str(settings.VENDOR_DIST))


@cache
def _library(folder: str) -> str:
    """Looked for once: a page has many charts, and the component comes with an installation."""
    if not (Path(folder) / LIBRARY).is_file():
        return ""
    return static(f"{PREFIX}/{LIBRARY}")
