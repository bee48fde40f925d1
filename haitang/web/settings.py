"""Settings, all by environment; with no environment at all the product runs embedded.

=====================  ==========================================================
``DATABASE_URL``       ``postgres://…`` or ``sqlite:///path``; default ``var/haitang.sqlite3``
``DATABASE_POOLER``    ``1`` behind a pooler (PgBouncer) that gives every transaction another
                       connection: the server keeps no plans and cursors then; default ``0``
``REDIS_URL``          puts jobs on Celery workers and the cache on Redis; without it
                       worker and beat are threads of the web process
``EMBEDDED_WORKER``    ``0`` or ``1``: whether the web process runs worker and beat in threads;
                       default ``1`` without ``REDIS_URL``, else ``0``
``SECRET_KEY``         required when ``DEBUG`` is off and the database is not embedded
``DEBUG``              ``1`` or ``0``; default ``0``
``ALLOWED_HOSTS``      comma-separated; default the local machine
``CSRF_TRUSTED_ORIGINS``  comma-separated, with scheme
``TRUSTED_PROXIES``    reverse proxies whose ``X-Forwarded-For`` is believed: how many (``1``), or
                       addresses and networks, comma-separated; default none. Without it every
                       log-in behind a proxy counts for the proxy's address
``HTTPS``              ``1`` when people reach it by HTTPS: cookies go that way only; default ``0``
``VAR_DIR``            files of the installation; default ``var/``
``SALES_INBOX``        folder that ``pull_sales`` watches; default ``$VAR_DIR/sales-inbox``
``SALES_INBOX_MAPPING``   the mapping for files found there; default the standard columns
``CAMPAIGN_SUMMARY_DAYS`` days after a campaign in which its summaries are due; default ``7``
``PERSONAL_DATA_KEYS``    keys of personal data, comma-separated, 32 bytes of base64 each, the
                       current one first; default a key kept in ``$VAR_DIR``
``PERSONAL_DATA_HASH_KEY``   the key of the hashes by which personal data is found; likewise
``WECHAT_APP_ID``      the official account; without it there is none
``WECHAT_APP_SECRET``  its AppSecret, for what the product asks of WeChat
``WECHAT_TOKEN``       the token of the message server: without it nothing is received
``WECHAT_ENCODING_AES_KEY``           the key of encrypted messages, 43 characters
``WECHAT_ENCODING_AES_KEY_PREVIOUS``  the key before, while it is being changed
``WECHAT_ENCRYPTED_ONLY``  ``1`` refuses messages that are not encrypted; default ``0``
``WECHAT_TIME_WINDOW``     seconds that a request's timestamp may be off; default ``300``
``WECHAT_API_BASE``    default ``https://api.weixin.qq.com``
``WECHAT_QUOTAS``      calls a day by interface, as JSON; default those of a new account
``INBOX_MEDIA_DAYS``   days that followers' pictures and voices are kept; default ``180``, least 3
``LOG_LEVEL``          default ``INFO``
=====================  ==========================================================
"""

import json
import os
from pathlib import Path
from typing import Any

import dj_database_url

from haitang.web.api import settings as api
from haitang.web.secret import kept_key

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)


def _flag(name: str, default: str = "0") -> bool:
    return os.environ.get(name, default).lower() in {"1", "true", "yes", "on"}


def _list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


DEBUG = _flag("DEBUG")
SECRET_KEY = os.environ.get("SECRET_KEY") or kept_key(VAR_DIR / "secret_key", size=64)
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS")
TRUSTED_PROXIES = _list("TRUSTED_PROXIES")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "haitang.kernel",
    "accounts",
    "haitang.policy",
    "haitang.wechat",
    "content",
    "campaigns",
    "membership",
    "incentives",
    "haitang.datapack",
    "haitang.web",
]

MIDDLEWARE = [
    "haitang.web.proxies.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "haitang.web.middleware.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.FirstPasswordMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "haitang.web.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "haitang.urls"
WSGI_APPLICATION = "haitang.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["haitang.web.templatetags.addresses"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "haitang.web.context.navigation",
            ],
        },
    },
]

FORM_RENDERER = "haitang.web.widgets.Renderer"

