"""Every error of the API in one shape: ``{"error": {"code", "message", "details"}}``."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from haitang.kernel.errors import Refusal
from haitang.kernel.masking import masked_numbers

logger = logging.getLogger("haitang.api")

_NOT_FOUND = "没有这个地址：请核对编号，并看看结尾有没有“/”；全部地址见 /api/docs/。"
# DRF's errors as (code, sentence); the first class that fits counts.
_SENTENCES: tuple[tuple[type[Exception], str, str], ...] = (
    (
        exceptions.NotAuthenticated,
        "not_authenticated",
        "请先登录，或在请求头里带上令牌：Authorization: Bearer <令牌>。",
    ),
    (
        exceptions.AuthenticationFailed,
        "not_authenticated",
        "令牌不对、已作废，或账号已停用：请向管理员要一个新的令牌。",
    ),
    (
        exceptions.PermissionDenied,
        "not_allowed",
        "用登录会话写入时要带 X-CSRFToken 请求头（值在 csrftoken Cookie 里），或改用令牌。",
    ),
    (DjangoPermissionDenied, "not_allowed", "没有权限：如果工作需要，请联系管理员。"),
    (
        exceptions.ParseError,
        "invalid",
        "请求内容读不懂：请按接口说明发送 JSON 或表单，编码用 UTF-8。",
    ),
    (Http404, "not_found", _NOT_FOUND),
    (SuspiciousOperation, "invalid", "请求内容太大或不合规：请缩小后再发。"),
)


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """The answer to an error; an unexpected one is logged whole and told without its inside."""
    if isinstance(error, Refusal):
        details = [{"field": "", "message": each} for each in error.details]
        return _answer(error.status, error.code, error.sentence, details)
    if isinstance(error, SuspiciousOperation):
        return _answer(400, *_said(error, context))
    known = exception_handler(error, dict(context))
    if known is None:
        return _unexpected(context)
    headers = {name: known[name] for name in ("WWW-Authenticate", "Retry-After") if name in known}
    details = list(_faults(error.detail)) if isinstance(error, exceptions.ValidationError) else []
    return _answer(known.status_code, *_said(error, context), details, headers)


def _said(error: Exception, context: Mapping[str, Any]) -> tuple[str, str]:
    """Code and sentence of an error that DRF knows."""
    if isinstance(error, exceptions.ValidationError):
        return "invalid", "有些内容不能用：请按 details 里的说明改正后再发。"
    if isinstance(error, exceptions.Throttled):
        seconds = getattr(error, "wait", None)  # the stubs do not know it
        wait = f" {seconds:.0f} 秒后" if seconds else "稍后"
        return "throttled", f"请求太频繁：请{wait}再试。"
    if isinstance(error, exceptions.MethodNotAllowed):
        method = context["request"].method
        return "method_not_allowed", f"这个地址不接受 {method}：能用的方法见 /api/docs/。"
    if isinstance(error, exceptions.UnsupportedMediaType):
        wanted = "、".join(each.media_type for each in context["view"].parser_classes)
        return "unsupported_media_type", f"请求的 Content-Type 不能用：请用 {wanted}。"
    if isinstance(error, exceptions.NotFound):
        return "not_found", str(error.detail)
    for kind, code, sentence in _SENTENCES:
        if isinstance(error, kind):
            return code, sentence
    return "refused", str(getattr(error, "detail", "")) or "请求没有做成。"


def _faults(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Validation errors, flat: each with the name of its field."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _faults(inner, f"{field}.{own}" if field and own else field or own)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _faults(inner, field)
    else:
        yield {"field": field, "message": masked_numbers(str(detail))}


def _unexpected(context: Mapping[str, Any]) -> Response:
    request, view = context["request"], context["view"]
    logger.exception("unexpected error at %s %s", request.method, request.path)
    got_request_exception.send(sender=type(view), request=request)
    return _answer(
        500, "unexpected", "服务器出了意外，已记下：请稍后再试，还不行请把时间告诉管理员。"
    )


def _answer(
    status: int,
    code: str,
    message: str,
    details: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    # What was asked for may be quoted in it; a campaign's code may have eight digits, a phone more.
    said = masked_numbers(message, least=11)
    shape = {"error": {"code": code, "message": said, "details": details or []}}
    return Response(shape, status=status, headers=headers)
