"""WSGI entry; in the embedded mode it also starts worker and beat as threads of this process."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haitang.settings")
_django = get_wsgi_application()

from haitang.web.embedded import start_when_embedded  # noqa: E402  (needs the app registry)
from haitang.wechat.webhook.wsgi import with_webhook  # noqa: E402  (likewise)

application = with_webhook(_django)
start_when_embedded()
