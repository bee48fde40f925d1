"""Answers of WeChat that are errors: codes and texts of 全局返回码说明."""

from __future__ import annotations

ERRMSG = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40013: "invalid appid",
    40014: "invalid access_token",
    40015: "invalid menu type",
    40016: "invalid button size",
    40018: "invalid button name size",
    40029: "invalid code",
    40032: "invalid openid list size",
    40035: "invalid parameter",
    40037: "invalid template_id",
    40050: "invalid group id",
    40051: "invalid group name",
    40053: "invalid actioninfo",
    40066: "invalid url",
    40097: "invalid args",
    40114: "invalid index value",
    40125: "invalid appsecret",
    40130: "invalid openid list size, at least two openid",
    40163: "code been used",
    40164: "invalid ip 203.0.113.7, not in whitelist",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    44002: "empty post data",
    44004: "empty content",
    45002: "content size out of limit",
    45003: "title size out of limit",
    45004: "description size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit must slower retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45028: "has no masssend quota",
    45029: "qrcode count out of limit",
    45047: "out of response count limit",
    45008: "article size out of limit",
    45056: "too many tag now, no need to add new",
    45057: "can't delete the tag that has too many fans",
    45058: "can't modify sys tag",
    45059: "can not tag one user so much",
    45065: "clientmsgid exist",
    45066: "same clientmsgid retry too fast",
    45067: "clientmsgid size out of limit",
    45072: "invalid command",
    45080: "typing state: no contact within 30 seconds",
    45081: "typing state is already set",
    45110: "author size out of limit",
    45157: "invalid tag name",
    45158: "tag name too long",
    45159: "invalid tag",
    46003: "menu no exist",
    47001: "data format error",
    48001: "api unauthorized",
    48006: "forbid to clear quota because of reaching the limit",
    49003: "not match unionid",
    53503: "the draft cannot be published",
    53600: "invalid article id",
    61500: "date format error",
    61501: "date range error",
    76021: "cgi_path not found, please check",
}


class ApiError(Exception):
    """One of WeChat's errors; ``code`` is the errcode, ``extra`` what stands beside it."""

    def __init__(
        self, code: int, message: str | None = None, *, extra: dict[str, object] | None = None
    ) -> None:
        self.code = code
        self.extra = extra or {}
        self.message = message or ERRMSG.get(code, "error")
        super().__init__(f"{code} {self.message}")