# --- database ---------------------------------------------------------------------------
# SQLite in WAL with synchronous=FULL: an answered request survives a power cut. IMMEDIATE,
# because Django ignores select_for_update there: a writing transaction takes its lock first.
SQLITE_OPTIONS = {
    "timeout": 30,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;"
    ),
}
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'haitang.sqlite3'}",
        conn_max_age=600,  # with a connection PostgreSQL forgets the plans that it kept
        conn_health_checks=True,
        disable_server_side_cursors=_flag("DATABASE_POOLER"),
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"].get("OPTIONS", {}),
        **SQLITE_OPTIONS,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- jobs ---------------------------------------------------------------------------------
REDIS_URL = os.environ.get("REDIS_URL", "")
EMBEDDED_WORKER = _flag("EMBEDDED_WORKER", "0" if REDIS_URL else "1")
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "Asia/Shanghai"
if REDIS_URL:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    }

# --- the API ---------------------------------------------------------------------------------
REST_FRAMEWORK = api.REST_FRAMEWORK
SPECTACULAR_SETTINGS = api.SPECTACULAR_SETTINGS

# --- sales ----------------------------------------------------------------------------------
# In how many days after a campaign its summaries are due.
CAMPAIGN_SUMMARY_DAYS = int(os.environ.get("CAMPAIGN_SUMMARY_DAYS", "7"))
SALES_INBOX = Path(os.environ.get("SALES_INBOX") or VAR_DIR / "sales-inbox")
SALES_INBOX_MAPPING = os.environ.get("SALES_INBOX_MAPPING", "")
# A superseded or withdrawn import keeps its lines this long, so that it can come back.
SALES_KEEP_SUPERSEDED_DAYS = 180

# --- personal data ------------------------------------------------------------------------------
# The first key encrypts, all of them decrypt. A lost key is lost data: keep them with the backups.
PERSONAL_DATA_KEYS = _list("PERSONAL_DATA_KEYS") or [kept_key(VAR_DIR / "personal_data_key")]
PERSONAL_DATA_HASH_KEY = os.environ.get("PERSONAL_DATA_HASH_KEY") or kept_key(
    VAR_DIR / "personal_data_hash_key"
)

# --- WeChat -----------------------------------------------------------------------------------
WECHAT_APP_ID = os.environ.get("WECHAT_APP_ID", "")
WECHAT_APP_SECRET = os.environ.get("WECHAT_APP_SECRET", "")
WECHAT_TOKEN = os.environ.get("WECHAT_TOKEN", "")
WECHAT_ENCODING_AES_KEY = os.environ.get("WECHAT_ENCODING_AES_KEY", "")
WECHAT_ENCODING_AES_KEY_PREVIOUS = os.environ.get("WECHAT_ENCODING_AES_KEY_PREVIOUS", "")
WECHAT_ENCRYPTED_ONLY = _flag("WECHAT_ENCRYPTED_ONLY")
# WeChat tries again within seconds; what this allows for is a clock that is wrong.
WECHAT_TIME_WINDOW = int(os.environ.get("WECHAT_TIME_WINDOW") or 300)
WECHAT_API_BASE = os.environ.get("WECHAT_API_BASE") or "https://api.weixin.qq.com"
WECHAT_QUOTAS: dict[str, int] = json.loads(os.environ.get("WECHAT_QUOTAS") or "{}")

# Pictures and voices of followers (prescriptions, among others) are deleted after so many days.
INBOX_MEDIA_DAYS = max(3, int(os.environ.get("INBOX_MEDIA_DAYS") or 180))

# --- people -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.AccountBackend"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_ENGINE = "haitang.web.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _flag("HTTPS")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- language, files, log ---------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH: list[str] = []

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "haitang.web.finders.VendorFinder",
]
VENDOR_DIST = BASE_DIR / "node_modules" / "echarts" / "dist"  # tools/assets.sh puts it there
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns of a folder that is not there
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = VAR_DIR / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "haitang.web.uploads.NamelessFileUploadHandler",
]

DEFAULT_EXCEPTION_REPORTER = "haitang.web.logs.MaskingExceptionReporter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "haitang.web.logs.MaskingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
