"""WSGI entry; in the embedded mode it also starts worker and beat as threads of this process."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haitang.settings")
application = get_wsgi_application()

from haitang.web.embedded import start_when_embedded  # noqa: E402  (needs the app registry)

start_when_embedded()
