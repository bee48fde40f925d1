"""Settings under test: the product's own, with a cheap password hasher and no embedded worker.

``DATABASE_URL`` decides the database as it does in the product; without it the tests run on an
SQLite file (not in memory: threads and second processes must meet the same locks as in life).
"""

import os

os.environ.setdefault("VAR_DIR", os.path.join(os.path.dirname(__file__), "..", "var", "test"))
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ.setdefault("SECRET_KEY", "of-the-tests-only-and-of-no-installation-0123456789")
os.environ.setdefault("PERSONAL_DATA_KEYS", "dGVzdHMtb25seS1rZXktb2Ytbm8taW5zdGFsbGF0aW8=")
os.environ.setdefault("PERSONAL_DATA_HASH_KEY", "dGVzdHMtb25seS1oYXNoLWtleS1vZi1ub3doZXJlLTA=")

from haitang.web.settings import *  # noqa: F403
from haitang.web.settings import DATABASES, VAR_DIR
from tests.support.migrating import render_new_models_alone

render_new_models_alone()

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMBEDDED_WORKER = False
# Each client of a test would look through all static files at its first request.
WHITENOISE_AUTOREFRESH = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "tests.sqlite3")}
else:
    DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ.get("TEST_POSTGRES_TEMPLATE")}
