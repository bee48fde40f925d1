"""WSGI entry; in the embedded mode it also starts worker and beat as threads of this process."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haitang.settings")
_django = get_wsgi_application()

from django.urls import get_resolver  # noqa: E402  (needs the app registry)

from haitang.web.embedded import start_when_embedded  # noqa: E402  (likewise)
from haitang.wechat.webhook.wsgi import with_webhook  # noqa: E402  (likewise)

# New objects before a collection, and collections before one of the next older generation.
COLLECT_AFTER = (10_000, 20, 20)


def _settle_memory() -> None:
    """Load every view, then leave what lives as long as the process out of garbage collection.

    A full collection that walks through all modules stopped a process for a fifth of a second; and
    a page makes and drops some ten thousand objects, which wants no collection in between
    (docs/performance.md).
    """
    _ = get_resolver().reverse_dict
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


application = with_webhook(_django)
_settle_memory()
start_when_embedded()
