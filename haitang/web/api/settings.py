"""Settings of the API, for ``haitang.web.settings``."""

from __future__ import annotations

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    # The first one speaks in 401 answers.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "haitang.web.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "haitang.web.api.negotiation.AlwaysJson",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "haitang.web.api.schema.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.ScopedRateThrottle"],
    # What computes or stores much: a person's share a minute, each server process by itself
    # unless REDIS_URL gives them one cache.
    "DEFAULT_THROTTLE_RATES": {"calculation": "60/min", "upload": "30/min"},
    # Who asks is in REMOTE_ADDR already (haitang.web.proxies); the header is not to be believed.
    "NUM_PROXIES": 0,
    "EXCEPTION_HANDLER": "haitang.web.api.errors.handle",
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "海棠药堂接口",
    "VERSION": "1",
    "DESCRIPTION": (
        "门店、活动、活动增加值、月度结算、制度和销售导入。"
        "登录用令牌（Authorization: Bearer <令牌>，在网页的“接口令牌”里或由 create_token 命令建立）"
        "或网页的登录会话（写入时另带 X-CSRFToken）。权限与网页相同。"
        "金额是两位小数的字符串，单位元；时刻是带时区的 ISO 8601；错误只有一种样子，见 Error。"
    ),
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": True,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}
