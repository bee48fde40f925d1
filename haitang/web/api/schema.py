"""The OpenAPI description, made from what each ``ApiView`` names."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from accounts.rest import MONTH, ApiView


class ErrorDetailSerializer(serializers.Serializer[Any]):
    """One thing that is wrong."""

    field = serializers.CharField(help_text="哪一项，空的是整个请求", allow_blank=True)
    message = serializers.CharField(help_text="一句中文：哪里不对，怎么改")


class ErrorBodySerializer(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.CharField(help_text="给程序看的代号")
    message = serializers.CharField(help_text="给人看的一句中文")
    details = ErrorDetailSerializer(many=True)


class ErrorSerializer(serializers.Serializer[Any]):
    """The one shape of all errors."""

    error = ErrorBodySerializer()


_ERRORS = {
    400: "请求内容不能用",
    401: "没有登录，或令牌无效",
    403: "没有权限",
    404: "没有找到，或不该看到",
    405: "这个地址不接受这种方法",
    409: "现在的状态下不能这样做",
    415: "Content-Type 不能用",
    429: "请求太频繁",
    500: "服务器出了意外",
}


class Schema(AutoSchema):
    """Reads serializers, paging, summary and tag off the view's class attributes."""

    view: ApiView  # type: ignore[override]

    def get_summary(self) -> str:
        return self.view.summary

    def get_description(self) -> str:  # type: ignore[override]
        return self.view.explanation

    def get_tags(self) -> list[str]:
        return [self.view.tag or "root"]

    def get_operation_id(self) -> str:
        return _snake(type(self.view).__name__.removesuffix("Api"))

    def get_request_serializer(self) -> Any:
        return self.view.InputSerializer

    def get_override_parameters(self) -> list[Any]:
        own: list[Any] = [self.view.FilterSerializer] if self.view.FilterSerializer else []
        return [
            *own,
            *(_path_parameter(name) for name in _TEXT_PARAMETERS if f"{{{name}}}" in self.path),
        ]

    def get_response_serializers(self) -> Any:
        return {self._success(): self._body(), **self._errors()}

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """Nested serializers are all called the same; their operation tells them apart."""
        kind = (
            type(serializer) if isinstance(serializer, serializers.BaseSerializer) else serializer
        )
        operation, dot, name = kind.__qualname__.rpartition(".")
        own = name.removesuffix("Serializer")
        return operation.removesuffix("Api").replace(".", "") + own if dot else own

    def _success(self) -> Any:
        media = getattr(self.view, "media_type", "")
        return (self.view.answer_status, media) if media else self.view.answer_status

    def _body(self) -> Any:
        if getattr(self.view, "media_type", ""):
            return OpenApiTypes.STR
        if self.view.OutputSerializer is None:
            return OpenApiResponse(description="做好了，没有内容")
        return self.view.OutputSerializer(many=self.view.paginated)

    def _errors(self) -> dict[int, OpenApiResponse]:
        told = {401, 403, 404, 405, 500}
        if self.view.FilterSerializer or self.view.InputSerializer:
            told.add(400)
        if self.method == "POST":
            told |= {400, 409, 415}
        if getattr(self.view, "throttle_scope", None):
            told.add(429)
        return {
            code: OpenApiResponse(ErrorSerializer, description=_ERRORS[code])
            for code in sorted(told)
        }

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self.view.paginated

    def _get_paginator(self) -> Any:
        return self.view.pagination_class() if self.view.paginated else None

    def get_filter_backends(self) -> list[Any]:
        return []


_TEXT_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "code": ("活动编号", {"type": "string", "minLength": 1}),
    "month": ("月份，例如 2026-10", {"type": "string", "pattern": MONTH}),
}


def _path_parameter(name: str) -> OpenApiParameter:
    text, shape = _TEXT_PARAMETERS[name]
    return OpenApiParameter(name, type=shape, location=OpenApiParameter.PATH, description=text)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI description tells of it."""

    target_class = "haitang.web.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "python manage.py create_token 用户名",
        }
